"""A layer of a config in a sentence: what it is, its parameters, its shapes."""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from typing import Any

from nnctl.config.argument_docs import summary
from nnctl.engine.graph import Graph, Node
from nnctl.reports.number_format import count
from nnctl.reports.walkthrough.numbers import shape
from nnctl.translation import _, plural


def layer_sentences(nodes: list[Node], graph: Graph) -> list[str]:
    """The layer, and how many of it there are."""
    [node, *others] = nodes
    sentences = [*LAYERS.get(node.layer.kind, plain_layer)(node, graph)]
    if node.shared:
        sentences.append(_("It has no weights of its own, but uses those of {layer}.").format(layer=node.shared))
    if others:
        sentences.append(_("It is repeated: {names}.").format(names=", ".join(each.name for each in nodes)))
    sentences.append(_("Output: {shape} for each row.").format(shape=shape(graph.shapes[node.name])))
    return sentences


def covered(node: Node) -> tuple[str, ...]:
    """Arguments that the sentence of the layer explains already."""
    return COVERED.get(node.layer.kind, ())


def plain_layer(node: Node, graph: Graph) -> list[str]:
    sentences = [_(summary(type(node.layer)))]
    weights = graph.weights.get(node.name, {})
    if weights:
        parts = [f"{name} {' × '.join(map(str, w.shape))} = {count(prod(w.shape))}" for name, w in weights.items()]
        total = sum(prod(w.shape) for w in weights.values())
        text = plural("Weights: {parts}; {total} parameter.", "Weights: {parts}; {total} parameters.", total)
        sentences.append(text.format(parts=", ".join(parts), total=count(total)))
    return sentences


def dense(node: Node, graph: Graph) -> list[str]:
    layer: Any = node.layer
    given = graph.given(node)
    inputs = given[-1]
    text = plural("A layer of {units} neuron, which takes all {inputs} values of its input: {sum} parameters.",
                  "A layer of {units} neurons, each of which takes all {inputs} values of its input: {sum} parameters.",
                  layer.units)  # fmt: skip
    if inputs == 1:
        text = plural("A layer of {units} neuron, which takes the one value of its input: {sum} parameters.",
                      "A layer of {units} neurons, each of which takes the one value of its input: {sum} parameters.",
                      layer.units)  # fmt: skip
    products, n = f"{inputs} × {layer.units}", count((inputs + layer.use_bias) * layer.units)
    if layer.use_bias:
        total = plural(
            "{products} weights + {units} bias = {n}", "{products} weights + {units} biases = {n}", layer.units
        )
        total = total.format(products=products, units=layer.units, n=n)
    else:
        total = _("{products} weights = {n}").format(products=products, n=n)
    sentences = [text.format(units=layer.units, inputs=inputs, sum=total)]
    if len(given) > 1:
        steps = prod(n or 1 for n in given[:-1])
        sentences.append(_("The same weights apply at each of the {steps} positions.").format(steps=steps))
    return sentences


def convolution(node: Node, graph: Graph) -> list[str]:
    layer: Any = node.layer
    kernel = graph.weights[graph.owner(node)]["kernel"].shape
    *sizes, channels, filters = kernel
    window = " × ".join(map(str, sizes))
    total = f"{window} × {channels} × {filters}" + (f" + {filters}" if layer.use_bias else "")
    n = count(prod(kernel) + (filters if layer.use_bias else 0))
    text = plural("{filters} filter looks at windows of {window} positions in all channels ({channels}). It finds a "
                  "pattern, wherever it is: {sum} = {n} parameters.",
                  "{filters} filters look at windows of {window} positions in all channels ({channels}). Each finds a "
                  "pattern of its own, wherever it is: {sum} = {n} parameters.", filters)  # fmt: skip
    if layer.groups > 1:
        text = plural("{filters} filter looks at windows of {window} positions in the channels of its group "
                      "({channels}). It finds a pattern, wherever it is: {sum} = {n} parameters.",
                      "{filters} filters look at windows of {window} positions in the channels of their group "
                      "({channels}). Each finds a pattern of its own, wherever it is: {sum} = {n} parameters.",
                      filters)  # fmt: skip
    return [text.format(filters=filters, window=window, channels=channels, sum=total, n=n)]


def recurrent(node: Node, graph: Graph) -> list[str]:
    layer: Any = node.layer
    steps, inputs = graph.given(node)[0]
    weights = graph.weights[graph.owner(node)]
    total = " + ".join(" × ".join(map(str, w.shape)) for w in weights.values())
    n = count(sum(prod(w.shape) for w in weights.values()))
    text = plural("It reads {steps} time steps of {inputs} value one after another, and keeps a state of {units} "
                  "numbers: {sum} = {n} parameters.",
                  "It reads {steps} time steps of {inputs} values one after another, and keeps a state of {units} "
                  "numbers: {sum} = {n} parameters.", inputs)  # fmt: skip
    return [_(summary(type(layer))), text.format(steps=steps or "?", inputs=inputs, units=layer.units, sum=total, n=n)]


LAYERS: dict[str, Callable[[Node, Graph], list[str]]] = {
    "Conv1D": convolution,
    "Conv2D": convolution,
    "Dense": dense,
    "GRU": recurrent,
    "LSTM": recurrent,
    "SimpleRNN": recurrent,
}
COVERED = {
    "Conv1D": ("filters", "kernel_size"),
    "Conv2D": ("filters", "kernel_size"),
    "Dense": ("units",),
    "GRU": ("units",),
    "LSTM": ("units",),
    "SimpleRNN": ("units",),
}
