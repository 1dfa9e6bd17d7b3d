"""The graph: which layer takes which tensor, in what order, and every shape, before any memory is taken."""

from __future__ import annotations

from dataclasses import dataclass

from nnctl.layers.base import Layer


@dataclass(frozen=True)
class Node:
    """One entry of a config's `layers:` list.

    sources: names of the inputs or nodes it takes. shared: the earlier node whose weights it applies again.
    where: `iris.yaml:4:5: layers[1]`, for error messages.
    """

    name: str
    layer: Layer
    sources: tuple[str, ...]
    shared: str | None = None
    where: str | None = None
