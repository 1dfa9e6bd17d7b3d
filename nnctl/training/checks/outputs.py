"""Whether loss, last activation and labels belong together: the mistakes that train silently and badly."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from math import inf, prod

from nnctl.config.types import Config
from nnctl.counted import counted
from nnctl.data.dataset import Target
from nnctl.engine.graph import Graph, Node
from nnctl.engine.objective import Objective
from nnctl.errors import ConfigError, Problem
from nnctl.nn.layers.base import Shape, show
from nnctl.nn.losses import Loss
from nnctl.training.checks.output_range import Ending, last_activation


def check_heads(spec: Config, graph: Graph, targets: Mapping[str, Target]) -> list[str]:
    """Checks every output against its loss and its target. Returns warnings; raises ConfigError."""
    problems, warnings = [], []
    for output in spec.outputs:
        node = next(node for node in graph.nodes if node.name == output)
        found = list(_mismatches(spec, graph, node, targets[output]))
        problems += [problem for problem in found if isinstance(problem, Problem)]
        warnings += [warning for warning in found if isinstance(warning, str)]
    if problems:
        raise ConfigError.of(problems)
    return warnings


def check_taken_over(graph: Graph, objectives: Sequence[Objective]) -> None:
    """Raises ConfigError for a softmax that a loss of label sequences would mistake for logits."""
    for objective in objectives:
        node = next(node for node in graph.nodes if node.name == objective.head.name)
        loss = objective.loss
        if loss.expects() == "scores" and last_activation(node).kind == loss.fuses and not objective.fused:
            raise ConfigError(
                f"{loss.kind} can be computed together with {loss.fuses} only where no other layer uses its output and "
                f"it is the last step of its layer, which is not the case in {node.name!r}", node.where,
                f"leave out activation: {loss.fuses} there: the loss takes logits",
            )  # fmt: skip


def _mismatches(spec: Config, graph: Graph, node: Node, target: Target) -> Iterator[Problem | str]:
    loss, shape = spec.losses[node.name], graph.shapes[node.name]
    ending = Ending.of(graph, node)
    units = shape[-1] if shape else 1
    layer, where = f"the last layer {node.name!r}", node.where

    if ending.constant:
        yield Problem(f"{layer} has {ending.kind} over 1 unit: its output is the same for every input", where,
                      "for two classes use activation: sigmoid with loss: binary_crossentropy, "
                      "or one unit for each class")  # fmt: skip
        return
    said = list(_unfit_ending(loss, ending, layer, where, units))
    yield from said
    if any(isinstance(each, Problem) for each in said):
        return
    if target.soft and loss.margins:
        yield Problem(f"{loss.kind} expects targets of 0 and 1, but the target {_columns(target)} has fractions", where,
                      "use loss: binary_crossentropy with activation: sigmoid")  # fmt: skip
        return

    if loss.labels == "sequence":
        yield from _sequence_mismatches(loss, node, shape, target, ending)
        return
    if loss.labels in ("integer", "onehot") and target.classes and units != len(target.classes):
        classes = len(target.classes)
        named = f"{counted(classes, 'class', 'classes')} ({_shortened(target.classes)})"
        if units == 1 and classes == 2:
            hint = "for two classes use loss: binary_crossentropy with one sigmoid unit, or units: 2"
        else:
            hint = f"set units: {classes}"
        values = "1 value" if units == 1 else f"{units} values"
        yield Problem(f"{layer} gives {values}, but the target {_columns(target)} has {named}", where, hint)
        return
    if loss.labels == "integer":
        yield from _misplaced_classes(layer, where, shape, target)
        return
    if tuple(target.shape) != tuple(shape):
        same = len(target.shape) == len(shape)
        hint = f"set units: {target.shape[-1]}" if same else "add Flatten, or change the target"
        yield Problem(f"{layer} gives {show(shape)}, but the target {_columns(target)} is {show(target.shape)}",
                      where, hint)  # fmt: skip


def _unfit_ending(loss: Loss, ending: Ending, layer: str, where: str | None,
                  units: int | None) -> Iterator[Problem | str]:  # fmt: skip
    """A problem where the loss cannot take what the last layer gives; a note where it can, but is hardly meant to."""
    expected = loss.expects()
    ends = f"{layer} ends in {ending.kind}"
    many = loss.labels in ("integer", "onehot")
    if expected == "logits" and not ending.function.is_identity:
        says = "has from_logits: true" if "from_logits" in loss.model_fields else "expects logits"
        choice = "from_logits, or " if "from_logits" in loss.model_fields else ""
        yield Problem(f"{loss.kind} {says}, but {ends}", where,
                      f"leave out {choice}the activation: it would be applied twice")  # fmt: skip
    elif expected == "positive" and ending.low < 0:
        yield Problem(f"{loss.kind} takes the logarithm of predictions, but {ends}, which can be negative", where,
                      f"{ending.fix(loss.usual_activation())}; softplus is positive too")  # fmt: skip
    elif expected == "probabilities" and many and loss.normalizes and ending.low >= 0:
        if not ending.sums_to_one and units != 1:
            yield (f"{ends}: {loss.kind} divides its {units} values by their sum, as Keras does; "
                   "softmax is usual, or loss: binary_crossentropy for yes-or-no labels")  # fmt: skip
    elif expected == "probabilities" and (ending.low < 0 or ending.high > 1):
        logits = f", or loss: {{{loss.kind}: {{from_logits: true}}}}" if "from_logits" in loss.model_fields else ""
        yield Problem(f"{loss.kind} expects probabilities, but {ends}", where,
                      f"{ending.fix(loss.usual_activation())}{logits}")  # fmt: skip
    elif expected == "probabilities" and many and not ending.sums_to_one and units != 1:
        yield f"{ends}: {loss.kind} compares distributions, but these values do not sum to 1; softmax is usual"
    elif expected == "probabilities" and not many and ending.sums_to_one:
        yield f"{loss.kind} after softmax treats {units} exclusive classes as {units} yes-or-no questions"
    elif expected == "margins" and not many and ending.low >= 0:
        yield f"{ends}, which is never below 0, but {loss.kind} reads values below 0 as no; linear is usual"
    elif expected in ("numbers", "positive") and ending.high < inf:
        yield f"{ends}, so it can only predict within its range; linear is usual for {loss.kind}"


def _misplaced_classes(layer: str, where: str | None, shape: Shape, target: Target) -> Iterator[Problem]:
    """For a loss of class numbers: one number for each place of the last layer's output."""
    places = [n for n in shape[:-1] if n is not None]
    if len(places) < len(shape) - 1:  # places that vary from row to row are not known yet
        return
    count = prod(places)
    if count == prod(target.shape):
        return
    number = "one class number" if target.shape == () else f"class numbers {show(target.shape)}"
    hint = "give every place one class number"
    if target.shape == ():
        hint = (
            "put a Flatten or a global pooling before it; after a recurrent layer, leave out its return_sequences: true"
        )
    each = "one place" if count == 1 else f"each of {count} places"
    yield Problem(f"{layer} gives {show(shape)}, scores at {each}, but the target {_columns(target)} "
                  f"has {number} for each row", where, hint)  # fmt: skip


