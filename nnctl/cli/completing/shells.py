"""The shells: how each splits a line into words, and how its script reads the candidates."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

_CURSOR = "\0"  # ends the line, so that the last word is the incomplete one, even if it is empty
_MORE = "more"  # type of a candidate after which the word goes on


@dataclass(frozen=True)
class Shell:
    """A shell whose script takes `value`, tab, `help`, or the value alone. escape: before a character that is taken
    as it is."""

    name: str
    extension: str
    install: str  # the line that switches completion on
    file: str  # where that line belongs
    escape: str = "\\"

    def script(self) -> str:
        """What the shell has to run once for each session."""
        return (Path(__file__).parent / f"nnctl.{self.extension}").read_text(encoding="utf-8")

    def split(self, line: str) -> tuple[list[str], str, str]:
        """The complete words of a line up to the cursor, the word at the cursor, and that word as it was typed."""
        lexer = shlex.shlex(line + _CURSOR, posix=True)
        lexer.whitespace_split, lexer.commenters, lexer.escape = True, "", self.escape
        words: list[str] = []
        try:
            words.extend(lexer)
        except ValueError:  # a quote is still open
            words.append(lexer.token)
        words = [word.removesuffix(_CURSOR) for word in words]
        while words and re.fullmatch(r"\w+=.*", words[0]):  # NNCTL_LANG=ko nnctl ...
            del words[0]
        raw = re.split(r"(?<!\\)\s", line)[-1]
        return (words[:-1], words[-1], raw) if words else ([], "", raw)

    def lines(
        self, found: Iterable[CompletionItem], incomplete: str, raw: str, environment: Mapping[str, str]
    ) -> Iterator[str]:
        """The lines of the answer: what is inserted, and whether the word is finished."""
        for item in found:
            mark = "+" if item.type == _MORE else " "
            told = " ".join((item.help or "").split())
            yield f"{mark}{item.value}\t{told}"


class Fish(Shell):
    """Which decides by a word's last character whether it goes on."""

    def lines(
        self, found: Iterable[CompletionItem], incomplete: str, raw: str, environment: Mapping[str, str]
    ) -> Iterator[str]:
        return (line[1:] for line in super().lines(found, incomplete, raw, environment))


class Bash(Shell):
    """Which takes a candidate as it is, and replaces only what stands behind the last of COMP_WORDBREAKS."""

    def lines(
        self, found: Iterable[CompletionItem], incomplete: str, raw: str, environment: Mapping[str, str]
    ) -> Iterator[str]:
        quoted = raw[:1] in ("'", '"')
        breaks = [mark for mark in environment.get("COMP_WORDBREAKS", "") if mark in "=:"]
        kept = 0 if quoted else max((incomplete.rfind(mark) for mark in breaks), default=-1) + 1
        for item in found:
            value = str(item.value)[kept:]
            if not quoted:
                value = re.sub(r"([^\w@%+=:,./~-])", r"\\\1", value)
            yield value + ("" if item.type == _MORE or quoted else " ")


SHELLS = {
    shell.name: shell
    for shell in (
        Bash("bash", "bash", 'eval "$(nnctl completion bash)"', "~/.bashrc"),
        Shell("zsh", "zsh", 'eval "$(nnctl completion zsh)"', "~/.zshrc"),
        Fish("fish", "fish", "nnctl completion fish | source", "~/.config/fish/config.fish"),
        Shell("powershell", "ps1", "nnctl completion powershell | Out-String | Invoke-Expression", "$PROFILE", "`"),
    )
}
