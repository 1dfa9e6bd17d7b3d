"""The config of a table: which columns are used, and how; then the model for them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from nnctl.config.starter.choices import Choice, Starter
from nnctl.config.starter.column_facts import TableFacts
from nnctl.config.starter.columns import Columns, column_choices
from nnctl.config.starter.network import (
    Size,
    dropout_rate,
    loss_choices,
    numbered,
    output_layer,
    plan,
    table_layers,
    training_choices,
)  # fmt: skip
from nnctl.config.starter.splits import fractions_of, split_choice
from nnctl.config.starter.target import Problem
from nnctl.config.starter.texts import Texts, find_texts
from nnctl.config.starter.wording import percent, quoted
from nnctl.errors import DataError
from nnctl.translation import _, plural

FEW = 5  # rows of a class below which it can hardly be learned


def table_starter(source: str, facts: TableFacts, problem: Problem, more: Sequence[Choice] = (),
                  added: int = 0) -> Starter:  # fmt: skip
    """The starter config for a table. source: the path as the config gives it. more: choices about how
    it is read. added: columns that a query among them adds. Raises DataError if no column is left to learn from."""
    fractions = fractions_of(problem.rows, len(problem.classes))
    texts = find_texts(facts, problem.target)
    columns = column_choices(facts, problem, texts.column if texts else None)
    if not columns.features and not texts:
        reasons = " ".join(columns.reasons) or _("there is no column but the target")
        raise DataError(_("no column is left to learn from"), facts.sample.source, reasons)
    size = Size(fractions.training_rows(problem.rows), columns.width)
    choices = [Choice(("dataset", "path"), source), *more, target_choice(problem)]
    choices += columns.choices
    if texts:
        choices += [texts.choice(), *_text_layers(texts, columns, problem, size)]
        training = plan(size.rows, fractions, updates=1500, rate=0.003, fewest=6, clip=texts.is_short,
                        noisy=1)  # words are soon learned by heart  # fmt: skip
    else:
        choices += table_layers(problem, size)
        training = training_choices(size, fractions)
    dates = [name for name, column in facts.columns.items() if column.kind == "date" and not column.missing_anywhere]
    choices += [split_choice(problem, fractions, dates[0] if dates else None), *loss_choices(problem), *training]
    return Starter(_title(source, facts, len(facts.columns) - added), tuple(choices))


def _title(source: str, facts: TableFacts, columns: int) -> tuple[str, ...]:
    title = [_("A first config for {source}: {rows} rows, {columns} columns. Made by nnctl init.").format(
        source=quoted(source), rows=f"{facts.rows + facts.unlabelled:,}", columns=columns)]  # fmt: skip
    if facts.sample.rows < facts.rows:
        title.append(_("What its columns hold was found from {n} rows, spread evenly over the table.").format(
            n=f"{facts.sample.rows:,}"))  # fmt: skip
    if facts.repeated:
        title.append(plural("{n} row is equal to an earlier one: it may be in training and test, which makes the test"
                            " look better.",
                            "{n} rows are equal to earlier ones: they may be in training and test, which makes the"
                            " test look better.", facts.repeated).format(n=f"{facts.repeated:,}"))  # fmt: skip
    return tuple(title)


def target_choice(problem: Problem) -> Choice:
    """The target, with what its values are."""
    why = []
    if problem.task == "regress":
        why.append(_("{target} is predicted as a number.").format(target=quoted(problem.target)))
        if not problem.sure:
            why.append(_("If its {n} values are classes, write the config again with --task classify.")
                       .format(n=problem.distinct))  # fmt: skip
    else:
        shown = ", ".join(f"{quoted(word)} {percent(count, problem.rows)}" for word, count in problem.classes[:5])
        more = ", ..." if len(problem.classes) > 5 else ""
        why.append(_("{n} classes: {classes}").format(n=len(problem.classes), classes=shown + more))
        if few := sum(count < FEW for _word, count in problem.classes):
            why.append(plural("{n} class has fewer than {few} rows, too few to be learned and tested.",
                              "{n} classes have fewer than {few} rows, too few to be learned and tested.",
                              few).format(n=few, few=FEW))  # fmt: skip
        if not problem.sure:
            why.append(_("If they are a scale rather than classes, write the config again with --task regress."))
    return Choice(("dataset", "target"), problem.target, tuple(why))


def _text_layers(texts: Texts, columns: Columns, problem: Problem, size: Size) -> list[Choice]:
    """Layers for texts alone, or for texts and the other columns, which are inputs of their own."""
    drop: tuple[Any, str] = ({"Dropout": {"rate": 0.3}}, _("Dropout against overfitting."))
    if not columns.features:
        return numbered([*texts.layers({}), drop, output_layer(problem)])
    inputs = [
        Choice(("inputs", "words"), {"columns": [texts.column]}, (_("The texts are an input of their own."),)),
        Choice(("inputs", "rest"), {"columns": list(columns.features)}, (_("The other columns."),)),
    ]
    *before, (last, reason) = texts.layers({"from": "words"})
    last = {last: {}} if isinstance(last, str) else last
    [(kind, arguments)] = last.items()
    layers = [
        *before,
        ({kind: arguments | {"name": "read"}}, reason),
        ({"Dense": {"units": 64, "activation": "relu", "from": "rest", "name": "seen"}},
         _("The other columns have a layer of their own.")),
        ({"Concatenate": {"from": ["read", "seen"]}}, _("Both together decide.")),
        ({"Dropout": {"rate": dropout_rate(size) or 0.1}}, ""),
        output_layer(problem),
    ]  # fmt: skip
    return [*inputs, *numbered(layers)]
