"""Runs the commands of a page and writes their output below them.

    python tests/docs/fill_in.py docs/tutorials/images.md              # where none is shown
    python tests/docs/fill_in.py --refresh docs/tutorials/images.md    # all of them; times stay as they are shown
    python tests/docs/fill_in.py --measure docs/tutorials/images.md    # all of them, with the times of this machine

Write the page with bare commands (`$ nnctl train ...` in a block of `console`) and run this. Lines may then be replaced
by `...`: rows of the table of epochs, and the beginning or the end of an output. A refreshed output is shortened in the
same way.
"""

import contextlib
import re
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from docs.blocks import ROOT, name_of
from docs.commands import Command, of_page, run
from docs.prepared import prepare
from docs.shown_output import COMPILED, masked

_ROW = re.compile(r"^ *(?:best|\*)? *(\d+)(?: +[\d.e-]+){3,}$")  # of the table of epochs


def shortened(printed: list[str], shown: list[str]) -> list[str]:
    """The output without what is left out in the one that the page shows."""
    if not any(line.strip() == "..." for line in shown):
        return printed
    epochs = {match[1] for line in shown if (match := _ROW.match(line))}
    lines: list[str] = []
    for line in printed:
        match = _ROW.match(line)
        if not match or match[1] in epochs:
            lines.append(line)
        elif lines[-1].strip() != "...":
            lines.append("     ...")
    if shown[0].strip() == "...":
        after = masked(next(line for line in shown[1:] if line.strip()))
        lines = ["...", *lines[[masked(line) for line in lines].index(after) :]]
    if shown[-1].strip() == "...":
        before = masked(next(line for line in reversed(shown[:-1]) if line.strip()))
        lines = [*lines[: 1 + [masked(line) for line in lines].index(before)], "", "..."]
    return lines


def filled(page: Path, refresh: bool, measure: bool) -> str:
    """The text of the page with the output of its commands."""
    lines: list[str | None] = [None, *page.read_text(encoding="utf-8").split("\n")]  # counted from 1
    output: dict[int, list[str]] = {}  # number of a line -> what follows it

    def place(command: Command, printed: str) -> None:
        last = command.line + command.continued
        shown = (command.shown or "").rstrip("\n").split("\n") if command.shown else []
        for number in range(last + 1, last + 1 + len((command.shown or "").split("\n")) - 1):
            lines[number] = None
        following = last + 1 + len((command.shown or "").split("\n")) - 1
        blank = [""] if following < len(lines) and (lines[following] or "").startswith("$ ") else []
        kept = [line for line in shown]
        while kept and not kept[-1].strip():
            kept.pop()
        known = {masked(line): line for line in kept if line.strip(" .")}  # times are not measured anew, unless told so
        found = [line.rstrip() for line in printed.rstrip().split("\n") if not line.startswith(COMPILED)]
        found = shortened(found, kept)
        output[last] = [line if measure else known.get(masked(line), line) for line in found] + blank

    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        prepare(page, name_of(page))
        for command in of_page(page):
            printed = run(command, may_fail=True)
            if (lines[command.line] or "").startswith("$ ") and printed and (refresh or command.shown is None):
                place(command, printed)
    return "\n".join(
        out for number, line in enumerate(lines) for out in (line, *output.get(number, ())) if out is not None
    )


if __name__ == "__main__":
    options, names = ([name for name in sys.argv[1:] if name.startswith("-") == wanted] for wanted in (True, False))
    for name in names:
        path = (ROOT / name).resolve()
        path.write_text(filled(path, bool(options), "--measure" in options), encoding="utf-8")
        sys.stdout.write(f"wrote {name}\n")
