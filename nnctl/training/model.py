"""A model: spec and data made into a graph, a program and an executor, with its figures."""

from __future__ import annotations

import copy
import math
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from nnctl.config.types import Config
from nnctl.data import load_dataset
from nnctl.data.dataset import Dataset, Split, Target
from nnctl.data.lazy_array import Rows
from nnctl.engine.batch import Batch
from nnctl.engine.executor import BatchResult, Executor
from nnctl.engine.graph import Graph
from nnctl.engine.program import Program
from nnctl.training.best_or_last import Kept
from nnctl.training.checks.outputs import check_heads, check_taken_over
from nnctl.training.model_metrics import ModelMetric, model_metrics, scale_notes, weights_of

Array = np.ndarray
# Rows that go to the executor at once outside of training; it cuts them into shards of its own.
EVALUATED = 8192
# Bytes of a batch's rows from which each shard gathers its own: below, it takes longer to say so than to do it.
GATHERED = 1 << 16


def load_data(spec: Config) -> Dataset:
    """The config's data, targets encoded as its losses want them."""
    data: Dataset = load_dataset(spec.dataset, spec.inputs, label_kinds(spec), spec.seed)
    return data


def label_kinds(spec: Config) -> dict[str, str]:
    """How each output's targets must be encoded, as its loss wants them."""
    return {output: spec.losses[output].labels for output in spec.outputs}


@dataclass
class Model:
    """What trains, evaluates and predicts. metrics: in the table's order. kept: whose weights it has, of a model that
    was read from a file."""

    spec: Config
    graph: Graph
    program: Program
    executor: Executor
    metrics: tuple[ModelMetric, ...]
    warnings: tuple[str, ...]
    targets: Mapping[str, Target]
    kept: Kept | None = None

    @classmethod
    def build(cls, spec: Config, input_shapes: Mapping[str, Any], targets: Mapping[str, Target],
              *, initialize: bool = True) -> Model:  # fmt: skip
        """Raises InputError where a shape, a loss, an activation, labels or a metric do not fit."""
        graph = Graph.build(spec.nodes, input_shapes, spec.outputs)
        warnings = check_heads(spec, graph, targets)
        program = Program(graph, seed=spec.seed, dtype=spec.engine.dtype, initialize=initialize, fuse=spec.engine.fuse)
        threads = spec.engine.threads or usable_cores()
        executor = Executor(program, spec.losses, spec.loss_weights, threads=threads, shard_rows=spec.engine.shard_rows)
        check_taken_over(graph, executor.objectives)
        warnings += scale_notes(spec, targets)
        model = cls(spec, graph, program, executor, (), tuple(warnings), targets)
        model.metrics = model_metrics(spec, graph.shapes, targets, model.gives_logits)
        return model

    def gives_logits(self, output: str) -> bool:
        """Whether an output's predictions are no probabilities but logits or margins, yes being above 0."""
        loss = self.spec.losses[output]
        if loss.labels == "sequence":  # CTC takes either, and knows probabilities by the softmax that it takes over
            return not any(each.fused for each in self.executor.objectives if each.head.name == output)
        return loss.margins or loss.takes_logits

    @property
    def figure_names(self) -> tuple[str, ...]:
        """Names of the figures of one part, in the table's order."""
        outputs = self.spec.outputs
        return ("loss", *(f"{o}_loss" for o in outputs if len(outputs) > 1), *(each.name for each in self.metrics))

    @property
    def parameters(self) -> int:
        """Numbers that the layers hold, trainable or not, as Keras' total."""
        return sum(w.size for w in self.program.named_weights().values())

    @property
    def trainable(self) -> int:
        """The parameters that training changes."""
        return sum(span.stop - span.start for span in self.program.spans.values())

    @property
    def scaled_losses(self) -> tuple[str, ...]:
        """Names of the losses that are of a scaled target, and so have another unit than the metrics."""
        scaled = [output for output, target in self.targets.items()
                  if target.scaled and self.spec.losses[output].labels == "number"]  # fmt: skip
        if not scaled:
            return ()
        return ("loss", *(f"{output}_loss" for output in scaled if len(self.spec.outputs) > 1))

    def bigger_is_better(self, name: str) -> bool:
        """Whether a metric of this name, of training or validation ("val_"), should grow. Losses should fall."""
        better = {each.name: each.metric.better for each in self.metrics}
        return (better.get(name) or better.get(name.removeprefix("val_"))) == "max"

    def evaluate(self, part: Split) -> tuple[dict[str, float], dict[str, Array], dict[str, Array]]:
        """Figures of a part; predictions by output, and the masks of those that have padded time steps."""
        outputs, masks = [], []

        def keep(result: BatchResult) -> None:
            outputs.append(result.outputs)
            masks.append(result.masks)

        return self.figures(part, keep), joined(outputs), joined(masks)

    def figures(self, part: Split, keep: Callable[[BatchResult], None] = lambda result: None) -> dict[str, float]:
        """Figures of a part. keep: given the result of each batch of rows, of which nothing stays held."""
        running = MetricAccumulator(self)
        for batch in batches(part, EVALUATED):
            result = self.executor.evaluate(batch)
            running.add(batch, result)
            keep(result)
        return running.figures()

    def predict(self, part: Split) -> tuple[dict[str, Array], dict[str, Array]]:
        """Predictions by output, and the masks of those that have padded time steps."""
        results = [self.executor.predict(batch) for batch in batches(part, EVALUATED)]
        return joined([result.outputs for result in results]), joined([result.masks for result in results])


