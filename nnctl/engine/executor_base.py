"""What training, evaluation and prediction ask of an engine."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

from nnctl.engine.batch import Batch
from nnctl.engine.objective import Objective
from nnctl.engine.program import Program
from nnctl.nn.layers.base import Array
from nnctl.nn.losses import Loss
from nnctl.nn.optimizers import Optimizer

if TYPE_CHECKING:
    from nnctl.engine.optimizer_step import OptimizerStep


@dataclass(frozen=True)
class BatchResult:
    """What an engine computed for a batch.

    Attributes:
        loss: of the whole batch, with the outputs' weights and the regularizers' penalties.
        losses: by output, unweighted.
        outputs: by output, the predictions (valid until the next step, unless the executor `keeps_results`).
        masks: by output, (rows, steps), which time steps are real, for outputs that have padding.
    """

    loss: float
    losses: dict[str, float]
    outputs: dict[str, Array]
    masks: dict[str, Array] = field(default_factory=dict)


class ExecutorBase:
    """Base of the engines: computes the batches of a program.

    Args:
        losses: by output.
        loss_weights: by output; 1 where none is given.
        threads: the most threads that compute at once.

    Attributes:
        gradients: after `train_step`, as `optimizer_step` of the same engine takes them.
        profiled: whether training takes the time of each layer, for `profile`; set before the first batch.
        gathers_rows: whether each thread or process gathers its own rows of a batch; else batches are made whole.
        keeps_results: whether the arrays of a BatchResult stay as they are in later steps.
        uses_kernels: whether compiled kernels of nnctl can be used.
        label: the engine and where it computes, for a run's environment.
        rank, ranks: the number of this process and of all processes that train together.
    """

    gathers_rows: bool = True
    keeps_results: ClassVar[bool] = False
    uses_kernels: ClassVar[bool] = False
    kernels: Any = None
    profiled: bool = False
    gradients: Any
    label = "numpy"
    rank = 0
    ranks = 1

    def __init__(self, program: Program, losses: Mapping[str, Loss], loss_weights: Mapping[str, float] | None = None,
                 *, threads: int = 1):  # fmt: skip
        self.program = program
        self.threads = max(1, threads)
        weights = loss_weights or {}
        self.objectives = tuple(
            Objective.of(head, losses[head.name], weights.get(head.name, 1.0), "loss" in program.fuse)
            for head in program.heads
            if head.name in losses
        )

    # Training

    def train_step(self, batch: Batch, step: int) -> BatchResult:
        """Runs a batch forward and backward at the 0-based step; the gradients are left in `gradients`."""
        raise NotImplementedError

    def gradients_are_finite(self, thorough: bool = True) -> bool:
        """Whether no gradient of the last `train_step` is NaN or infinite.

        thorough: look at all entries, even where that takes a noticeable part of a step. Otherwise the caller must be
        able to return to earlier weights.
        """
        raise NotImplementedError

    def optimizer_step(self, optimizer: Optimizer, compiled_rule: Callable[..., None] | None = None) -> OptimizerStep:
        """The optimizer on the program's weights. compiled_rule: one of nnctl's kernels."""
        raise NotImplementedError

    def takes_several(self, rows: Any) -> bool:
        """Whether `train_steps` can take these rows (a split of the data set)."""
        return False

    def train_steps(self, rows: Any, order: Array, batch: int, first: int, step: int, numbers: Array,
                    update: Any) -> Any:  # fmt: skip
        """Several steps of an epoch with their updates in one call."""
        raise NotImplementedError

    def profile(self) -> dict[tuple[str, str], float]:
        """Seconds of training so far by (layer, "forward" or "backward")."""
        raise NotImplementedError

    # Inference

    def evaluate(self, batch: Batch) -> BatchResult:
        """Losses and predictions as outside of training."""
        raise NotImplementedError

    def predict(self, batch: Batch) -> BatchResult:
        """Predictions of a batch; its targets are not read, and there are no losses."""
        raise NotImplementedError

    # What several processes that train together must agree on

    def now(self) -> float:
        """Seconds, as time.perf_counter: the same at the same step in all processes."""
        return time.perf_counter()

    def agreed(self, reason: str | None) -> str | None:
        """Why the run ends, if any process has a reason to end it. Called after each step by all of them."""
        return reason

    def text_of_first(self, text: str) -> str:
        """A text that only the first process knows."""
        return text

    # For engines that keep copies of the program's arrays

    def weights_changed(self) -> None:
        """The program's arrays were written to by something other than a step."""

    def close(self) -> None:
        """Ends what the engine has started, such as threads."""

    def __enter__(self) -> ExecutorBase:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()
