"""Helpers for the tests of configs: a list of layers as a whole file, its network, and its problems."""

import pytest

from nnctl import config
from nnctl.errors import ConfigError


def config_text(layers, outputs="", inputs=""):
    """A config with these layers, one per line, the first in line 3."""
    lines = [f"  - {layer}" for layer in layers.strip().splitlines()]
    return "\n".join(["dataset: {path: data.npz}", "layers:", *lines, "loss: mse", inputs, outputs])


def nodes(text):
    """The sources of every layer by name."""
    return {node.name: node.sources for node in config.loads(text).nodes}


def same(one, other):
    """Whether two configs have the same network."""
    parts = [[(node.name, node.layer, node.sources, node.shared) for node in each.nodes] for each in (one, other)]
    return parts[0] == parts[1] and one.outputs == other.outputs and one.inputs == other.inputs


def wrong(text):
    """The problems of a config as texts."""
    with pytest.raises(ConfigError) as caught:
        config.loads(text)
    return [str(problem) for problem in caught.value.problems]