class MetricAccumulator:
    """Figures over the batches taken in so far."""

    def __init__(self, model: Model):
        self._model = model
        self._several = len(model.spec.outputs) > 1
        self.rows = 0
        self.loss = 0.0  # sums over rows
        self.losses = dict.fromkeys(model.spec.outputs, 0.0)
        self.states = [each.metric.start() for each in model.metrics]

    def add(self, batch: Batch, result: BatchResult) -> None:
        rows = batch.rows
        self.rows += rows
        self.loss += result.loss * rows
        if self._several:
            for name, loss in result.losses.items():
                self.losses[name] += loss * rows
        shared: dict[str, Any] = {}
        for each, state in zip(self._model.metrics, self.states, strict=True):
            output = each.output
            weights = weights_of(batch.weights, result.masks.get(output))
            each.update(state, batch.targets[output], result.outputs[output], weights, shared)

    def add_steps(self, losses: Array, rows: Array, y: Array, p: Array, weights: Array | None) -> None:
        """Takes in several batches of a model with one output: losses and numbers of rows by batch, targets,
        predictions and weights of all their rows."""
        self.rows += int(rows.sum())
        self.loss += float(np.dot(losses, rows))
        shared: dict[str, Any] = {}
        for each, state in zip(self._model.metrics, self.states, strict=True):
            each.update(state, y, p, weights_of(weights, None), shared)

    def copy(self) -> MetricAccumulator:
        other = MetricAccumulator(self._model)
        other.rows, other.loss, other.losses = self.rows, self.loss, dict(self.losses)
        other.states = copy.deepcopy(self.states)
        return other

    def figures(self) -> dict[str, float]:
        rows = max(1, self.rows)
        figures = {"loss": self.loss / rows}
        if self._several:
            figures |= {f"{name}_loss": loss / rows for name, loss in self.losses.items()}
        for each, state in zip(self._model.metrics, self.states, strict=True):
            lost = math.isnan(self.losses[each.output] if self._several else self.loss)
            # of predictions that are NaN there is no accuracy either, whatever comparing them gives
            figures[each.name] = math.nan if lost else float(each.metric.result(state))
        return figures


def joined(results: list[dict[str, Array]]) -> dict[str, Array]:
    """The arrays of several batches, by name, one after the other."""
    return {name: np.concatenate([result[name] for result in results]) for name in results[0]}


def batches(part: Split, size: int) -> Iterator[Batch]:
    """A part's rows in order, `size` at a time."""
    for first in range(0, part.rows, size):
        yield take(part, slice(first, first + size))


def take(part: Split, rows: Any, *, ahead: bool = False) -> Batch:
    """Some rows of a part: a slice, or their numbers. ahead: all are gathered now, else inputs that are worth it by the
    shards, each its own."""
    return Batch(
        {name: _taken(x, rows, ahead) for name, x in part.inputs.items()},
        {name: y[rows] for name, y in part.targets.items()},
        None if part.weights is None else part.weights[rows],
        {name: lengths[rows] for name, lengths in part.lengths.items()},
        part.divisors,
    )


def _taken(x: Array | Rows, rows: Any, ahead: bool) -> Array | Rows:
    if isinstance(x, Rows):
        return x.gather(rows) if ahead else x.select(rows)
    if ahead or isinstance(rows, slice) or len(rows) * x[:1].nbytes < GATHERED:
        taken: Array = x[rows]
        return taken
    return Rows.of(x).select(rows)


def cast(part: Split, dtype: Any) -> Split:
    """The part with its real numbers in the engine's dtype."""

    def as_dtype(arrays: Mapping[str, Array | Rows]) -> dict[str, Array | Rows]:
        return {
            name: a.astype(dtype, copy=False) if np.issubdtype(a.dtype, np.floating) else a
            for name, a in arrays.items()
        }

    weights = None if part.weights is None else part.weights.astype(dtype, copy=False)
    return replace(part, inputs=as_dtype(part.inputs), targets=as_dtype(part.targets), weights=weights)


def usable_cores() -> int:
    """Cores that this process may use: fewer than the machine's in a container, under taskset, or where
    OMP_NUM_THREADS says so, as for NumPy's BLAS and other libraries."""
    try:
        cores = len(os.sched_getaffinity(0))
    except AttributeError:  # not on macOS and Windows
        cores = os.cpu_count() or 1
    limit = os.environ.get("OMP_NUM_THREADS", "")
    return min(cores, int(limit)) if limit.isdecimal() and int(limit) else cores
