"""The sections of a walkthrough: the row, every layer, the loss, the gradients."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from nnctl.api import TrainedRun
from nnctl.engine.graph import Node
from nnctl.reports.kept_weights import weights_used
from nnctl.reports.number_format import count, parameters_counted
from nnctl.reports.walkthrough.backward import has_gradient, write_backward
from nnctl.reports.walkthrough.chosen_row import ChosenRow, as_seen
from nnctl.reports.walkthrough.forward.plain import UNCHANGED
from nnctl.reports.walkthrough.forward.table import write_forward
from nnctl.reports.walkthrough.loss_gradients import write_loss_gradients
from nnctl.reports.walkthrough.losses import write_losses
from nnctl.reports.walkthrough.numbers import shape
from nnctl.reports.walkthrough.page import Page
from nnctl.reports.walkthrough.prediction import write_prediction
from nnctl.reports.walkthrough.raw_values import write_raw
from nnctl.reports.walkthrough.trace import Trace, TracedStep
from nnctl.reports.walkthrough.update import write_update
from nnctl.translation import ENGLISH, _, language, plural


def write_walkthrough(run: TrainedRun, chosen: ChosenRow, trace: Trace, page: Page) -> None:
    """All of it, from the raw row to the gradients."""
    write_opening(run, chosen, trace, page)
    page.title(_("The row"))
    write_raw(chosen, trace, run.preprocessing, page)
    page.title(_("Forward"))
    for number, (node, steps) in enumerate(by_node(trace), 1):
        write_layer(number, node, steps, trace, page)
    page.section = ""
    page.title(_("The prediction and the loss") if trace.losses else _("The prediction"))
    write_prediction(run, chosen, trace, page)
    if not trace.losses:
        page.text(_("The file has no target for this row, so there is neither a loss nor a gradient."))
        return
    weighted = run.model.spec.class_weight is not None
    write_losses(trace, sample_weight(chosen), run.preprocessing.targets, weighted, page)
    page.title(_("Backward"))
    write_loss_gradients(trace, sample_weight(chosen), page)
    layers = list(by_node(trace))
    for number, (node, steps) in reversed(list(enumerate(layers, 1))):
        write_layer_back(number, node, steps, trace, page)
    page.title(_("One step of the optimizer"))
    write_update(run.model, chosen.batch, trace, page)


def write_one_layer(run: TrainedRun, chosen: ChosenRow, trace: Trace, name: str, page: Page) -> None:
    """One layer, forward and backward."""
    write_opening(run, chosen, trace, page)
    for number, (node, steps) in enumerate(by_node(trace), 1):
        if node.name == name:
            page.title(_("Forward"))
            write_layer(number, node, steps, trace, page)
            if has_gradient(steps):
                page.title(_("Backward"))
                write_layer_back(number, node, steps, trace, page)


def write_opening(run: TrainedRun, chosen: ChosenRow, trace: Trace, page: Page) -> None:
    model = run.model
    if chosen.split in ("train", "validation", "test"):
        page.title(
            _("Row {row} of the {split} split, in {run}").format(row=chosen.row, split=_(chosen.split), run=run.folder)
        )
        text = plural(
            "It is row {name} of {source}; the {split} split has {total} row, counted from 1.",
            "It is row {name} of {source}; the {split} split has {total} rows, counted from 1.",
            chosen.total,
        )
        if isinstance(chosen.name, str):  # the id of a sequence, or the file of an image
            text = plural(
                "It is {name} of {source}; the {split} split has {total} row, counted from 1.",
                "It is {name} of {source}; the {split} split has {total} rows, counted from 1.",
                chosen.total,
            )
        bundled = model.spec.dataset.name is not None  # whose file is somewhere in the installed package
        source = Path(chosen.source).name if bundled else as_seen(chosen.source)
        page.text(text.format(name=chosen.name, source=source, split=_(chosen.split), total=count(chosen.total)))
    else:
        page.title(_("Row {row} of {file}, for {run}").format(row=chosen.row, file=chosen.split, run=run.folder))
    if model.kept is not None:
        used = weights_used(model.kept)
        english = language() == ENGLISH  # another language may begin with the name of a metric
        page.text(f"{used[0].upper()}{used[1:]}." if english else f"{used}.")
    page.text(_("All numbers are those of nnctl's own engine, in {dtype}, computed as in prediction, with four "
                "significant digits.").format(dtype=model.program.dtype))  # fmt: skip
    if quiet := _quiet(trace):
        page.text(_("In prediction these do nothing: {layers}. The gradients are those without them.")
                  .format(layers=", ".join(quiet)))  # fmt: skip
    if any(each.layer.kind == "BatchNormalization" for each in trace.steps):
        page.text(_("BatchNormalization uses its moving averages: a single row is no batch to take a mean of."))


def _quiet(trace: Trace) -> list[str]:
    """What is random in training and does nothing here: layers, and arguments of layers."""
    found = [each.layer.kind for each in trace.steps if each.layer.kind in UNCHANGED]
    for each in trace.steps:
        inner = getattr(each.layer, "layer", None) or each.layer
        found += [_("{argument} of {layer}").format(argument=name, layer=inner.kind)
                  for name in ("dropout", "recurrent_dropout") if getattr(inner, name, 0)]  # fmt: skip
    return list(dict.fromkeys(found))


def by_node(trace: Trace) -> Iterator[tuple[Node, list[TracedStep]]]:
    """The steps of each layer of the config: the layer itself, and its activation."""
    for number, node in enumerate(trace.program.graph.nodes):
        yield node, [step for step in trace.steps if step.step.number == number]


def write_layer(number: int, node: Node, steps: list[TracedStep], trace: Trace, page: Page) -> None:
    graph = trace.program.graph
    size = sum(w.size for w in steps[0].weights.values())
    taken = ", ".join(shape(x.shape[1:]) for x in steps[0].x)
    page.section = node.name
    page.heading(f"{number}. {node.name}: {node.layer.kind}   {taken} → {shape(steps[-1].y.shape[1:])}"
                 + (f"   {parameters_counted(size)}" if size else ""))  # fmt: skip
    if node.shared is not None:
        page.text(_("It uses the weights of {layer}.").format(layer=graph.owner(node)))
    for step in steps:
        write_forward(step, page)


def write_layer_back(number: int, node: Node, steps: list[TracedStep], trace: Trace, page: Page) -> None:
    if not has_gradient(steps):
        return
    page.section = node.name
    page.heading(f"{number}. {node.name}: {node.layer.kind}")
    last = steps[-1]
    _write_joined(node, trace, page)
    if last.dy is not None:
        page.array(f"dL/d{last.symbol}", last.dy[0])
    elif len(steps) > 1 and steps[-2].dy is not None:  # the activation belongs to the loss
        page.array("dL/dz", steps[-2].dy[0])
    for name, dstate in zip(last.layer.state_names(), last.dstates, strict=False):
        if dstate is not None:
            page.array(f"dL/d{name}", dstate[0], _("of the state that other layers start from"))
    graph = trace.program.graph
    users = [each.name for each in graph.nodes if graph.owner(each) == graph.owner(node)]
    if len(users) > 1 and steps[0].gradients:
        page.text(_("The gradients of the weights are those of this use; the optimizer takes the sum over {layers}.")
                  .format(layers=", ".join(users)))  # fmt: skip
    for step in reversed(steps):
        if step.gradients or step.dx:
            write_backward(step, page)


def _write_joined(node: Node, trace: Trace, page: Page) -> None:
    """That the gradient of an output is a sum, where it is used several times."""
    graph = trace.program.graph
    takers = [each.name for each in graph.nodes if node.name in each.sources]
    uses = sum(each.sources.count(node.name) for each in graph.nodes)
    if node.name in graph.outputs:
        takers, uses = [*takers, _("the loss")], uses + 1
    if len(takers) > 1:
        page.text(_("What comes back from {layers} is added up.").format(layers=", ".join(takers)))
    elif uses > 1:
        page.text(_("What comes back from the inputs of {layer} is added up.").format(layer=takers[0]))


def sample_weight(chosen: ChosenRow) -> float:
    weights = chosen.batch.weights
    return 1.0 if weights is None else float(weights[0])
