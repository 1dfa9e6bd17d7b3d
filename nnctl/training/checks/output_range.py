"""What the last layer can give, as far as its activation tells: the facts that a loss is checked against."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf

from nnctl.engine.graph import Graph, Node
from nnctl.nn.activations import Activation, Linear


@dataclass(frozen=True)
class Ending:
    """How an output ends.

    function: the last activation; `linear` where there is none. low, high: bounds of the output.
    sums_to_one: the last axis is a distribution. constant: the output is the same for every input.
    has_activation: the last layer takes an argument of that name.
    """

    function: Activation
    low: float
    high: float
    sums_to_one: bool
    constant: bool
    has_activation: bool

    @classmethod
    def of(cls, graph: Graph, node: Node) -> Ending:
        """Of the node that makes an output, and of those before it whose values it hands on."""
        takes = "activation" in node.layer.model_fields
        if (function := _function(node)) is not None:
            shape = graph.shapes[node.name]
            constant = function.shift_invariant and (not shape or shape[-1] == 1)
            return cls(function, *function.bounds, function.sums_to_one, constant, takes)
        nodes = {each.name: each for each in graph.nodes}
        before = [cls.of(graph, nodes[name]) for name in node.sources if name in nodes]
        if before and len(before) == len(node.sources):
            low, high = min(each.low for each in before), max(each.high for each in before)
            functions = {each.function for each in before}
            function = functions.pop() if len(functions) == 1 else Linear()
            if node.layer.keeps_range:
                return cls(function, low, high, False, all(each.constant for each in before), takes)
            if node.layer.keeps_sign and low >= 0:
                return cls(function, 0.0, inf, False, False, takes)
        return cls(Linear(), -inf, inf, False, False, takes)

    @property
    def kind(self) -> str:
        """The name of the last activation."""
        return self.function.kind

    @property
    def bounded(self) -> bool:
        return self.low > -inf and self.high < inf

    def fix(self, activation: str) -> str:
        """What to write for the layer to end in that activation."""
        if self.has_activation:
            return f"set activation: {activation} in it"
        return f"add `- Activation: {{activation: {activation}}}` after it"


def last_activation(node: Node) -> Activation:
    """The activation that makes a node's output; `linear` where there is none."""
    return _function(node) or Linear()


def _function(node: Node) -> Activation | None:
    layer = node.layer
    return layer.outer_activation() or getattr(layer, "activation", None) or getattr(layer, "function", None)
