"""How the rows are divided into training, validation and test."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from nnctl.config.starter.choices import Choice
from nnctl.config.starter.target import Problem
from nnctl.quoting import yaml_name
from nnctl.translation import _, plural

FEWEST = 30  # rows that are worth dividing at all
MANY = 20_000  # rows of which a tenth is enough for a test
SAYS_LITTLE = 50  # validation rows below which their loss is mostly chance, and which are more useful for training
NOISY = 500  # validation rows below which their loss does not tell which of two good epochs is better


@dataclass(frozen=True)
class Fractions:
    """The fractions of the rows for validation and test; 0 for a split that has rows of its own, or none."""

    validation: float
    test: float
    own: tuple[str, ...] = ()

    def training_rows(self, rows: int) -> int:
        return rows - self.count("validation", rows) - self.count("test", rows)

    def count(self, split: str, rows: int) -> int:
        """The rows of a split, rounded as the run does."""
        return int(getattr(self, split) * rows + 0.5)


def fractions_of(rows: int, classes: int, fixed: Mapping[str, int] | None = None) -> Fractions:
    """The fractions that leave a training row for each class. rows: without those of the splits in `fixed`."""
    fixed = fixed or {}
    for fractions in (Fractions(0.1, 0.2 if rows < MANY else 0.1), Fractions(0.05, 0.1)):
        own = Fractions(0.0 if "validation" in fixed else fractions.validation,
                        0.0 if "test" in fixed else fractions.test, tuple(fixed))  # fmt: skip
        if own.count("validation", rows) < SAYS_LITTLE:
            own = replace(own, validation=0.0)
        if rows >= FEWEST and own.training_rows(rows) >= classes:
            return own
    return Fractions(0.0, 0.0, tuple(fixed))


def split_choice(problem: Problem, fractions: Fractions, dates: str | None = None) -> Choice:
    """The `split:` with its reason. dates: a column by which the rows could be divided."""
    rows = problem.rows
    value: dict[str, object] = {"validation": fractions.validation, "test": fractions.test}
    if not fractions.test and not fractions.validation and not fractions.own:
        return Choice(("dataset", "split"), value, (
            plural("{rows} row is too few to keep some for validation or test: it is for training.",
                   "{rows} rows are too few to keep some for validation or test: all are for training.", rows)
            .format(rows=rows),
        ))  # fmt: skip
    texts = {
        (True, True): _("{train} rows for training, {validation} for validation after each epoch, {test} for the test"
                        " of the trained model."),
        (True, False): _("{train} rows for training, {validation} for validation after each epoch."),
        (False, True): _("{train} rows for training, {test} for the test of the trained model."),
        (False, False): _("The data have their own splits."),
    }  # fmt: skip
    why = [texts[fractions.validation > 0, fractions.test > 0].format(
        train=f"{fractions.training_rows(rows):,}", validation=f"{fractions.count('validation', rows):,}",
        test=f"{fractions.count('test', rows):,}")]  # fmt: skip
    if not fractions.validation and "validation" not in fractions.own:
        why.append(_("No validation split: a tenth of the rows would say little, and is more useful for training."))
    if problem.classes and (fractions.validation or fractions.test):
        smallest = min(fraction for fraction in (fractions.validation, fractions.test) if fraction)
        if min(count for _word, count in problem.classes) * smallest >= 1:
            why.append(_("Each split has the classes in the same proportions."))
        else:
            why.append(_("Each split has the classes in the same proportions, as far as they have enough rows."))
    if dates is not None:
        why.append(_("The rows are drawn at random. To test on the latest ones, as for predictions of the future, add"
                     " time: {column}.").format(column=yaml_name(dates)))  # fmt: skip
    return Choice(("dataset", "split"), value, tuple(why))
