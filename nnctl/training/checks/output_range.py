"""What the last layer can give, as far as its activation tells: the facts that a loss is held against."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf

from nnctl.engine.graph import Graph, Node
from nnctl.nn.activations import Activation


@dataclass(frozen=True)
class Ending:
    """kind: of the last activation, "linear" where there is none. low, high: bounds of the output.

    sums_to_one: the last axis is a distribution. has_activation: the last layer takes an argument of that name.
    """

    kind: str
    low: float
    high: float
    sums_to_one: bool
    has_activation: bool

    @classmethod
    def of(cls, graph: Graph, node: Node) -> Ending:
        """Of the node that makes an output, and of those before it whose values it hands on."""
        takes = "activation" in node.layer.model_fields
        if (function := _function(node)) is not None:
            return cls(function.kind, *function.bounds, function.sums_to_one, takes)
        nodes = {each.name: each for each in graph.nodes}
        before = [cls.of(graph, nodes[name]) for name in node.sources if name in nodes]
        if before and len(before) == len(node.sources):
            low, high = min(each.low for each in before), max(each.high for each in before)
            kinds = {each.kind for each in before}
            kind = kinds.pop() if len(kinds) == 1 else "linear"
            if node.layer.keeps_range:
                return cls(kind, low, high, False, takes)
            if node.layer.keeps_sign and low >= 0:
                return cls(kind, 0.0, inf, False, takes)
        return cls("linear", -inf, inf, False, takes)

    @property
    def bounded(self) -> bool:
        return self.low > -inf and self.high < inf

    def fix(self, activation: str) -> str:
        """What to write for the layer to end in that activation."""
        if self.has_activation:
            return f"set activation: {activation} in it"
        return f"add `- Activation: {{activation: {activation}}}` after it"


def last_activation(node: Node) -> str:
    """The kind of the activation that makes a node's output; "linear" where there is none."""
    function = _function(node)
    return function.kind if function is not None else "linear"


def _function(node: Node) -> Activation | None:
    layer = node.layer
    return layer.outer_activation() or getattr(layer, "activation", None) or getattr(layer, "function", None)
