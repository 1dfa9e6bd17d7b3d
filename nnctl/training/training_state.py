"""The state of a run as a checkpoint holds it: everything that training needs to continue to the same bits."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

import numpy as np

from nnctl.components.component import expand
from nnctl.counted import counted
from nnctl.errors import RunError
from nnctl.nn.metrics import dump, load
from nnctl.training.checkpoint import Checkpoint
from nnctl.training.loop import Loop

Array = np.ndarray
BUFFERS = ("parameters", "state")


def position_of(loop: Loop) -> Checkpoint:
    """The loop's state. The arrays are not copied, so they must be written before the next step."""
    optimizer = loop.optimizer.state(copies=False)
    program = loop.model.program
    arrays = {"parameters": program.parameters, "state": program.state}
    arrays |= {f"slot/{name}": slot for name, slot in optimizer["slots"].items()}
    if loop.best.weights is not None:
        arrays |= {f"best/{name}": a for name, a in loop.best.weights.items()}
    states = []
    for i, (callback, state) in enumerate(loop.callbacks):
        weights = state.get("weights")
        if weights is not None:
            arrays |= {f"callback/{i}/{name}": a for name, a in weights.items()}
        states.append({"kind": callback.kind, **{key: value for key, value in state.items() if key != "weights"}})
    running = {"rows": loop.metrics.rows, "loss": loop.metrics.loss, "losses": loop.metrics.losses,
               "states": [dump(state) for state in loop.metrics.states]}  # fmt: skip
    position = {
        "epoch": loop.epoch, "iteration": loop.iteration, "step": loop.step, "running": running,
        "history": loop.history, "best": loop.best.position(), "monitor": loop.best.monitor, "callbacks": states,
        "seed": loop.model.spec.seed, "batch_size": loop.plan.batch_size, "weights": _layout(loop),
        "ended": ending_of(loop.model.spec) if loop.reason == "early stopping" else None,
        "optimizer": {key: value for key, value in optimizer.items() if key != "slots"},
    }  # fmt: skip
    return Checkpoint(arrays, position)


def ending_of(spec: Any) -> str:
    """A hash of what decides when a run ends: the number of epochs, and the callbacks."""
    said = [spec.epochs, [[each.kind, expand(each)] for each in spec.callbacks]]
    return hashlib.sha256(json.dumps(said).encode()).hexdigest()[:16]


def is_finished(position: Mapping[str, Any], spec: Any) -> str | None:
    """Why there is nothing left to train, or None."""
    epochs = position["epoch"] - 1
    if epochs >= spec.epochs:
        return f"it has trained its {counted(spec.epochs, 'epoch')}"
    if position.get("ended") == ending_of(spec):
        return f"it was stopped early after {counted(epochs, 'epoch')}"
    return None


def take_up(loop: Loop, checkpoint: Checkpoint, where: str) -> list[str]:
    """Puts a loop into the state of a checkpoint; nothing is written. Returns notes on what has changed since. Raises
    RunError if the loop cannot continue from there."""
    arrays, position = checkpoint.arrays, checkpoint.position
    notes: list[str] = []
    _check(loop, checkpoint, where)
    slots = {name.removeprefix("slot/"): a for name, a in arrays.items() if name.startswith("slot/")}
    loop.optimizer.load_state({"slots": slots, **position["optimizer"]})
    loop.put({name: arrays[name] for name in BUFFERS})
    loop.epoch, loop.iteration, loop.step = position["epoch"], position["iteration"], position["step"]
    loop.history = position["history"]
    monitor = loop.best.monitor
    if position.get("monitor", monitor) == monitor:
        known = "best/parameters" in arrays
        loop.best.load(position["best"], {name: arrays[f"best/{name}"] for name in BUFFERS} if known else None)
    else:
        notes.append(f"the best epoch is now chosen by {monitor}, no longer by {position['monitor']}")
    _callbacks(loop, arrays, position["callbacks"], notes)
    if is_finished(position, loop.model.spec):
        loop.reason = "early stopping" if position.get("ended") == ending_of(loop.model.spec) else None
    elif position.get("ended"):
        for _, state in loop.callbacks:  # otherwise it would stop again after an epoch
            if "wait" in state:
                state["wait"] = 0
    running = position["running"]
    loop.metrics.rows, loop.metrics.loss = running["rows"], running["loss"]
    loop.metrics.losses = running["losses"]
    if loop.metrics.rows:
        for state, saved in zip(loop.metrics.states, running["states"], strict=True):
            state.update(load(saved))
    return notes


def _check(loop: Loop, checkpoint: Checkpoint, where: str) -> None:
    arrays, position = checkpoint.arrays, checkpoint.position
    program, names = loop.model.program, loop.metric_names()
    sizes = {"parameters": program.parameters.shape, "state": program.state.shape}
    fits = all(arrays[name].shape == shape for name, shape in sizes.items())
    if not fits or position.get("weights", _layout(loop)) != _layout(loop):
        raise RunError("the weights in the checkpoint do not match the layers of the config", where=where,
                       hint="restore the layers, or start a new run")  # fmt: skip
    if position["history"] and sorted(position["history"][-1]) != sorted(names):
        raise RunError(
            "the metrics of a run cannot be changed when it is resumed: it has "
            f"{', '.join(position['history'][-1])}, and would have {', '.join(names)}", where=where,
            hint="start a new run",
        )  # fmt: skip
    if not position["iteration"]:
        return
    if len(position["running"]["states"]) != len(loop.metrics.states):
        raise RunError("the metrics of a run cannot be changed when it is resumed", where=where, hint="start a new run")
    now = {"batch_size": loop.plan.batch_size, "seed": loop.model.spec.seed}
    for key, value in now.items():
        if position.get(key, value) != value:
            raise RunError(
                f"{key} was {position[key]} and cannot become {value} inside epoch {position['epoch']}, of which "
                f"{counted(position['iteration'], 'iteration is', 'iterations are')} done", where=where,
                hint=f"leave {key} as it was, or start a new run",
            )  # fmt: skip


def _layout(loop: Loop) -> dict[str, list[int]]:
    return {key: list(loop.model.program.shapes[key]) for key in loop.model.program.named_weights()}


def _callbacks(loop: Loop, arrays: Mapping[str, Array], saved: list[dict[str, Any]], notes: list[str]) -> None:
    """Gives each callback the saved state of one of its kind."""
    left = list(enumerate(saved))
    for place, (callback, state) in enumerate(loop.callbacks):
        of_kind = (pair for pair in left if pair[1].get("kind", callback.kind) == callback.kind)
        pair = next((pair for pair in of_kind if {*pair[1]} - {"kind"} <= {*state}), None)
        if pair is None:
            if state:
                notes.append(f"callback {place + 1}, {callback.kind}, is new and starts here")
            continue
        left.remove(pair)
        i, values = pair
        state.update({key: value for key, value in values.items() if key != "kind"})
        if f"callback/{i}/parameters" in arrays:
            state["weights"] = {name: arrays[f"callback/{i}/{name}"] for name in BUFFERS}
