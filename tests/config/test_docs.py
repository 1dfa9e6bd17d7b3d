"""Every example in docs/graphs.md is a valid network."""

import re
import textwrap
from pathlib import Path

import pytest

from nnctl import config

TEXT = (Path(__file__).parents[2] / "docs" / "graphs.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```yaml\n(.*?)```", TEXT, re.DOTALL)


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: block.splitlines()[-1])
def test_a_block_is_a_network(block):
    layers = textwrap.indent(block, "  ")
    checked = config.loads(f"dataset: {{path: data.npz}}\nlayers:\n{layers}\nloss: mse\n")
    assert len(checked.nodes) >= 3
