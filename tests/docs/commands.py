"""Command blocks: their commands, run in this process, and the output that a page shows for each.

A block in `sh` or `bash` has commands only. In one in `console`, commands begin with `$ `, and what follows a command
is its output. Both may continue a command in the next line, after a backslash.
"""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from dataclasses import dataclass

from click.testing import CliRunner

from docs.blocks import Block
from nnctl import cli

WIDTH = 90  # columns of the terminal that the pages show
# Commands about something else than nnctl, which are not run.
NOT_RUN = ("pip", "python3 -m venv", "python -m venv", "py -m venv", "curl", "uvicorn", "torchrun", "mkdir",
           ".venv", "source", "ls", "cat", "head", "sh -c", "echo", "python benchmarks", "python programs")  # fmt: skip


@dataclass(frozen=True)
class Command:
    """line: of the page. shown: the output that the page shows, None if it shows none."""

    page: str
    line: int
    text: str
    shown: str | None

    @property
    def where(self) -> str:
        return f"{self.page}:{self.line}: {self.text}"


def commands(block: Block) -> list[Command]:
    """The commands of a block, in order."""
    text = re.sub(r"\\\n *", lambda m: "\0", block.text)
    found: list[Command] = []
    line = block.line + 1
    for each in text.splitlines():
        whole = each.replace("\0", "")
        if block.language != "console":
            command = re.sub(r" +# .*", "", whole).strip()
            if command and not command.startswith("#"):
                found.append(Command(block.id, line, command, None))
        elif whole.startswith("$ "):
            found.append(Command(block.id, line, whole[2:], ""))
        elif found:
            last = found.pop()
            found.append(Command(last.page, last.line, last.text, f"{last.shown}{whole}\n"))
        line += 1 + each.count("\0")
    return [each if (each.shown or "").strip() else Command(each.page, each.line, each.text, None) for each in found]


def run(command: Command, few_epochs: bool) -> str | None:
    """Runs a command of nnctl in the current folder and returns what it printed; None for one that is not run.

    few_epochs: train for an epoch only. Fails if the exit code is not 0, or not that of the error that is shown.
    """
    words = shlex.split(command.text)
    if words[0] == "python" and words[1].endswith(".py") and not command.text.startswith(NOT_RUN):
        return subprocess.run([sys.executable, *words[1:]], check=True, capture_output=True, text=True).stdout
    if words[0] != "nnctl":
        assert command.text.startswith(NOT_RUN), f"{command.where}: the tests do not know this command"
        return None
    arguments, piped = words[1:], None
    if "|" in arguments:
        arguments = arguments[: arguments.index("|")]
    if "<" in arguments:
        at = arguments.index("<")
        piped, arguments = open(arguments[at + 1], "rb").read(), arguments[:at]  # noqa: SIM115
    target = None
    if ">" in arguments:
        at = arguments.index(">")
        target, arguments = arguments[at + 1], arguments[:at]
    if few_epochs and arguments[0] == "train":
        arguments += ["--epochs", "2" if "--resume" in arguments else "1"]
    done = CliRunner(env={"COLUMNS": str(WIDTH)}).invoke(cli.program, arguments, input=piped)
    expected = 2 if re.search(r"^error:", command.shown or "", re.M) else 0
    assert done.exit_code == expected, f"{command.where}: exit code {done.exit_code}\n{done.output}"
    if target:
        with open(target, "w", encoding="utf-8") as file:
            file.write(done.stdout)
        return ""
    return done.output
