"""Whether the layers can take what the inputs hold; found before training, with the number of the row."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from nnctl.config.types import Config
from nnctl.counted import counted
from nnctl.data.dataset import Split
from nnctl.data.lazy_array import Rows, blocks
from nnctl.engine.graph import Graph
from nnctl.errors import DataError, InputError
from nnctl.nn.layers.base import Layer

Array = np.ndarray


def check_inputs(graph: Graph, parts: Mapping[str, Split]) -> None:
    """Raises DataError for the first row that a layer refuses, such as a word that an Embedding does not know.

    parts: the splits by name.
    """
    for node in graph.nodes:
        for source in set(node.sources) & set(graph.inputs):
            for name, part in parts.items():
                if refused := _refused(node.layer, part.inputs[source]):
                    bad, what, hint = refused
                    row = bad[0] + 1 if part.names is None else part.names[bad[0]]
                    others = f" (and {counted(len(bad) - 1, 'more row')})" if len(bad) > 1 else ""
                    raise DataError(
                        f"row {row} of the {name} split, for layer {node.name!r} ({node.layer.kind}): {what}{others}",
                        f"input {source!r}", hint,
                    )  # fmt: skip


def check_reading(spec: Config, run: Path) -> None:
    """Raises InputError for `--decode` with a run whose predictions are not label sequences."""
    if not any(loss.labels == "sequence" for loss in spec.losses.values()):
        raise InputError("--decode works only for runs with loss: ctc", where=str(run), hint="leave it out")


def _refused(layer: Layer, x: Array | Rows) -> tuple[Array, str, str] | None:
    """What the layer refuses in all rows: the numbers of these rows, the first value in words, and a fix."""
    if type(layer).refused is Layer.refused:  # as of most layers, and nothing is read
        return None
    if not isinstance(x, Rows):
        said = layer.refused(x)
        return said and (np.flatnonzero(said[0]), *said[1:])
    bad, words = [], []
    for first, block in blocks(x):
        if said := layer.refused(block):
            bad.append(first + np.flatnonzero(said[0]))
            words.append(said[1:])
    if not bad:
        return None
    # the fix is that of the largest wrong value, which need not be the first
    return np.concatenate(bad), words[0][0], max((fix for _, fix in words), key=_number)


def _number(text: str) -> int:
    return int("".join(filter(str.isdigit, text)) or 0)