def _sequence_mismatches(loss: Loss, node: Node, shape: Shape, target: Target, ending: Ending) -> Iterator[Problem]:
    """For a loss of label sequences: class scores at each time step, one for each label and one for the blank."""
    layer, where = f"the last layer {node.name!r}", node.where
    assert target.classes
    units = len(target.classes) + 1
    if len(shape) != 2:
        yield Problem(f"{loss.kind} expects the classes of each time step, (steps, {units}), but {layer} gives "
                      f"{show(shape)}", where, "set return_sequences: true in the recurrent layers before it; for "
                      "images, Permute the columns to the front and Reshape the rest")  # fmt: skip
    elif shape[-1] != units:
        values = "1 value" if shape[-1] == 1 else f"{shape[-1]} values"
        classes = counted(units - 1, "class", "classes")
        yield Problem(f"{layer} gives {values}, but the labels {_columns(target)} have {classes} "
                      f"({_shortened(target.classes)}) and {loss.kind} adds the blank", where,
                      f"set units: {units}")  # fmt: skip
    elif ending.bounded and not ending.sums_to_one:
        usual = loss.usual_activation()
        yield Problem(f"{loss.kind} expects {usual} or logits, but {layer} ends in {ending.kind}", where,
                      f"end with Dense: {{units: {units}, activation: {usual}}}")  # fmt: skip


def _columns(target: Target) -> str:
    return ", ".join(repr(column) for column in target.columns)


def _shortened(names: Sequence[str], most: int = 5) -> str:
    return ", ".join(names[:most]) + (", ..." if len(names) > most else "")
