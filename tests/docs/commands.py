"""Command blocks: their commands, run in this process, and the output that a page shows for each.

A block in `sh` or `bash` has commands only. In one in `console`, commands begin with `$ `, and what follows a command
is its output. Both may continue a command in the next line, after a backslash.
"""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from click.testing import CliRunner

from docs.blocks import Block, blocks
from nnctl import cli

WIDTH = 90  # columns of the terminal that the pages show
# Commands about something else than nnctl, which are not run.
NOT_RUN = ("pip", "python3 -m venv", "python -m venv", "py -m venv", "curl", "eval", "uvicorn", "torchrun", "mkdir",
           ".venv", "source", "ls", "sh -c", "echo", "python benchmarks", "python programs")  # fmt: skip


@dataclass(frozen=True)
class Command:
    """line: of the page. shown: the output that the page shows, None if it shows none. continued: its further lines.
    varies: whether the output is not to be compared."""

    page: str
    line: int
    text: str
    shown: str | None
    continued: int = 0
    varies: bool = False

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
            found.append(Command(block.id, line, whole[2:], "", each.count("\0")))
        elif found:
            found[-1] = replace(found[-1], shown=f"{found[-1].shown}{whole}\n")
        line += 1 + each.count("\0")
    varies = "varies" in block.marks
    return [replace(each, varies=varies, shown=each.shown if (each.shown or "").strip() else None) for each in found]


def of_page(page: Path, *but: str) -> list[Command]:
    """The commands of a page, in order, but for blocks that have one of these marks, or `not run`."""
    found = blocks(page, "sh", "bash", "console")
    return [command for block in found if not block.marks.keys() & {"not run", *but} for command in commands(block)]


def shortened(command: Command, later: Sequence[str]) -> Command:
    """A command that trains for an epoch only, or not at all if no later text uses the run: then it is `check`."""
    if not command.text.startswith("nnctl train"):
        return command
    folder = re.search(r"--run(?:-dir)? (\S+)", command.text)
    if "--resume" in command.text or not folder or any(folder[1] in text for text in later):
        return replace(command, text=f"{command.text} --epochs {2 if '--resume' in command.text else 1}", shown=None)
    checked = re.sub(r"--run(?:-dir)? \S+|--epochs \S+|--quiet|-[qv]\b", "", command.text)
    return replace(command, text=checked.replace("nnctl train", "nnctl check", 1), shown=None)


def run(command: Command, may_fail: bool = False) -> str | None:
    """Runs a command in the current folder and returns what it printed; None for one that is not run.

    Fails if the exit code is not 0, or not that of the error that is shown, unless it `may_fail`.
    """
    words = shlex.split(command.text)
    if words[0] in ("cat", "head"):
        lines = Path(words[-1]).read_text(encoding="utf-8").splitlines(keepends=True)
        return "".join(lines[: int(words[1].lstrip("-n")) if words[0] == "head" else None])
    if words[0] == "python" and words[1].endswith(".py") and not command.text.startswith(NOT_RUN):
        program = subprocess.run([sys.executable, *words[1:]], capture_output=True, text=True)
        assert program.returncode == 0, f"{command.where}: {program.stderr}"
        return program.stdout
    if words[0] != "nnctl":
        assert command.text.startswith(NOT_RUN), f"{command.where}: the tests do not know this command"
        return None
    arguments, piped = [word for word in words[1:] if word != "--open"], None  # --open starts a browser
    if "|" in arguments:
        arguments = arguments[: arguments.index("|")]
    if "<" in arguments:
        at = arguments.index("<")
        piped, arguments = open(arguments[at + 1], "rb").read(), arguments[:at]  # noqa: SIM115
    target = None
    if ">" in arguments:
        at = arguments.index(">")
        target, arguments = arguments[at + 1], arguments[:at]
    if (
        arguments[0] == "predict"
        and target is None
        and piped is None
        and not {"-o", "--format", "--json"} & {*arguments}
    ):
        arguments += ["--format", "table"]  # as in a terminal
    done = CliRunner(env={"COLUMNS": str(WIDTH)}).invoke(cli.program, arguments, input=piped)
    expected = 2 if re.search(r"^error:", command.shown or "", re.M) else 0
    assert may_fail or done.exit_code == expected, f"{command.where}: exit code {done.exit_code}\n{done.output}"
    if target:
        with open(target, "w", encoding="utf-8") as file:
            file.write(done.stdout)
        return ""
    return done.output
