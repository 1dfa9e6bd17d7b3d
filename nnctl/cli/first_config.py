"""`nnctl init --from`: looks at the data, asks what it cannot know, and checks the config before it is written."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from nnctl.config import loads
from nnctl.config.starter.arrays import array_starter, array_target
from nnctl.config.starter.choices import Choice, Starter
from nnctl.config.starter.column_facts import TableFacts, facts_of
from nnctl.config.starter.dates import date_query
from nnctl.config.starter.encoding import encoding_choice
from nnctl.config.starter.image_folder import image_choice
from nnctl.config.starter.missing_words import missing_words
from nnctl.config.starter.table import table_starter
from nnctl.config.starter.target import Problem, Task, likely_target, problem_of
from nnctl.config.starter.wording import quoted
from nnctl.config.starter.writing import yaml_text
from nnctl.data.config import DatasetSpec
from nnctl.data.readers.read import column_rules, read_dataset
from nnctl.data.table import Table, listing, suggestion
from nnctl.errors import InputError
from nnctl.reports.terminal import visible
from nnctl.translation import _

# The choices whose reasons are also shown on the terminal.
TOLD = tuple(("dataset", key) for key in (
    "encoding", "image", "missing_values", "query", "target", "ignore", "categorical", "missing", "text"
))  # fmt: skip


@dataclass(frozen=True)
class FirstConfig:
    """A config that was checked. text: the file. plain: its keys and values, as YAML reads them."""

    starter: Starter
    text: str
    plain: dict[str, Any]

    def as_json(self, path: Path) -> dict[str, Any]:
        """For --json: the file, the config, and each choice with its reasons."""
        choices = [{"key": ".".join(map(str, choice.key)), "value": choice.value, "why": list(choice.why)}
                   for choice in self.starter.choices]  # fmt: skip
        return {"file": str(path), "config": self.plain, "choices": choices}

    def lines(self) -> Sequence[str]:
        """What the data look like, for the terminal: the reasons of the choices about columns."""
        told = [why for choice in self.starter.choices if choice.key in TOLD for why in choice.why]
        return [*self.starter.title, *told]


def first_config(source: str, target: str | None, task: Task | None, path: Path, ask: bool) -> FirstConfig:
    """The config for a file or folder of data. ask: whether questions may be asked, if this is a terminal.

    Raises InputError if the data cannot be read, or if it is not clear what to predict.
    """
    ask = ask and sys.stdin.isatty() and sys.stdout.isatty()
    source = os.fspath(Path(source)) if Path(source).is_dir() else source
    more = [choice for choice in (encoding_choice(source), image_choice(source)) if choice]
    spec = DatasetSpec(path=(source,), **{str(choice.key[1]): choice.value for choice in more})
    rows, fixed = read_dataset(spec)
    if isinstance(rows, Table):
        starter = _table(spec, more, rows, target, task, ask)
    else:
        chosen = _chosen(list(rows.arrays), rows.source, target, array_target(rows), ask)
        starter = array_starter(source, rows, fixed, chosen, task, more)
    text = yaml_text(starter)
    from nnctl.training.dry_run import check  # imported here to keep start-up fast

    config = loads(text, str(path))
    check(config)
    return FirstConfig(starter, text, _plain(text))


def _table(spec: DatasetSpec, more: list[Choice], table: Table, target: str | None, task: Task | None,
           ask: bool) -> Starter:  # fmt: skip
    facts = facts_of(table)
    chosen = _chosen(list(facts.columns), facts.sample.source, target, likely_target(facts), ask)
    if marks := missing_words(facts, chosen):
        spec, more = spec.model_copy(update={"missing_values": tuple(marks.value)}), [*more, marks]
        again, _fixed = read_dataset(spec, column_rules(spec, {}))
        assert isinstance(again, Table)
        table, facts = again, facts_of(again)
    if facts.columns[chosen].missing or facts.sample is not table:
        facts = facts_of(table, chosen)
    query, in_file = date_query(facts, chosen), len(facts.columns)
    if query:
        with_parts, _fixed = read_dataset(spec.model_copy(update={"query": query.value}), column_rules(spec, {}))
        if isinstance(with_parts, Table) and set(with_parts.columns) > set(facts.columns):
            facts, more = facts_of(with_parts, chosen), [*more, query]
        # otherwise there are names of columns that SQL does not tell apart
    [source] = spec.path or ()
    return table_starter(source, facts, _problem(facts, chosen, task, ask), more, len(facts.columns) - in_file)


def _plain(text: str) -> dict[str, Any]:
    from nnctl.config.yaml_reader import read  # imported here to keep start-up fast

    data: dict[str, Any] = read(text, "config").data
    return data


def _problem(facts: TableFacts, chosen: str, task: Task | None, ask: bool) -> Problem:
    problem = problem_of(facts, chosen, task)
    if problem.sure or not ask:
        return problem
    column = facts.columns[chosen]
    question = _("{column} holds {n} different whole numbers, {least:g} to {most:g}: are they classes or numbers?")
    click.echo(question.format(column=quoted(chosen), n=column.distinct, least=column.least, most=column.most))
    answer: Task = click.prompt(_("classify or regress"), type=click.Choice(["classify", "regress"]),
                                default=problem.task, show_choices=False)  # fmt: skip
    return problem_of(facts, chosen, answer)


def _chosen(names: Sequence[str], source: str, target: str | None, guess: tuple[str, bool], ask: bool) -> str:
    """The column or array to predict: as given, as guessed if that is clear, or as the user answers."""
    known = _("columns: {names}").format(names=listing(names, 20))
    if target is not None:
        if target not in names:
            raise InputError(_("there is no column {name}").format(name=repr(target)), source,
                             suggestion(target, names) + known)  # fmt: skip
        return target
    likely, clear = guess
    if clear:
        return likely
    if not ask:
        raise InputError(_("it is not clear which column is to be predicted"), source,
                         _("add --target COLUMN; columns: {names}").format(names=listing(names, 20)))  # fmt: skip
    click.echo(visible(known))
    while True:
        answer: str = click.prompt(_("Which column should be predicted?"), default=likely)
        if answer in names:
            return answer
        click.echo(visible(suggestion(answer, names) + known))
