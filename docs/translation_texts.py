"""The texts that translations need: those in `_("...")` and `plural("...", "...")`, the help of the commands, and the
docstrings of components.

Used by make_translations.py, which writes them to the catalogues, and by the tests, which find what they lack.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from gettext import NullTranslations
from pathlib import Path
from typing import TypeAlias

import click

from nnctl import translation

ROOT = Path(__file__).parents[1]
CALLS = {"_": 1, "N_": 1, "plural": 2}  # function of nnctl.translation -> how many of its arguments are texts

Text: TypeAlias = tuple[str, ...]  # one text, or the singular and the plural


def texts() -> dict[Text, list[str]]:
    """Every text -> the files that it stands in, in the order of the files."""
    found: dict[Text, list[str]] = {}
    elsewhere = (*_of_topics(), *_of_datasets(), *_of_templates(), *_of_config_keys())
    for file, text in (*_in_source(), *_in_help(), *elsewhere):
        if all(text) and file not in found.setdefault(text, []):
            found[text].append(file)
    return found


def _in_source() -> Iterator[tuple[str, Text]]:
    for path in sorted((ROOT / "nnctl").rglob("*.py")):
        source = path.read_text(encoding="utf-8")
        if "nnctl.translation import" in source:
            file = path.relative_to(ROOT).as_posix()
            for call in calls(ast.parse(source)):
                if text := literal(call):
                    yield file, text


def calls(tree: ast.AST) -> Iterator[ast.Call]:
    """The calls of `_`, `N_` and `plural`, from top to bottom."""
    found = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in CALLS
    ]
    yield from sorted(found, key=lambda call: (call.lineno, call.col_offset))


def literal(call: ast.Call) -> Text | None:
    """The texts that stand in a call; None if it is given a variable."""
    assert isinstance(call.func, ast.Name)
    values = [argument.value for argument in call.args[: CALLS[call.func.id]] if isinstance(argument, ast.Constant)]
    words = tuple(value for value in values if isinstance(value, str))
    return words if len(words) == CALLS[call.func.id] else None


def _in_help() -> Iterator[tuple[str, Text]]:
    from nnctl.cli import COMMANDS, GROUPS, program
    from nnctl.cli.help_page import paragraphs

    yield from (("nnctl/cli/__init__.py", (title,)) for title in GROUPS)
    yield from (("nnctl/cli/__init__.py", (summary,)) for _module, summary in COMMANDS.values())
    context = click.Context(program, **program.context_settings)
    for name in (None, *COMMANDS):
        command = program.get_command(context, name) if name else program
        assert command is not None
        file = f"nnctl/cli/{COMMANDS[name][0]}.py" if name else "nnctl/cli/__init__.py"
        for verbatim, paragraph in paragraphs(command.help or ""):
            if not verbatim:
                yield file, (paragraph,)
        yield file, (command.epilog or "",)
        for parameter in command.get_params(click.Context(command, **program.context_settings)):
            if isinstance(parameter, click.Option):
                yield file, (parameter.help or "",)


def _of_topics() -> Iterator[tuple[str, Text]]:
    """The texts of `nnctl explain TOPIC`, most of which are docstrings: those that are looked up for its page."""
    from nnctl.reports.topics.declarations import FAMILIES
    from nnctl.reports.topics.names import all_topics
    from nnctl.reports.topics.pages import page_of
    from nnctl.reports.topics.texts import all_texts

    for topic in all_topics():
        module = FAMILIES[topic.family][topic.name].__module__ if topic.family in FAMILIES else page_of.__module__
        for text in looked_up(lambda topic=topic: page_of(topic)):
            yield f"{module.replace('.', '/')}.py", text
    yield from (("nnctl/reports/topics/texts.py", (text,)) for text in all_texts())


def _of_datasets() -> Iterator[tuple[str, Text]]:
    from nnctl.data.catalog.bundled import BUNDLED

    yield from (("nnctl/data/catalog/bundled.py", (bundled.title,)) for bundled in BUNDLED.values())


def _of_templates() -> Iterator[tuple[str, Text]]:
    from nnctl.cli.init import FOLDER, title_of

    yield from (("nnctl/cli/init.py", (title_of(path),)) for path in sorted(FOLDER.glob("*.yaml")))


def _of_config_keys() -> Iterator[tuple[str, Text]]:
    from nnctl.reports.walkthrough.config_lines.nested import texts_of_keys

    yield from (("nnctl/config/argument_texts.py", (text,)) for text in texts_of_keys())


class _Recorder(NullTranslations):
    """A catalogue without translations, which remembers what was looked up."""

    def __init__(self) -> None:
        super().__init__()
        self.found: dict[Text, None] = {}

    def gettext(self, message: str) -> str:
        self.found[message,] = None
        return message

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        self.found[msgid1, msgid2] = None
        return super().ngettext(msgid1, msgid2, n)


def looked_up(show: Callable[[], object]) -> list[Text]:
    """The texts that a function looks up in the catalogue."""
    recorder = _Recorder()
    before, translation._chosen = translation._chosen, (translation.ENGLISH, recorder)
    try:
        show()
    finally:
        translation._chosen = before
    return list(recorder.found)
