"""Whether loss, last activation and labels belong together: the mistakes that train silently and badly."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from math import prod

from nnctl.data.parts import Target
from nnctl.engine.graph import Graph, Node
from nnctl.engine.shard import Objective
from nnctl.errors import Problem, SpecError
from nnctl.layers.base import show
from nnctl.spec.model import Spec

PROBABILITIES = {"binary_crossentropy", "categorical_crossentropy", "sparse_categorical_crossentropy"}
SQUASHES = {"softmax", "sigmoid", "tanh", "hard_sigmoid"}


def check_heads(spec: Spec, graph: Graph, targets: Mapping[str, Target]) -> list[str]:
    """Checks every output against its loss and its target. Returns warnings; raises SpecError."""
    problems, warnings = [], []
    for output in spec.outputs:
        node = next(node for node in graph.nodes if node.name == output)
        found = list(_mismatches(spec, node, graph.shapes[output], targets[output]))
        problems += [problem for problem in found if isinstance(problem, Problem)]
        warnings += [warning for warning in found if isinstance(warning, str)]
    if problems:
        raise SpecError.of(problems)
    return warnings


def check_taken_over(graph: Graph, objectives: Sequence[Objective]) -> None:
    """Raises SpecError for a softmax that a loss of label sequences would mistake for logits."""
    for objective in objectives:
        node = next(node for node in graph.nodes if node.name == objective.head.name)
        if objective.loss.labels == "sequence" and last_activation(node) == "softmax" and not objective.fused:
            raise SpecError(
                f"{objective.loss.kind} takes softmax over only where nothing else takes it and it is a layer's "
                f"outermost step, but that of {node.name!r} is not", node.where,
                "leave out activation: softmax there: the loss takes logits",
            )  # fmt: skip


def last_activation(node: Node) -> str:
    """The kind of the activation that makes a node's output; "linear" where there is none."""
    layer = node.layer
    function = layer.outer_activation() or getattr(layer, "activation", None) or getattr(layer, "function", None)
    return function.kind if function is not None else "linear"


def _mismatches(spec: Spec, node: Node, shape, target: Target) -> Iterator[Problem | str]:
    loss = spec.losses[node.name]
    activation = last_activation(node)
    units = shape[-1] if shape else 1
    classes = len(target.classes) if target.classes else None
    from_logits = getattr(loss, "from_logits", False)
    layer = f"the last layer {node.name!r}"
    where = node.where

    if activation in ("softmax", "log_softmax") and units == 1:
        yield Problem(f"{layer} has softmax over 1 unit: its output is 1 whatever the input", where,
                      "for two classes use activation: sigmoid with loss: binary_crossentropy, "
                      "or one unit a class")  # fmt: skip
        return
    if loss.kind in PROBABILITIES and not from_logits:
        wanted = "sigmoid" if loss.kind == "binary_crossentropy" else "softmax"
        if activation not in (wanted, "sigmoid", "softmax", "hard_sigmoid"):
            yield Problem(f"{loss.kind} wants probabilities, but {layer} ends in {activation}", where,
                          f"set activation: {wanted} there, or loss: {{{loss.kind}: {{from_logits: true}}}}")  # fmt: skip
            return
        if wanted == "softmax" and activation != "softmax" and units > 1:
            yield Problem(f"{loss.kind} wants probabilities that sum to 1, but {layer} ends in {activation}", where,
                          "set activation: softmax, or loss: binary_crossentropy for yes-or-no labels")  # fmt: skip
            return
        if wanted == "sigmoid" and activation == "softmax":
            yield f"binary_crossentropy after softmax treats {units} exclusive classes as {units} yes-or-no questions"
    if from_logits and activation != "linear":
        yield Problem(f"{loss.kind} has from_logits: true, but {layer} ends in {activation}", where,
                      "leave out from_logits, or the activation: one of them would be applied twice")  # fmt: skip
        return

    if loss.labels == "sequence":
        yield from _sequence_mismatches(loss, node, shape, target, activation)
        return
    if loss.labels in ("integer", "onehot") and classes is not None and units != classes:
        named = f"{classes} classes ({_shortened(target.classes)})"
        if units == 1 and classes == 2:
            mend = "for two classes use loss: binary_crossentropy with one sigmoid unit, or units: 2"
        else:
            mend = f"set units: {classes}"
        yield Problem(f"{layer} gives {units} values, but the target {_columns(target)} has {named}", where, mend)
        return
    if loss.labels == "integer":
        yield from _misplaced_classes(layer, where, shape, target)
        return
    if tuple(target.shape) != tuple(shape):
        same = len(target.shape) == len(shape)
        mend = f"set units: {target.shape[-1]}" if same else "add Flatten, or change the target"
        yield Problem(f"{layer} gives {show(shape)}, but the target {_columns(target)} is {show(target.shape)}",
                      where, mend)  # fmt: skip
        return
    if loss.labels == "number" and activation in SQUASHES:
        yield f"{layer} ends in {activation}, so it can only predict within its range; linear is usual for {loss.kind}"


def _misplaced_classes(layer: str, where: str, shape, target: Target) -> Iterator[Problem]:
    """Of a loss of class numbers: one number for each place of the last layer's output."""
    places = shape[:-1]
    if None in places or prod(places) == prod(target.shape):  # places that vary from row to row are not known yet
        return
    number = "one class number" if target.shape == () else f"class numbers {show(target.shape)}"
    yield Problem(f"{layer} gives {show(shape)}, scores at each of {prod(places)} places, but the target {_columns(target)} "
                  f"has {number} a row", where,
                  "put a Flatten or a global pooling before it; after a recurrent layer, leave out its "
                  "return_sequences: true" if target.shape == () else "give every place one class number")  # fmt: skip


def _sequence_mismatches(loss, node: Node, shape, target: Target, activation: str) -> Iterator[Problem | str]:
    """Of a loss of label sequences: class scores at each time step, one for each label and one for the blank."""
    layer, where = f"the last layer {node.name!r}", node.where
    units = len(target.classes) + 1
    if len(shape) != 2:
        yield Problem(f"{loss.kind} wants the classes of each time step, (steps, {units}), but {layer} gives "
                      f"{show(shape)}", where, "set return_sequences: true in the recurrent layers before it; for "
                      "images, Permute the columns to the front and Reshape the rest")  # fmt: skip
    elif shape[-1] != units:
        yield Problem(f"{layer} gives {shape[-1]} values, but the labels {_columns(target)} have {units - 1} classes "
                      f"({_shortened(target.classes)}) and {loss.kind} adds the blank", where,
                      f"set units: {units}")  # fmt: skip
    elif activation in SQUASHES - {"softmax"}:
        yield Problem(f"{loss.kind} wants softmax or logits, but {layer} ends in {activation}", where,
                      f"end with Dense: {{units: {units}, activation: softmax}}")  # fmt: skip


def _columns(target: Target) -> str:
    return ", ".join(repr(column) for column in target.columns)


def _shortened(names, most: int = 5) -> str:
    return ", ".join(names[:most]) + (", ..." if len(names) > most else "")
