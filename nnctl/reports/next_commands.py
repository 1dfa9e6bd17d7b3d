"""What a command suggests at its end: the commands that usually come next, as lines that can be pasted into a shell."""

from __future__ import annotations

from collections.abc import Sequence

from nnctl.quoting import shell_path
from nnctl.reports.terminal import Terminal, display_width
from nnctl.translation import _

# What has been done -> the commands that come next; {} is the run or the config, FILE a file of one's own.
_NEXT = {
    "train": ("nnctl eval {}", "nnctl report {}", "nnctl predict {} FILE", "nnctl explain {} --row 1"),
    "stopped": ("nnctl train --resume {}",),
    "eval": ("nnctl report {}", "nnctl predict {} FILE"),
    "runs": ("nnctl report {}",),
    "compare": ("nnctl report {} {}",),
    "init": ("nnctl check {}", "nnctl train {}"),
    "check": ("nnctl train {}",),
    "import": ("nnctl check {}", "nnctl train {}"),
}


def next_commands(done: str, *paths: object, options: Sequence[str] = ()) -> list[str]:
    """The commands after `train`, `eval` and so on. options: of the command that was run and of the next one."""
    quoted = [shell_path(path) for path in paths]
    more = "".join(f" {option if option.startswith('-') else shell_path(option)}" for option in options)
    return [line.format(*quoted) + more for line in _NEXT[done]]


def show_next(commands: Sequence[str], terminal: Terminal) -> None:
    """Prints the commands, each in a line of its own, behind the word `next`."""
    label = _("next") + "  "
    for command in commands:
        terminal.print(label + command)
        label = " " * display_width(label)
