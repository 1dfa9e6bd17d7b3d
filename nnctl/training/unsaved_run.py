"""A run that writes nothing: for programs that keep the trained model in memory."""

from __future__ import annotations

import time

from nnctl.errors import TrainingError
from nnctl.training.divergence_guard import BlownUp
from nnctl.training.events import RunEnded
from nnctl.training.loop import FINISHED, Loop
from nnctl.training.run import Run, lower_rate
from nnctl.training.run_folder import NOWHERE


class UnsavedRun(Run):
    """One call of `train` that leaves the trained model in memory. It has no folder, and signals end it as they end any
    other program.

    ended: how training ended, once it has.
    """

    folder = NOWHERE

    ended: RunEnded

    def train_in_memory(self) -> None:
        """Trains. Afterwards the model has the weights that predictions use, and says which. Raises TrainingError where
        the weights or the loss are no longer finite."""
        began = time.perf_counter()
        with self.model.executor:
            if self.dispatcher:
                self.emit(self.started(self.loop))
            reason = self.train(self.loop)
            kept, weights = self.loop.kept()[0]
            self.loop.put(weights)
            self.model.kept = kept
            test = self.model.compute_metrics(self.data.test) if self.data.test and reason in FINISHED else {}
        ended = RunEnded(reason, self.folder, len(self.loop.history), time.perf_counter() - began, test,
                         self.loop.best.epoch, kept=kept)  # fmt: skip
        self.emit(ended)
        self.ended = ended

    def train(self, loop: Loop) -> str:
        try:
            return loop.run()
        except BlownUp as error:
            [problem] = error.problems
            hint = f"{problem.hint}, for example {lower_rate(self.spec.optimizer)}"
            raise TrainingError(problem.message, problem.where, hint) from None

    def save(self, loop: Loop) -> None:
        """Nothing is written."""
