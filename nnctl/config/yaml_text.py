"""Decodes the text of a config file, and words the errors for text that is not YAML."""

from __future__ import annotations

import re

import yaml

from nnctl.config.source_map import shorten
from nnctl.errors import ConfigError

MOST_BYTES = 2**22

_UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff]")


def decoded(source: str | bytes, file: str) -> str:
    """The text of a file. Raises ConfigError if it is too large, not UTF-8, or has unprintable characters."""
    _check_size(len(source), file)
    text = source if isinstance(source, str) else _utf8(source, file)
    text = text.removeprefix("\ufeff")
    if bad := _UNPRINTABLE.search(text):
        line, column = _line_and_column(text, bad.start())
        raise ConfigError(
            f"contains an unprintable character (code {ord(bad[0]):#04x})",
            f"{file}:{line}:{column}",
            "a config is a YAML text file; is this the right file?",
        )
    return text


def _utf8(source: bytes, file: str) -> str:
    try:
        return source.decode("utf-8")
    except UnicodeDecodeError as error:
        line = source.count(b"\n", 0, error.start) + 1
        column = error.start - (source.rfind(b"\n", 0, error.start) + 1) + 1
        raise ConfigError(
            f"not a UTF-8 text file: byte 0x{source[error.start]:02x}",
            f"{file}:{line}:{column}",
            "a config is a YAML text file; save it as UTF-8",
        ) from None


def _check_size(size: int, file: str) -> None:
    if size > MOST_BYTES:
        raise ConfigError(
            f"the file is larger than {MOST_BYTES // 2**20} MiB",
            file,
            "put data in separate files, and name them under `dataset: {path: ...}`",
        )


def _line_and_column(text: str, index: int) -> tuple[int, int]:
    return text.count("\n", 0, index) + 1, index - text.rfind("\n", 0, index)


def syntax_error(error: yaml.YAMLError, text: str, file: str) -> ConfigError:
    """The error for what the parser reports, at the place to correct, with a hint."""
    mark = getattr(error, "problem_mark", None)
    context = getattr(error, "context", None) or ""
    opened = getattr(error, "context_mark", None)
    problem = getattr(error, "problem", None) or "it cannot be read"
    if mark is None:
        return ConfigError(f"not YAML: {shorten(str(error))}", file, "a config is a YAML text file")
    if opened is not None and ("flow" in context or "quoted" in context):
        mark = opened  # the parser notices an open bracket or quote only far below it
    lines = text.splitlines()
    line = lines[mark.line] if mark.line < len(lines) else ""
    indent = line[: len(line) - len(line.lstrip())]
    if "\t" in indent:
        message, hint = "a tab in the indentation", "indent with spaces: YAML allows no tabs there"
    elif "flow sequence" in context or "flow mapping" in context:
        bracket = "[" if "sequence" in context else "{"
        message = f"the bracket {bracket} is not closed, or a comma is missing in it"
        hint = f"close it with {']' if bracket == '[' else '}'}, put commas between the entries"
    elif "quoted" in context:
        message, hint = "a quoted text is not closed, or contains an invalid escape", "close the quotes"
        if "escape" in problem or "hex" in problem:  # a Windows path, mostly
            message = "an invalid escape in double quotes"
            hint = "write \\\\ for \\, or / in a path, or use single quotes"
    elif "mapping values are not allowed" in problem:
        message, hint = "a colon in the wrong place", "write one `key: value` per line; quote a text that contains ': '"
    elif "expected ':'" in problem:
        message, hint = "a key without a colon", "write `key: value`"
    elif "expected <block end>" in problem or "did not find expected" in problem:
        message, hint = "this line does not fit the one above", "indent keys of one level equally"
    else:
        message, hint = f"not YAML: {shorten(problem)}", "quote texts that contain special characters"
    return ConfigError(message, f"{file}:{mark.line + 1}:{mark.column + 1}", hint)
