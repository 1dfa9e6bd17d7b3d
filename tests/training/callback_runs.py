"""Callbacks on a stand-in for the training loop."""

from nnctl.training.callbacks import callbacks


class Run:
    """A stand-in for the loop, which records what callbacks do."""

    def __init__(self, rate=1.0):
        self.base, self.rate_scale, self.epoch = rate, 1.0, 0
        self.stopped, self.said, self.snapshots, self.restored, self.saves = [], [], [], [], []

    @property
    def learning_rate(self):
        return self.base * self.rate_scale

    def stop(self, reason):
        self.stopped.append((self.epoch, reason))

    def say(self, text):
        self.said.append(text)

    def snapshot(self):
        self.snapshots.append(self.epoch)
        return {"parameters": self.epoch}

    def restore(self, weights):
        self.restored.append(weights["parameters"])

    def save_soon(self):
        self.saves.append(self.epoch)


def made(name, bigger=lambda _: False, **arguments):
    return callbacks.build({name: {"monitor": "loss", **arguments}}).directed(bigger)


def watch(callback, values, run=None, name="loss"):
    """The run after these epochs, or after the one that stopped it; and the learning rate after each epoch."""
    run, state, rates = run or Run(), callback.start(), []
    for run.epoch, value in enumerate(values, 1):
        callback.epoch_ended(state, run, run.epoch, {name: value})
        rates.append(run.learning_rate)
        if run.stopped:
            break
    callback.run_ended(state, run)
    run.state = state
    return run, rates
