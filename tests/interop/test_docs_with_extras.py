"""The commands of pages about other packages run, and the programs of docs/keras.md."""

import os

import pytest

os.environ.setdefault("KERAS_BACKEND", "torch")

from docs.blocks import ROOT, blocks
from docs.commands import commands, run, shortened
from docs.test_blocks import EXTRAS, SHELLS, in_folder

PROGRAMS = {"keras.md"}  # those of the others have tests of their own, which look at what is printed


@pytest.mark.parametrize("name", EXTRAS)
def test_commands_run(name, tmp_path, monkeypatch):
    for package in EXTRAS[name]:
        pytest.importorskip(package)
    page = ROOT / "docs" / name
    in_folder(page, tmp_path, monkeypatch)
    found = blocks(page, *SHELLS, "python")
    everything = [block.text for block in found]
    for block in found:
        if block.language == "python":
            if name in PROGRAMS:
                exec(compile(block.text, block.id, "exec"), {"__name__": "program"})
        elif "not run" not in block.marks:
            for command in commands(block):
                run(shortened(command, everything))
