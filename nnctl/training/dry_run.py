"""Checks a config and its data without training: what the commands summary and check call."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from nnctl.config.types import Config
from nnctl.data.dataset import Dataset
from nnctl.engine.cost_model import multiply_adds
from nnctl.engine.nan_check import first_nonfinite
from nnctl.engine.optimizer_step import OptimizerStep
from nnctl.errors import InputError
from nnctl.kernels.selection import Choice
from nnctl.training.advice import advice
from nnctl.training.batch_plan import permutation
from nnctl.training.batching import cast, make_batch
from nnctl.training.checks.ctc_lengths import check_alignment
from nnctl.training.checks.inputs import check_inputs
from nnctl.training.class_weights import class_notes, with_class_weight
from nnctl.training.initial_weights import start_from
from nnctl.training.loop import Loop
from nnctl.training.model import Model, load_data


@dataclass(frozen=True)
class LayerLine:
    """One row of a summary. shape: of the output, without the batch axis. shared: the layer whose weights it uses."""

    name: str
    kind: str
    sources: tuple[str, ...]
    shape: tuple[int | None, ...]
    parameters: int
    trainable: int
    multiply_adds: int
    shared: str | None = None


@dataclass(frozen=True)
class Summary:
    lines: tuple[LayerLine, ...]
    inputs: Mapping[str, tuple[int | None, ...]]
    outputs: tuple[str, ...]
    parameters: int
    trainable: int
    multiply_adds: int  # of one sample's forward pass
    memory: int  # bytes during training with the config's batch size: weights, gradients, optimizer, activations


@dataclass(frozen=True)
class CheckReport:
    """What `check` found if nothing is wrong. columns: (name, "number", "category" or "text", role) of a table."""

    summary: Summary
    rows: Mapping[str, int]
    columns: tuple[tuple[str, str, str], ...]
    notes: tuple[str, ...]
    first_loss: float  # of the first batch of the first epoch, before any update
    warnings: tuple[str, ...] = ()


def summary(spec: Config) -> Summary:
    """The layers, before any training."""
    data = load_data(spec)
    return summarize(Model.build(spec, data.input_shapes, data.targets), data)


def summarize(model: Model, data: Dataset) -> Summary:
    """The summary of a model that is built."""
    graph, program = model.graph, model.program
    lines = []
    for node in graph.nodes:
        owned = graph.weights.get(node.name, {})
        sizes = {f"{node.name}/{name}": math.prod(weight.shape) for name, weight in owned.items()}
        lines.append(LayerLine(
            node.name, node.layer.kind, node.sources, graph.shapes[node.name], sum(sizes.values()),
            sum(size for key, size in sizes.items() if key in program.spans),
            node.layer.multiply_adds(graph.given(node)), node.shared,
        ))  # fmt: skip
    parameters, trainable = sum(l.parameters for l in lines), sum(l.trainable for l in lines)  # noqa: E741
    memory = training_memory(model, min(model.spec.batch_size or data.train.rows, data.train.rows))
    return Summary(tuple(lines), {name: graph.shapes[name] for name in graph.inputs}, graph.outputs,
                   parameters, trainable, multiply_adds(program), memory)  # fmt: skip


def training_memory(model: Model, batch_size: int) -> int:
    """About how many bytes training needs with batches of that many samples: for weights, gradients, the optimizer's
    slots, and the activations of a batch with their gradients."""
    graph, program = model.graph, model.program
    sizes = {f"{node}/{name}": math.prod(weight.shape)
             for node, weights in graph.weights.items() for name, weight in weights.items()}  # fmt: skip
    trainable = sum(size for key, size in sizes.items() if key in program.spans)
    activations = sum(math.prod(n or 1 for n in graph.shapes[node.name]) for node in graph.nodes) * batch_size
    copies = 2 + len(OptimizerStep(model.spec.optimizer, program.parameters, program.spans).state()["slots"])
    memory: int = program.dtype.itemsize * (trainable * copies + sum(sizes.values()) - trainable + 2 * activations)
    return memory


def check(spec: Config) -> CheckReport:
    """Checks config and data: shapes, losses against activations and labels, one batch forward and backward."""
    data = load_data(spec)
    model = Model.build(spec, data.input_shapes, data.targets)
    initial = start_from(model, data)
    train = with_class_weight(cast(data.train, model.program.dtype), spec, data.targets)
    with model.executor:
        # the loop checks what callbacks monitor; then one batch is computed, for which kernels are not worth compiling
        loop = Loop(model, data, train, lambda event: None, lambda loop: None, kernels=Choice())
        check_inputs(model.graph, data.splits)
        check_alignment(model, data.targets, data.splits)
        notes = advice(model, data, loop.plan)
        order = permutation(spec.seed, 1, loop.plan.samples)  # the first batch that a run would take
        first = make_batch(train, order[: loop.plan.batch_size])
        result = model.executor.train_step(first, 0)
        if not math.isfinite(result.loss):
            place = first_nonfinite(model.program, first, 0)
            raise InputError(f"the first batch's loss is {result.loss}: first seen in {place}",
                             hint="check the data and the initializers")  # fmt: skip
    return CheckReport(
        summarize(model, data), data.rows, columns_of(data),
        (*data.notes, *class_notes(data.train, spec, data.targets), *initial.notes, *notes), result.loss,
        model.warnings,
    )  # fmt: skip


def columns_of(data: Dataset) -> tuple[tuple[str, str, str], ...]:
    """(name, "number", "category" or "text", role) of the columns that are used of a table."""
    roles = []
    for name, entry in data.preprocessing.inputs.items():
        role = f"input {name!r}" if len(data.input_shapes) > 1 else "feature"
        roles += [(column, kind, role) for column, kind in entry.columns]
    for name, target in data.targets.items():
        kind = "category" if target.classes else "number"
        role = f"target of {name!r}" if len(data.targets) > 1 else "target"
        roles += [(column, kind, role) for column in target.columns]
    return tuple(roles) if data.preprocessing.is_table else ()
