"""Whether the inputs hold what the layers that take them can take: told with the row, before any work starts."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from nnctl.data.parts import Part
from nnctl.engine.graph import Graph
from nnctl.errors import DataError


def check_inputs(graph: Graph, parts: Mapping[str, Part]) -> None:
    """Raises DataError for the first row that a layer refuses (a word that an Embedding does not know). parts: by
    name."""
    for node in graph.nodes:
        for source in set(node.sources) & set(graph.inputs):
            for name, part in parts.items():
                if refused := node.layer.refused(part.inputs[source]):
                    bad, what, mend = refused
                    first = int(np.argmax(bad))
                    row = first + 1 if part.names is None else part.names[first]
                    count = np.count_nonzero(bad)
                    others = f" (and {count - 1:,} rows more)" if count > 1 else ""
                    raise DataError(
                        f"row {row} of the {name} part, for layer {node.name!r} ({node.layer.kind}): {what}{others}",
                        f"input {source!r}", mend,
                    )  # fmt: skip
