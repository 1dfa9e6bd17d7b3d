"""Configs for the tests of the spec: a list of layers made into a whole file, and what was found in it."""

import pytest

from nnctl import config
from nnctl.errors import ConfigError


def config_text(layers, outputs="", inputs=""):
    """A config with these layers, a line each; the first one stands in line 3."""
    lines = [f"  - {layer}" for layer in layers.strip().splitlines()]
    return "\n".join(["dataset: {path: data.npz}", "layers:", *lines, "loss: mse", inputs, outputs])


def nodes(text):
    """name -> what it takes, of every layer."""
    return {node.name: node.sources for node in config.loads(text).nodes}


def same(one, other):
    """Whether two specs have the same network."""
    parts = [[(node.name, node.layer, node.sources, node.shared) for node in each.nodes] for each in (one, other)]
    return parts[0] == parts[1] and one.outputs == other.outputs and one.inputs == other.inputs


def wrong(text):
    """Every problem of a config, a text each."""
    with pytest.raises(ConfigError) as caught:
        config.loads(text)
    return [str(problem) for problem in caught.value.problems]
