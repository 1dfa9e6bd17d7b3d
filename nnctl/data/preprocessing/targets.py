"""Targets that are columns of a table: how each loss encodes them, and which loss to use for those it cannot take."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from nnctl.data.preprocessing.features import fit_number
from nnctl.data.preprocessing.label_sequences import fit_alphabet, text_numbers
from nnctl.data.preprocessing.target_coder import TargetCoder
from nnctl.data.preprocessing.target_values import FOR_NUMBERS, binary_column, check_range, has_fractions
from nnctl.data.row_origin import located
from nnctl.data.table import Array, Column, Table, listing, number_word
from nnctl.errors import DataError


def fit_target(table: Table, columns: Sequence[str], labels: str, train: Array | None = None,
               normalize: Mapping[str, str] | None = None,
               alphabet: Sequence[str] | None = None) -> TargetCoder:  # fmt: skip
    """The coder of target columns for a loss with these labels.

    labels: "integer", "onehot", "binary", "number" or "sequence". Classes come from all rows, in sorted order; shift
    and scale of the numeric columns that `normalize` names come from the rows `train`. alphabet: of a "sequence".
    Raises DataError if the columns do not suit the labels, with a hint about the loss that does.
    """
    columns = tuple(columns)
    for name in columns:
        if (kind := table.columns[name].kind) in ("date", "time", "nested"):
            raise DataError(
                f"a target cannot be a {kind} column", table.where(name),
                "convert it to a number or a word with `query`",
            )  # fmt: skip
    if labels == "number":
        return _fit_numbers(table, columns, train, normalize or {})
    if labels == "sequence":
        return _fit_texts(table, columns, alphabet)
    if len(columns) > 1:
        return _fit_flags(table, columns, labels)
    [name] = columns
    column, where = table[name], table.where(name)
    classes = column.distinct()
    if len(classes) < 2:
        raise DataError(f"the target has only one value, {listing(classes)}", where, "there is nothing to learn")
    if labels == "binary" and column.kind == "number" and has_fractions(column.values):
        coder = TargetCoder(labels, columns, (1,), soft=True)
        check_range(column.values[~column.missing], labels, where, soft=True)
        return coder
    _refuse_continuous(column, len(classes), where)
    words = tuple(item if isinstance(item, str) else number_word(item) for item in classes)
    if labels == "binary" and len(words) != 2:
        raise DataError(
            f"a binary loss needs 2 classes, but the target has {len(words)} ({listing(words)})",
            where,
            f"use `loss: sparse_categorical_crossentropy` and a last layer of {len(words)} units with softmax",
        )
    shape = {"integer": (), "onehot": (len(words),), "binary": (1,)}[labels]
    return TargetCoder(labels, columns, shape, words, numeric=column.kind == "number")


def _refuse_continuous(column: Column, distinct: int, where: str) -> None:
    values = column.values[~column.missing]
    if column.kind == "text":
        if distinct > 20 and distinct > len(values) / 2:
            raise DataError(
                f"the target has {distinct} different texts in {len(values)} rows: it looks like a name, not a class",
                where,
                "choose another column with `target:`",
            )
        return
    if np.isinf(values).any():
        at = located(where, np.isinf(column.values))
        raise DataError(f"{at.rows}: the target is infinite", at.where, "fix the value")
    fractions = np.any(values != np.round(values))
    if distinct > 20 and (fractions or distinct > len(values) / 5):
        raise DataError(
            f"the target has {distinct} different numbers in {len(values)} rows, but the loss needs classes",
            where,
            FOR_NUMBERS,
        )


def _fit_numbers(table: Table, columns: tuple[str, ...], train: Array | None,
                 normalize: Mapping[str, str]) -> TargetCoder:  # fmt: skip
    for name in columns:
        column = table.columns[name]
        if column.kind == "text" and not _all_numbers(column.words):
            classes = len(column.words)
            loss = "binary_crossentropy" if classes == 2 else "sparse_categorical_crossentropy"
            raise DataError(
                f"the target is text ({listing(sorted(column.words), 3)}), but the loss needs numbers",
                table.where(name),
                f"for these {classes} classes use `loss: {loss}`",
            )
    rows = np.arange(table.rows) if train is None else train
    fitted = [fit_number(table, name, rows, "error", normalize.get(name, "none")) for name in columns]
    scaled = any(normalize.get(name, "none") != "none" for name in columns)
    return TargetCoder(
        "number", columns, (len(columns),),
        shift=tuple(number.shift for number in fitted) if scaled else (),
        scale=tuple(number.scale for number in fitted) if scaled else (),
    )  # fmt: skip


def _all_numbers(words: Sequence[str]) -> bool:
    try:
        return all(float(word) == float(word) for word in words)
    except ValueError:
        return False


def _fit_texts(table: Table, columns: tuple[str, ...], alphabet: Sequence[str] | None) -> TargetCoder:
    if len(columns) > 1:
        raise DataError(f"the loss needs one column of texts, but the target has {len(columns)}: {listing(columns)}",
                        table.source, "choose one with `target:`")  # fmt: skip
    [name] = columns
    column, where = table[name].as_text(), table.where(name)
    classes = fit_alphabet(column, alphabet, where)
    longest = text_numbers(column, classes, where).shape[1]
    return TargetCoder("sequence", columns, (longest,), classes)


def _fit_flags(table: Table, columns: tuple[str, ...], labels: str) -> TargetCoder:
    """Several columns for one output: one-hot columns, or the flags of a multi-label target."""
    if labels == "integer":
        raise DataError(
            f"the loss needs one column of classes, but the target has {len(columns)}: {listing(columns)}",
            table.source,
            "for one-hot columns use `loss: categorical_crossentropy`; for several outputs write "
            "`target: {OUTPUT: COLUMN}`",
        )
    soft = labels == "binary" and any(has_fractions(binary_column(table, name).values) for name in columns)
    coder = TargetCoder(labels, columns, (len(columns),), columns if labels == "onehot" else None, soft=soft)
    if not any(table[name].missing.any() for name in columns):
        coder.encode(table)
    return coder
