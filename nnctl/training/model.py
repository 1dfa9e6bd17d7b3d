"""A model: its graph, program, executor and metrics, built from a config and the data's shapes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from nnctl.config.types import Config
from nnctl.data import load_dataset
from nnctl.data.dataset import Dataset, Split, Target
from nnctl.engine.executor_base import BatchResult, ExecutorBase
from nnctl.engine.graph import Graph
from nnctl.engine.program import Program
from nnctl.nn.losses.ctc_decoding import Reading
from nnctl.nn.metrics import Metric
from nnctl.training.batching import batches_in_order, joined
from nnctl.training.best_or_last import Kept
from nnctl.training.checks.outputs import check_heads, check_taken_over
from nnctl.training.engines import executor_for
from nnctl.training.metric_accumulator import MetricAccumulator
from nnctl.training.model_metrics import ModelMetric, model_metrics, scale_notes

Array = np.ndarray


def load_data(spec: Config, in_memory: Any = None) -> Dataset:
    """The config's data, targets encoded as its losses want them. in_memory: rows in place of its files, or
    data that are loaded already."""
    if isinstance(in_memory, Dataset):
        return in_memory
    data: Dataset = load_dataset(spec.dataset, spec.inputs, label_kinds(spec), spec.seed, in_memory)
    return data


def label_kinds(spec: Config) -> dict[str, str]:
    """How each output's targets must be encoded, as its loss wants them."""
    return {output: spec.losses[output].labels for output in spec.outputs}


@dataclass
class Model:
    """What trains, evaluates and predicts. metrics: in the table's order. kept: which weights it has, if it was read
    from a file."""

    spec: Config
    graph: Graph
    program: Program
    executor: ExecutorBase
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
        executor = executor_for(spec, graph, initialize)
        check_taken_over(graph, executor.objectives)
        warnings += scale_notes(spec, targets)
        model = cls(spec, graph, executor.program, executor, (), tuple(warnings), targets)
        model.metrics = model_metrics(spec, graph.shapes, targets, model.gives_logits)
        return model

    # What it is

    @property
    def parameters(self) -> int:
        """Numbers that the layers hold, trainable or not, as Keras' total."""
        return sum(w.size for w in self.program.named_weights().values())

    @property
    def trainable(self) -> int:
        """The parameters that training changes."""
        return sum(span.stop - span.start for span in self.program.spans.values())

    @property
    def metric_names(self) -> tuple[str, ...]:
        """Names of the losses and metrics of a split, in the table's order."""
        outputs = self.spec.outputs
        return ("loss", *(f"{o}_loss" for o in outputs if len(outputs) > 1), *(each.name for each in self.metrics))

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

    def gives_logits(self, output: str) -> bool:
        """Whether an output's predictions are logits or margins, which mean yes above 0, rather than probabilities."""
        loss = self.spec.losses[output]
        if loss.labels == "sequence":  # CTC takes either, and probabilities only from a softmax that it is fused with
            return not any(each.fused for each in self.executor.objectives if each.head.name == output)
        return loss.margins or loss.takes_logits

    def with_reading(self, reading: Reading | None) -> Model:
        """The same model, whose metrics of label sequences decode them so; None leaves it as it is."""
        if reading is None:
            return self
        return replace(self, metrics=tuple(
            replace(each, metric=each.metric.model_copy(update=reading.arguments()))
            if isinstance(each.metric, Metric) and "sequence" in each.metric.takes
            else each
            for each in self.metrics
        ))  # fmt: skip

    # What it computes outside of training

    def predict(self, split: Split) -> tuple[dict[str, Array], dict[str, Array]]:
        """Predictions by output, and the masks of those that have padded time steps."""
        results = [self.executor.predict(batch) for batch in batches_in_order(split)]
        return joined([result.outputs for result in results]), joined([result.masks for result in results])

    def evaluate(self, split: Split) -> tuple[dict[str, float], dict[str, Array], dict[str, Array]]:
        """A split's metrics; predictions by output, and the masks of those that have padded time steps."""
        outputs, masks = [], []

        def keep(result: BatchResult) -> None:
            outputs.append(result.outputs)
            masks.append(result.masks)

        return self.compute_metrics(split, keep), joined(outputs), joined(masks)

    def compute_metrics(self, split: Split, keep: Callable[[BatchResult], None] = lambda _: None) -> dict[str, float]:
        """A split's losses and metrics. keep: called with the result of each batch, which is not held otherwise."""
        metrics = MetricAccumulator(self)
        for batch in batches_in_order(split):
            result = self.executor.evaluate(batch)
            metrics.add(batch, result)
            keep(result)
        return metrics.result()
