"""A trained model's graph as ONNX nodes, layer by layer."""

from __future__ import annotations

from collections.abc import Mapping

from nnctl.engine.graph import states_of
from nnctl.engine.program import Program
from nnctl.interop.onnx.activations import activation
from nnctl.interop.onnx.builder import Builder, Tensor, Weights
from nnctl.interop.onnx.layers import lower_layer
from nnctl.interop.onnx.masks import output_mask


def lower(b: Builder, program: Program, inputs: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Writes the nodes of all layers, as they compute outside of training; returns the model's outputs by name."""
    graph = program.graph
    tensors = dict(inputs)
    for node in graph.nodes:
        b.scope = node.name
        layer, given = node.layer, [tensors[source] for source in node.sources]
        owner = graph.owner(node)
        results = lower_layer(b, layer, Weights(b, owner, program.weights_of(owner)), given)
        mask = output_mask(b, layer, given)
        for name, result in zip((node.name, *states_of(node)), results, strict=True):
            tensors[name] = Tensor(result, graph.shapes[name])
        function = layer.outer_activation()
        y = tensors[node.name]
        if function is not None and not function.is_identity:
            y = Tensor(activation(b, function, y), y.shape)
        tensors[node.name] = Tensor(y.name, y.shape, mask)
    b.scope = ""
    return {name: tensors[name] for name in graph.outputs}
