"""Whether the inputs hold what the layers that take them can take: told with the row, before any work starts."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from nnctl.config.types import Config
from nnctl.data.dataset import Split
from nnctl.data.lazy_array import Rows, blocks
from nnctl.engine.graph import Graph
from nnctl.errors import DataError, InputError
from nnctl.nn.layers.base import Layer

Array = np.ndarray


def check_inputs(graph: Graph, parts: Mapping[str, Split]) -> None:
    """Raises DataError for the first row that a layer refuses (a word that an Embedding does not know). parts: by
    name."""
    for node in graph.nodes:
        for source in set(node.sources) & set(graph.inputs):
            for name, part in parts.items():
                if refused := _refused(node.layer, part.inputs[source]):
                    bad, what, mend = refused
                    row = bad[0] + 1 if part.names is None else part.names[bad[0]]
                    others = f" (and {len(bad) - 1:,} more rows)" if len(bad) > 1 else ""
                    raise DataError(
                        f"row {row} of the {name} split, for layer {node.name!r} ({node.layer.kind}): {what}{others}",
                        f"input {source!r}", mend,
                    )  # fmt: skip


def check_reading(spec: Config, run: Path) -> None:
    """Raises InputError where a run's predictions are no texts that could be read in one way or another."""
    if not any(loss.labels == "sequence" for loss in spec.losses.values()):
        raise InputError("--decode works only for runs with loss: ctc", where=str(run), hint="leave it out")


def _refused(layer: Layer, x: Array | Rows) -> tuple[Array, str, str] | None:
    """What the layer says, of all rows: the numbers of those refused, the first one's value, how to mend it."""
    if type(layer).refused is Layer.refused or not isinstance(x, Rows):  # most layers refuse nothing: none is read
        said = layer.refused(x)
        return said and (np.flatnonzero(said[0]), *said[1:])
    bad, words = [], []
    for first, block in blocks(x):
        if said := layer.refused(block):
            bad.append(first + np.flatnonzero(said[0]))
            words.append(said[1:])
    if not bad:
        return None
    # what is to be mended is what the largest wrong value wants, which need not be the first
    return np.concatenate(bad), words[0][0], max((mend for _, mend in words), key=_number)


def _number(text: str) -> int:
    return int("".join(filter(str.isdigit, text)) or 0)
