"""The help page of a command, in the language of the reader."""

from __future__ import annotations

import copy
import inspect
from collections.abc import Iterable, Iterator

import click

from nnctl.reports.terminal import display_width, wrap
from nnctl.translation import ENGLISH, _, language

VERBATIM = "\b"  # the first line of a paragraph that click does not wrap, such as examples


def paragraphs(text: str) -> Iterator[tuple[bool, str]]:
    """The paragraphs of a docstring: (whether it is printed as it is, its text, in one line if it is wrapped)."""
    for paragraph in inspect.cleandoc(text).partition("\f")[0].split("\n\n"):
        first, _line_break, rest = paragraph.partition("\n")
        verbatim = first.strip(" ") == VERBATIM
        yield verbatim, rest if verbatim else " ".join(paragraph.split())


class WideFormatter(click.HelpFormatter):
    """click's formatter measures text in characters; this one in columns, of which a Korean character takes two."""

    def write_text(self, text: str) -> None:
        indent = " " * self.current_indent
        pages = []
        for verbatim, paragraph in paragraphs(text):
            lines = paragraph.splitlines() if verbatim else wrap(paragraph, self.width - len(indent))
            pages.append("\n".join(indent + line for line in lines))
        self.write("\n\n".join(pages) + "\n")

    def write_dl(self, rows: Iterable[tuple[str, str]], col_max: int = 30, col_spacing: int = 2) -> None:
        rows = list(rows)
        first = min(max(display_width(term) for term, _meaning in rows), col_max) + col_spacing
        margin = " " * self.current_indent
        for term, meaning in rows:
            fits = display_width(term) <= first - col_spacing
            lines = wrap(meaning, max(self.width - first - 2, 10)) or [""]
            start = term + " " * (first - display_width(term)) + lines.pop(0) if fits else term
            self.write("\n".join([margin + start.rstrip(), *(margin + " " * first + line for line in lines)]) + "\n")


class TranslatedHelp(click.Command):
    """A command whose help page is in the language of the reader. The English one is click's own."""

    def get_help(self, context: click.Context) -> str:
        if language() == ENGLISH:
            return super().get_help(context)
        formatter = WideFormatter(width=context.terminal_width, max_width=context.max_content_width)
        self.format_help(context, formatter)
        return formatter.getvalue().rstrip("\n")

    def format_usage(self, context: click.Context, formatter: click.HelpFormatter) -> None:
        pieces = " ".join(self.collect_usage_pieces(context))
        formatter.write_usage(context.command_path, pieces, prefix=_("Usage:") + " ")

    def format_help_text(self, context: click.Context, formatter: click.HelpFormatter) -> None:
        if language() == ENGLISH:
            super().format_help_text(context, formatter)
            return
        texts = [f"{VERBATIM}\n{text}" if verbatim else _(text) for verbatim, text in paragraphs(self.help or "")]
        formatter.write_paragraph()
        with formatter.indentation():
            formatter.write_text("\n\n".join(texts))

    def format_options(self, context: click.Context, formatter: click.HelpFormatter) -> None:
        if language() == ENGLISH:
            super().format_options(context, formatter)
            return
        with formatter.section(_("Options")):
            formatter.write_dl(list(self._translated_options(context)))
        if isinstance(self, click.Group):
            self.format_commands(context, formatter)

    def _translated_options(self, context: click.Context) -> Iterator[tuple[str, str]]:
        for parameter in self.get_params(context):
            if isinstance(parameter, click.Option):
                translated = copy.copy(parameter)
                translated.help = _(parameter.help or "")
                if record := translated.get_help_record(context):
                    names, meaning = record
                    yield names, meaning.replace("[required]", _("[required]")).replace("[default: ", _("[default: "))

    def format_epilog(self, context: click.Context, formatter: click.HelpFormatter) -> None:
        if self.epilog:
            formatter.write_paragraph()
            with formatter.indentation():
                formatter.write_text(_(inspect.cleandoc(self.epilog)))
