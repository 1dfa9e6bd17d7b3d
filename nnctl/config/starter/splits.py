"""How the rows are divided into training, validation and test."""

from __future__ import annotations

from dataclasses import dataclass

from nnctl.config.starter.choices import Choice
from nnctl.config.starter.target import Problem
from nnctl.translation import _

FEWEST = 30  # rows that are worth dividing at all


@dataclass(frozen=True)
class Fractions:
    """The fractions of the rows for validation and test."""

    validation: float
    test: float

    def training_rows(self, rows: int) -> int:
        return rows - int(self.validation * rows + 0.5) - int(self.test * rows + 0.5)


def fractions_of(problem: Problem) -> Fractions:
    """The fractions that leave a training row for each class."""
    rows, classes = problem.rows, len(problem.classes)
    for fractions in (Fractions(0.2, 0.2), Fractions(0.1, 0.1)):
        if rows >= FEWEST and fractions.training_rows(rows) >= classes:
            return fractions
    return Fractions(0, 0)


def split_choice(problem: Problem, fractions: Fractions) -> Choice:
    """The `split:` with its reason."""
    value: dict[str, object] = {"validation": fractions.validation, "test": fractions.test}
    rows, train = problem.rows, fractions.training_rows(problem.rows)
    if not fractions.test:
        return Choice(("dataset", "split"), value, (
            _("{rows} rows are too few to keep some for validation or test: all are for training.").format(rows=rows),
        ))  # fmt: skip
    why = [
        _("{train} of {rows} rows for training, {validation} for validation (to stop in time), {test} for the test.")
        .format(train=f"{train:,}", rows=f"{rows:,}", validation=f"{int(fractions.validation * rows + 0.5):,}",
                test=f"{int(fractions.test * rows + 0.5):,}")
    ]  # fmt: skip
    if problem.classes:
        why.append(_("Each has the classes in the same proportions (stratify)."))
        value["stratify"] = True
    return Choice(("dataset", "split"), value, tuple(why))
