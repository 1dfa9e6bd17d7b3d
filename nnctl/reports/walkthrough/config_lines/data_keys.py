"""The keys below `dataset:` whose value is worth a sentence of its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from nnctl.translation import N_, _

NORMALIZE = {
    "standard": N_("Numbers are standardized with the mean and the standard deviation of the training rows."),
    "minmax": N_("Numbers are scaled to the range from 0 to 1, by the smallest and the largest training value."),
    "none": N_("Numbers are taken as they are."),
}
MISSING = {
    "error": N_("A missing value is an error."),
    "drop": N_("Rows with a missing value are left out."),
    "mean": N_("A missing value is replaced by the mean of the training rows."),
    "median": N_("A missing value is replaced by the median of the training rows."),
    "zero": N_("A missing value is replaced by 0."),
    "category": N_("A missing value is a category of its own."),
}
ENCODE = {
    "onehot": N_("A category becomes a column for each of its values, 1 for its own and 0 for the others."),
    "integer": N_("A category becomes an integer, as an Embedding takes it."),
}


def _name(value: Any) -> str:
    return _("{name} is a data set that nnctl knows by its name; `nnctl datasets` lists them.").format(name=value)


def _path(value: Any) -> str:
    names = value if isinstance(value, list) else [value]
    return _("The data are read from {files}.").format(files=", ".join(map(str, names)))


def _target(value: Any) -> str:
    if isinstance(value, Mapping):
        pairs = ", ".join(f"{output}: {_names(columns)}" for output, columns in value.items())
        return _("What the model learns to predict, by output: {pairs}.").format(pairs=pairs)
    return _("What the model learns to predict: {names}.").format(names=_names(value))


def _names(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _rule(rules: Mapping[str, str]) -> Callable[[Any], str]:
    """The sentence of a rule, or one for each column that has its own."""

    def sentence(value: Any) -> str:
        if isinstance(value, Mapping):
            said = (f"{name}: {_(rules[rule])}" for name, rule in value.items())
            return " ".join(said)
        return _(rules[str(value)])

    return sentence


DATA_KEYS: dict[str, Callable[[Any], str]] = {
    "encode": _rule(ENCODE),
    "missing": _rule(MISSING),
    "name": _name,
    "normalize": _rule(NORMALIZE),
    "path": _path,
    "target": _target,
}
