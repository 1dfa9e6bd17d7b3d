"""Runs the commands of a page and writes their output below those that show none.

    python tests/docs/fill_in.py docs/tutorials/images.md

Write the page with bare commands (`$ nnctl train ...` in a block of `console`) and run this. To refresh the output of a
command, delete it first. Lines may be replaced by `...` afterwards.
"""

import contextlib
import os
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from docs.blocks import ROOT, name_of
from docs.commands import of_page, run
from docs.prepared import prepare


def filled(page: Path) -> str:
    """The text of the page with the output of its commands."""
    lines = page.read_text(encoding="utf-8").split("\n")
    after: dict[int, list[str]] = {}  # line, counted from 1 -> what to insert below it
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        prepare(page, name_of(page))
        for command in of_page(page):
            printed = run(command, may_fail=True)
            last = command.line + command.continued
            if lines[command.line - 1].startswith("$ ") and command.shown is None and printed:
                after[last] = [line.rstrip() for line in printed.rstrip().split("\n")]
                after[last] += [""] * (last < len(lines) and lines[last].startswith("$ "))
    return "\n".join(out for number, line in enumerate(lines, 1) for out in (line, *after.get(number, ())))


if __name__ == "__main__":
    for name in sys.argv[1:]:
        path = (ROOT / name).resolve()
        path.write_text(filled(path), encoding="utf-8")
        os.write(1, f"wrote {name}\n".encode())
