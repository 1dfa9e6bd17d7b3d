"""Prints a config line by line, with what each line means below it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from nnctl.config.source_map import Path
from nnctl.reports.number_format import count, parameters, size
from nnctl.reports.tables import Table
from nnctl.reports.terminal import Terminal, wrap
from nnctl.reports.walkthrough.config_lines.context import Context, context_of
from nnctl.reports.walkthrough.config_lines.defaults import defaults
from nnctl.reports.walkthrough.config_lines.keys import KEYS
from nnctl.reports.walkthrough.config_lines.layers import covered, layer_sentences
from nnctl.reports.walkthrough.config_lines.nested import WRITTEN, nested_sentence
from nnctl.reports.walkthrough.text_page import WIDTH
from nnctl.translation import _, plural


def explain_config(config: str, terminal: Terminal) -> None:
    """Prints the file line by line, then what it leaves to defaults, and what it amounts to.

    config: a file, or the name of a ready config. Raises what `check` raises.
    """
    at = context_of(config)
    width = terminal.width or WIDTH
    terminal.print()
    for number, line, sentences in lines_of(at):
        _write_line(number, line, sentences, width, terminal)
    _write_defaults(at, terminal)
    _write_total(at, terminal)


def config_as_data(config: str) -> dict[str, Any]:
    """What `explain_config` prints."""
    at = context_of(config)
    return {
        "file": at.document.file,
        "lines": [{"line": number, "text": line, "meaning": sentences} for number, line, sentences in lines_of(at)],
        "defaults": [{"key": key, "value": value, "meaning": meaning} for key, value, meaning in defaults(at)],
        "rows": at.data.rows,
        "parameters": at.summary.parameters,
        "iterations": at.plan.total_iterations,
    }


def lines_of(at: Context) -> Iterator[tuple[int, str, list[str]]]:
    """Each line of the file: its number, its text, and sentences about it."""
    by_line: dict[int, list[Path]] = {}
    for path, place in at.document.places.items():
        if path and place.override is None:
            by_line.setdefault(place.line, []).append(path)
    said: dict[str, int] = {}
    for number, line in enumerate(at.text.splitlines(), 1):
        yield number, line, list(_sentences(at, by_line.get(number, []), said, number))


def _sentences(at: Context, paths: Sequence[Path], said: dict[str, int], line: int) -> Iterator[str]:
    """Sentences about the keys of a line. said: the line in which each argument's sentence was first given, which is
    not repeated."""
    explained: set[str] = set()
    here: set[str] = set()  # sentences that stand below this line; an alias (*name) would repeat those of its anchor
    again: dict[int, list[str]] = {}
    for path in paths:
        if len(path) == 1:
            yield from KEYS[str(path[0])](at)
        elif nodes := at.nodes_at(path):
            yield from layer_sentences(nodes, at.model.graph)
            explained = set(covered(nodes[0]))
        elif path[-1] not in explained and (text := nested_sentence(at, path, at.value(path))):
            if path[0] == "loss" and len(at.config.losses) > 1:
                continue  # the sentence of the key has them
            plain = not isinstance(path[-1], str) or (path[0] == "layers" and path[-1] in WRITTEN)
            sentence = text if plain else f"{path[-1]}: {text}"
            if (before := said.setdefault(sentence, line)) < line:
                again.setdefault(before, []).append(str(path[-1]))
            elif sentence not in here:
                here.add(sentence)
                yield sentence
    for before, keys in again.items():
        yield _("{keys}: see line {n}.").format(keys=", ".join(keys), n=before)


def _write_line(number: int, line: str, sentences: Sequence[str], width: int, terminal: Terminal) -> None:
    head = f"{number:>3} │ "
    indent = " " * (len(line) - len(line.lstrip()) + 2)
    first, *rest = wrap(line, width - len(head), indent, inside=True) or [""]
    terminal.print((head + first).rstrip(), "bold")
    for more in rest:
        terminal.print("    │ " + more, "bold")
    for sentence in sentences:
        for i, part in enumerate(wrap(sentence, width - 7)):
            terminal.print(("    └─ " if i == 0 else "       ") + part)


def _write_defaults(at: Context, terminal: Terminal) -> None:
    table = defaults_table(at)
    if not table.rows:
        return
    terminal.print()
    terminal.print(_("What the file leaves to defaults"), "bold")
    table.print(terminal)
    terminal.flow(_("The arguments of layers, and all that is not listed here, are in the config.yaml of a run."))


def defaults_table(at: Context) -> Table:
    """A row for each value that comes from a default."""
    table = Table([_("key"), _("value"), _("meaning")], left=3)
    for key, value, meaning in defaults(at):
        table.add(key, value, meaning)
    return table


def _write_total(at: Context, terminal: Terminal) -> None:
    terminal.print()
    terminal.print(_("In all"), "bold")
    terminal.flow(total_text(at))


def total_text(at: Context) -> str:
    """What the config amounts to, in two sentences."""
    summary, plan = at.summary, at.plan
    text = plural("{layers} layer with {parameters} parameters learns from {rows} rows in {epochs} of {iterations}, "
                  "with {total} updates of the weights. Training takes about {memory} of memory.",
                  "{layers} layers with {parameters} parameters learn from {rows} rows in {epochs} of {iterations}, "
                  "with {total} updates of the weights. Training takes about {memory} of memory.",
                  len(summary.lines))  # fmt: skip
    epochs = plural("{n} epoch", "{n} epochs", plan.epochs).format(n=count(plan.epochs))
    per_epoch = plan.iterations_per_epoch
    iterations = plural("{n} iteration", "{n} iterations", per_epoch).format(n=count(per_epoch))
    learned = parameters(summary.parameters, summary.trainable)
    return text.format(
        layers=len(summary.lines), parameters=learned, rows=count(plan.samples), epochs=epochs,
        iterations=iterations, total=count(plan.total_iterations), memory=size(summary.memory),
    )  # fmt: skip
