"""Makes the pictures of terminals in docs/images/: runs commands in terminals of 80 and 120 columns, drawn as SVG.

    python docs/make_captures.py            # all
    python docs/make_captures.py train-80   # one

Needs tmux, which is the terminal: what its screen shows at the end is what a user sees, live table included.
"""

from __future__ import annotations

import html
import io
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from rich._export_format import CONSOLE_SVG_FORMAT
from rich.ansi import AnsiDecoder
from rich.console import Console
from rich.terminal_theme import TerminalTheme
from rich.text import Text

FOLDER = Path(__file__).parent / "images"
DATASETS = Path(__file__).parents[1] / "datasets"
COLUMNS = (80, 120)
ROWS = 70
TRAINED = "train digits_cnn --epochs 10 --run runs/digits --quiet", "train iris.yaml --run runs/iris --quiet"

# Name of the picture -> the command, in a folder with the two runs above and a config with mistakes.
COMMANDS = {
    "train": "train digits --epochs 12",
    "eval": "eval runs/digits",
    "explain-batches": "explain-batches digits",
    "explain-layer": "explain LSTM",
    "explain-activation": "explain relu",
    "explain-optimizer": "explain adam",
    "explain-row": "explain runs/iris --row 17 --layer dense_1",
    "error": "check flowers.yaml",
}

MISTAKEN = """\
dataset: iris
layers:
  - Dense: {units: 16, activation: rellu}
  - Dense: {unit: 3, activation: softmax}
loss: sparse_categorical_crossentropy
optimizer: {adam: {learning_rat: 0.01}}
epochs: 50
"""

IRIS = """\
dataset: {path: iris.csv, target: species}
seed: 1
layers:
  - Dense: {units: 8, activation: relu}
  - Dense: {units: 3, activation: softmax}
loss: sparse_categorical_crossentropy
optimizer: {adam: {learning_rate: 0.01}}
epochs: 50
batch_size: 16
"""

# On a dark ground, each with a contrast of at least 4.5: black, red, green, yellow, blue, magenta, cyan, white.
_NORMAL = [(70, 76, 84), (255, 123, 114), (126, 211, 135), (227, 179, 65), (121, 170, 255), (210, 168, 255),
           (118, 214, 214), (201, 209, 217)]  # fmt: skip
THEME = TerminalTheme((22, 27, 34), (201, 209, 217), _NORMAL, _NORMAL)
# Pictures load nothing: the font is whichever monospaced one the reader has.
FORMAT = re.sub(r"@font-face \{\{.*?\}\}\n", "", CONSOLE_SVG_FORMAT, flags=re.DOTALL).replace(
    "Fira Code, monospace", "ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace"
)


def tmux(*arguments: str) -> str:
    """Runs tmux with a server of its own."""
    command = ["tmux", "-L", f"nnctl-captures-{os.getpid()}", "-f", "/dev/null", *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def screen(arguments: str, columns: int, folder: str) -> str:
    """What a terminal shows after `nnctl ARGUMENTS`, with escape sequences for the colors."""
    nnctl = f"{shlex.quote(sys.executable)} -m nnctl {arguments}"
    ended = f"tmux -L nnctl-captures-{os.getpid()} wait-for -S ended"
    tmux("new-session", "-d", "-x", str(columns), "-y", str(ROWS), "-c", folder, f"{nnctl}; {ended}; sleep 60")
    tmux("wait-for", "ended")
    shown = tmux("capture-pane", "-e", "-p", "-S", "-")
    tmux("kill-session")
    return shown.rstrip()


def picture(arguments: str, columns: int, folder: str) -> str:
    """The terminal as SVG, with the command above its output."""
    console = Console(record=True, width=columns, file=io.StringIO(), force_terminal=True, color_system="truecolor")
    console.print(Text.assemble(("$ ", "dim"), (f"nnctl {arguments}", "bold")))
    for line in AnsiDecoder().decode(screen(arguments, columns, folder)):  # one for all: a style may last for lines
        console.print(line, no_wrap=True, crop=True)
    console.print()  # the picture ends a little above the last line's descenders
    title = f"nnctl {arguments.split()[0]}"
    return with_dots(console.export_svg(title=title, theme=THEME, code_format=FORMAT, unique_id="nnctl"))


_TEXT = re.compile(r'<text class="(nnctl-r\d+)" x="([\d.]+)" y="([\d.]+)"[^>]*>([^<]*[\u2800-\u28ff][^<]*)</text>')
_WIDTH, _HEIGHT = 12.2, 24.4  # of a character, in rich's pictures
_DOTS = [(0, 0), (0, 1), (0, 2), (1, 0), (1, 1), (1, 2), (0, 3), (1, 3)]  # column and row of each bit


def with_dots(svg: str) -> str:
    """The picture with the dots of braille characters drawn: few fonts have them in the width of their letters."""

    def drawn(match: re.Match[str]) -> str:
        style, x, y, text = match[1], float(match[2]), float(match[3]), html.unescape(match[4])
        dots = [
            f"M{x + (at + 0.28 + 0.44 * column) * _WIDTH:.1f} {y + (row - 2.9) * _HEIGHT / 4.2:.1f}h0"
            for at, letter in enumerate(text)
            if "\u2800" <= letter <= "\u28ff"
            for bit, (column, row) in enumerate(_DOTS)
            if ord(letter) >> bit & 1
        ]
        rest = html.escape(re.sub("[\u2800-\u28ff]", "\u00a0", text), quote=False)
        line = match[0].replace(match[4], rest)
        return f'{line}<path class="{style} dots" d="{"".join(dots)}"/>'

    found = _TEXT.sub(drawn, svg)
    style = ".dots { fill: none; stroke: #c9d1d9; stroke-width: 3; stroke-linecap: round }"
    return found.replace("</style>", f"    {style}\n    </style>", 1) if found != svg else svg


def main(wanted: list[str]) -> None:
    names = {
        f"terminal_{name}_{columns}": (arguments, columns)
        for name, arguments in COMMANDS.items()
        for columns in COLUMNS
    }
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "flowers.yaml").write_text(MISTAKEN, encoding="utf-8")
        shutil.copy(DATASETS / "iris.csv", folder)
        Path(folder, "iris.yaml").write_text(IRIS, encoding="utf-8")
        for arguments in TRAINED:
            subprocess.run([sys.executable, "-m", "nnctl", *arguments.split()], cwd=folder, check=True)
        for name, (arguments, columns) in names.items():
            if not wanted or any(each.replace("-", "_") in name.replace("-", "_") for each in wanted):
                (FOLDER / f"{name}.svg").write_text(picture(arguments, columns, folder), encoding="utf-8")
                print("wrote", name)


if __name__ == "__main__":
    main(sys.argv[1:])
