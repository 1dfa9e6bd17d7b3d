"""The config of a table: which columns are used, and how; then the model for them."""

from __future__ import annotations

from typing import Any

from nnctl.config.starter.choices import Choice, Starter
from nnctl.config.starter.column_facts import TableFacts
from nnctl.config.starter.columns import column_choices
from nnctl.config.starter.network import Size, table_network, training_choices
from nnctl.config.starter.splits import fractions_of, split_choice
from nnctl.config.starter.target import Problem
from nnctl.config.starter.wording import percent, quoted
from nnctl.translation import _


def table_starter(source: str, facts: TableFacts, problem: Problem) -> Starter:
    """The starter config for a table. source: the path as the config gives it."""
    fractions = fractions_of(problem)
    columns = column_choices(facts, problem)
    size = Size(fractions.training_rows(problem.rows), columns.width)
    path: list[Any] = [Choice(("dataset", "path"), source), target_choice(problem)]
    title = _("A first config for {source}: {rows} rows, {columns} columns. Made by nnctl init.").format(
        source=quoted(source), rows=f"{facts.rows:,}", columns=len(facts.columns))  # fmt: skip
    choices = [*path, *columns.choices, split_choice(problem, fractions), *table_network(problem, size),
               *training_choices(problem, size, fractions)]  # fmt: skip
    return Starter((title,), tuple(choices))


def target_choice(problem: Problem) -> Choice:
    """The target, with what its values are."""
    if problem.task == "regress":
        why = _("Predicts the number {target}.").format(target=quoted(problem.target))
    else:
        shown = ", ".join(f"{quoted(word)} {percent(count, problem.rows)}" for word, count in problem.classes[:5])
        more = ", ..." if len(problem.classes) > 5 else ""
        why = _("{n} classes: {classes}.").format(n=len(problem.classes), classes=shown + more)
    return Choice(("dataset", "target"), problem.target, (why,))
