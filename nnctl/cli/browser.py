"""Opens a page in the browser of the desktop."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import click

_SCREENS = ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER")
_PATIENCE = 2.0  # seconds in which a program that finds no browser has ended


def open_page(file: Path) -> bool:
    """Whether a browser was started, as far as its starter tells. It outlives the command and prints nothing."""
    if sys.platform in ("darwin", "win32"):
        return click.launch(str(file)) == 0
    # without a screen, xdg-open would start a browser of text in the terminal
    programs = ("xdg-open", "wslview") if any(map(os.environ.get, _SCREENS)) else ("wslview",)
    return any(_starts(program, file) for program in programs)


def _starts(program: str, file: Path) -> bool:
    silent = subprocess.DEVNULL
    try:
        started = subprocess.Popen(
            [program, str(file.resolve())], stdin=silent, stdout=silent, stderr=silent, start_new_session=True
        )
        return started.wait(_PATIENCE) == 0
    except OSError:
        return False
    except subprocess.TimeoutExpired:  # the browser itself runs in the place of its starter
        return True
