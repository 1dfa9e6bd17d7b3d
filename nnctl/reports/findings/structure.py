"""The model's layers, its graph as a picture, its weights, and the arithmetic of its batches."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from nnctl.errors import InputError
from nnctl.reports.batch_arithmetic import formulas
from nnctl.reports.findings.document import Batches, Histogram, Layer, WeightDistribution
from nnctl.reports.findings.thinning import number, numbers
from nnctl.training.batch_plan import Plan
from nnctl.training.model import Model

Array = np.ndarray
BINS = 40
MOST_ENTRIES = 1_000_000  # of a weight, in its histogram: of more, every second, or every third, ...


def layers_of(model: Model) -> list[Layer]:
    """The inputs, then the layers in order."""
    graph, program = model.graph, model.program
    inputs: list[Layer] = [
        {"name": name, "kind": "Input", "shape": list(graph.shapes[name]), "parameters": 0, "sources": [],
         "shared": None}
        for name in graph.inputs
    ]  # fmt: skip
    sizes: dict[str, int] = {}
    for key, shape in program.shapes.items():
        owner = key.rpartition("/")[0]
        sizes[owner] = sizes.get(owner, 0) + int(np.prod(shape))
    return inputs + [
        {"name": node.name, "kind": node.layer.kind, "shape": list(graph.shapes[node.name]),
         "parameters": 0 if node.shared else sizes.get(node.name, 0), "sources": list(node.sources),
         "shared": node.shared}
        for node in graph.nodes
    ]  # fmt: skip


def graph_svg(model: Model) -> str | None:
    """The graph as the text of an SVG picture; None if it has too many connections."""
    from nnctl.reports.graph_layout import Box, boxes  # these two import what trains, which the rest does without
    from nnctl.reports.graph_svg import svg
    from nnctl.training.dry_run import LayerLine, Summary

    lines = tuple(
        LayerLine(layer["name"], layer["kind"], tuple(layer["sources"]), tuple(layer["shape"]), layer["parameters"],
                  layer["parameters"], 0, layer["shared"])
        for layer in layers_of(model) if layer["kind"] != "Input"
    )  # fmt: skip
    inputs = {name: model.graph.shapes[name] for name in model.graph.inputs}
    found: list[Box] = boxes(Summary(lines, inputs, model.graph.outputs, 0, 0, 0, 0))
    try:
        return svg(found)
    except InputError:
        return None


def weights_of(model: Model) -> list[WeightDistribution]:
    """Every array of weights, in the order of the layers."""
    program = model.program
    found: list[WeightDistribution] = []
    for key, w in program.named_weights().items():
        layer, _, name = key.rpartition("/")
        values = np.asarray(w, np.float64).ravel()
        finite = values[np.isfinite(values)]
        found.append({
            "layer": layer, "weight": name, "shape": list(w.shape), "trained": key in program.spans,
            "minimum": number(finite.min()) if len(finite) else None,
            "maximum": number(finite.max()) if len(finite) else None,
            "mean": number(finite.mean()) if len(finite) else None,
            "std": number(finite.std()) if len(finite) else None,
            "histogram": histogram(finite[:: -(-len(finite) // MOST_ENTRIES) or 1]) if len(finite) > 1 else None,
        })  # fmt: skip
    order = {node.name: at for at, node in enumerate(model.graph.nodes)}
    return sorted(found, key=lambda each: order.get(each["layer"], len(order)))


def histogram(values: Array, bins: int = BINS) -> Histogram:
    """Of finite values; of fewer values fewer bins."""
    counts, edges = np.histogram(values, min(bins, max(5, int(np.sqrt(len(values))))))
    return {"edges": numbers(edges), "counts": counts.tolist()}


def batches_of(started: Mapping[str, Any]) -> Batches | None:
    """From the event that the run began with."""
    rows, size, epochs = (started.get("rows") or {}).get("train"), started.get("batch_size"), started.get("epochs")
    if not rows or not size or not epochs:
        return None
    plan = Plan(rows, size, epochs)
    return {
        "samples": plan.samples, "batch_size": plan.batch_size, "epochs": plan.epochs,
        "iterations_per_epoch": plan.iterations_per_epoch, "last_batch": plan.last_batch,
        "total_iterations": plan.total_iterations, "samples_seen": plan.samples_seen,
        "formulas": [{"title": title, "lines": lines} for title, lines in formulas(plan)],
    }  # fmt: skip
