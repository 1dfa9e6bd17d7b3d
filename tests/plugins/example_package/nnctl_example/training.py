from typing import Annotated

from nnctl.components.fast_checks import Field
from nnctl.nn.schedules import Schedule, schedules
from nnctl.training.callbacks import Callback, callbacks


@schedules.register("Warmup")
class Warmup(Schedule):
    """The rate rises from 0 to `target` over `steps` steps, and stays there.

    target: the final rate. steps: how many batches it takes.
    """

    target: Annotated[float, Field(ge=0)]
    steps: Annotated[int, Field(gt=0)]

    def length(self):
        return "steps", self.steps

    def rate(self, step):
        return self.target * min(1.0, (step + 1) / self.steps)


@callbacks.register("StopBelow")
class StopBelow(Callback):
    """Stops once `monitor` is below `value`.

    monitor: the metric to watch. value: the bound.
    """

    monitor: str = "loss"
    value: float

    def epoch_ended(self, state, run, epoch, metrics):
        if metrics[self.monitor] < self.value:
            run.stop("early stopping")
