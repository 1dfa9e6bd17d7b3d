"""What preprocessing makes of a row: its values as they were read, and the numbers that the model gets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from nnctl.data import Preprocessing
from nnctl.data.load_arrays import rule_of
from nnctl.data.named_arrays import Arrays
from nnctl.data.preprocessing.features import MISSING, RARE, Category, Number
from nnctl.data.preprocessing.inputs import ArrayInput, TableInput
from nnctl.data.preprocessing.sequence_tables import LongTable
from nnctl.data.preprocessing.text import TextInput, tokens
from nnctl.data.table import Table
from nnctl.reports.tables import Table as TextTable
from nnctl.reports.walkthrough.chosen_row import ChosenRow
from nnctl.reports.walkthrough.numbers import aligned, factor, number
from nnctl.reports.walkthrough.page import Page
from nnctl.reports.walkthrough.trace import Trace
from nnctl.translation import _, plural

Array = np.ndarray
COLUMNS = 12  # columns of a table that are shown, unless all are asked for


def write_raw(chosen: ChosenRow, trace: Trace, preprocessing: Preprocessing, page: Page) -> None:
    """The row before and after preprocessing, input by input, and its targets."""
    for name, entry in preprocessing.inputs.items():
        x = trace.inputs[name][0]
        if len(preprocessing.inputs) > 1:
            page.text(_("Input {name}:").format(name=name))
        if isinstance(entry, TableInput) and isinstance(chosen.raw, Table):
            _write_features(entry, chosen.raw, preprocessing.dataset.normalize, x, page)
        elif isinstance(entry, TextInput) and isinstance(chosen.raw, Table):
            _write_text(entry, chosen.raw, x, page)
        elif isinstance(entry, ArrayInput) and isinstance(chosen.raw, Arrays):
            _write_array(entry, chosen.raw, rule_of(preprocessing.dataset.normalize, entry.array), page)
        elif isinstance(chosen.raw, LongTable) and isinstance(entry, TableInput):
            _write_steps(entry, chosen.raw, preprocessing.dataset.normalize, x, page)
        page.array(name, x, _("what the model gets"))
        if (mask := trace.input_masks.get(name)) is not None:
            real = int(mask[0].sum())
            page.text(plural("{n} of {all} time steps is real; the others are padding.",
                             "{n} of {all} time steps are real; the others are padding.", real)
                      .format(n=real, all=mask.shape[1]))  # fmt: skip
    if chosen.labelled:
        for output, coder in preprocessing.targets.items():
            _write_target(output, coder, chosen, page)


def _write_features(entry: TableInput, raw: Table, rules: Any, x: Array, page: Page) -> None:
    shown = entry.features if page.whole else entry.features[:COLUMNS]
    values, at = {}, 0
    for feature in entry.features:
        values[feature.name] = float(x.reshape(-1)[at])
        at += feature.width
    numbers = [each for each in shown if isinstance(each, Number)]
    for rule in dict.fromkeys(_rule(each, rules) for each in numbers):
        _write_numbers(rule, [each for each in numbers if _rule(each, rules) == rule], raw, values, page)
    for feature in shown:
        if isinstance(feature, Category):
            _write_category(feature, raw, page)
    if (left := len(entry.features) - len(shown)) > 0:
        page.text("… " + plural("{n} more column", "{n} more columns", left).format(n=left))


def _rule(feature: Number, rules: Any) -> str:
    """How the config normalizes a column: standard, minmax or none."""
    if isinstance(rules, Mapping):
        return str(rules.get(feature.name, "standard"))
    return str(rules or "standard")


def _write_numbers(rule: str, features: Sequence[Number], raw: Table, values: Mapping[str, float], page: Page) -> None:
    titles = [_("column"), _("value")]
    if rule == "standard":
        page.text(_("Numbers are standardized with the mean and the standard deviation of the training rows:"))
        titles += [_("mean"), _("std"), _("(value - mean) / std")]
    elif rule == "minmax":
        page.text(_("Numbers are scaled with the smallest value and the range of the training rows:"))
        titles += [_("min"), _("max - min"), _("(value - min) / (max - min)")]
    else:
        page.text(_("These numbers are taken as they are:"))
    table = TextTable(titles)
    columns = [[e.shift for e in features], [e.scale for e in features], [values[e.name] for e in features]]
    for feature, *cells in zip(features, *map(aligned, columns), strict=True):
        table.add(*[feature.name, _shown(raw, feature.name), *cells][: len(titles)])
    page.table(table)
    for feature in features:
        if raw[feature.name].missing[0] and feature.fill is not None:
            page.text(
                _("{column} is missing: {value} is taken instead.").format(
                    column=feature.name, value=number(feature.fill)
                )
            )


def _write_category(feature: Category, raw: Table, page: Page) -> None:
    word = MISSING if raw[feature.name].missing[0] else _shown(raw, feature.name)
    words = _few(feature.words)
    if word in feature.rare:
        page.text(_('{column} is "{value}", which is rare in the training rows and counts as "{category}".')
                  .format(column=feature.name, value=word, category=RARE))  # fmt: skip
        word = RARE
    elif word not in feature.words:
        text = _('{column} is "{value}", which no training row has: the columns of the {n} categories ({words}) are 0.')
        if feature.encode != "onehot":
            text = _('{column} is "{value}", which no training row has: its number is 0.')
        page.text(text.format(column=feature.name, value=word, n=len(feature.words), words=words))
        return
    if feature.encode == "onehot":
        page.text(
            _(
                '{column} is "{value}": a column for each of the {n} categories ({words}), 1 for its own and 0 for the '
                "others."
            ).format(column=feature.name, value=word, n=len(feature.words), words=words)
        )
    else:
        page.text(_('{column} is "{value}": the categories ({words}) are numbered from 1.')
                  .format(column=feature.name, value=word, words=words))  # fmt: skip


def _write_text(entry: TextInput, raw: Table, x: Array, page: Page) -> None:
    page.text(_('{column} is the text "{text}".').format(column=entry.column, text=_shown(raw, entry.column)))
    if entry.split == "word":
        page.text(_("Each word becomes its number in the vocabulary; 0 is padding, 1 an unknown word:"))
    else:
        page.text(_("Each character becomes its number in the vocabulary; 0 is padding, 1 an unknown character:"))
    found = tokens(_shown(raw, entry.column), entry.split, entry.lower)
    numbers = x.reshape(-1).astype(int).tolist()
    page.text(", ".join(f"{word} → {n}" for word, n in zip(found, numbers, strict=False)))


def _write_array(entry: ArrayInput, raw: Arrays, rule: str, page: Page) -> None:
    values = np.asarray(raw[entry.array])[0]
    page.array(entry.array, values.reshape(entry.shape) if values.size == np.prod(entry.shape) else values,
               _("as it was read"))  # fmt: skip
    if entry.divisor != 1:
        page.text(_("Every value is divided by {divisor}.").format(divisor=number(entry.divisor)))
    if entry.fill is not None and values.dtype.kind == "f" and np.isnan(values).any():
        page.text(_("Missing values become {value}.").format(value=number(entry.fill)))
    if entry.shift != (0.0,) or entry.scale != (1.0,):
        if rule == "minmax":
            page.text(_("The numbers are scaled, (x - shift) / scale, with the smallest value and the range of the "
                        "training rows:"))  # fmt: skip
        else:
            page.text(_("The numbers are scaled, (x - shift) / scale, with the mean and the standard deviation of the "
                        "training rows:"))  # fmt: skip
        if len(entry.shift) == 1:
            page.formula("", f"(x - {factor(entry.shift[0])}) / {factor(entry.scale[0])}")
        else:
            page.array("shift", np.array(entry.shift))
            page.array("scale", np.array(entry.scale))


def _write_steps(entry: TableInput, raw: LongTable, rules: Any, x: Array, page: Page) -> None:
    """The length of a sequence, and its first time step as a row."""
    text = plural(
        'The sequence "{name}" has {n} time step.', 'The sequence "{name}" has {n} time steps.', len(raw.order)
    )
    page.text(text.format(name=raw.names[0], n=len(raw.order)))
    page.text(_("The first time step:"))
    _write_features(entry, raw.table.take(raw.order[:1]), rules, x[0], page)


def _write_target(output: str, coder: Any, chosen: ChosenRow, page: Page) -> None:
    y = np.asarray(chosen.batch.targets[output])[0]
    name = " + ".join(coder.columns)
    said = words_of(coder, np.asarray(chosen.batch.targets[output]))
    if coder.labels in ("integer", "onehot") and coder.classes and said.ndim == 1:
        index = int(y.reshape(-1)[0] if coder.labels == "integer" else y.argmax())
        text = _("The target {name} is {word}: class {number} of {n} ({classes}).")
        page.text(
            text.format(name=name, word=said[0], number=index + 1, n=len(coder.classes), classes=_few(coder.classes))
        )
        return
    page.text(_("The target {name} is {value}.").format(name=name, value=_one(said)))
    if coder.scale:
        page.text(_("The model predicts it scaled: (value - {shift}) / {scale}.")
                  .format(shift=number(coder.shift[0]), scale=number(coder.scale[0])))  # fmt: skip
    page.array("y", y)


def words_of(coder: Any, values: Array) -> Array:
    """Targets or predictions in the classes or units of the data."""
    decoded: Array = np.asarray(coder.decode(values))
    return decoded


def _one(decoded: Array) -> str:
    """The first row's value; of several, the first ones."""
    value = decoded[0]
    if isinstance(value, np.ndarray):
        return _few(tuple(_text(each) for each in value.reshape(-1)), COLUMNS)
    return _text(value)


def _text(value: Any) -> str:
    return number(value) if isinstance(value, float | np.floating) else str(value)


def _shown(raw: Table, name: str) -> str:
    value = raw[name].value(0)
    return _("missing") if value is None else f"{value:g}" if isinstance(value, float) else str(value)


def _few(words: tuple[str, ...], most: int = 5) -> str:
    return ", ".join(words[:most]) + (", …" if len(words) > most else "")
