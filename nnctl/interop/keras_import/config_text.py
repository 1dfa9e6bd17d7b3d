"""config.yaml of an imported model."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from nnctl.interop.keras_import.network import Network
from nnctl.interop.keras_import.training import Training
from nnctl.quoting import yaml_name

WEIGHTS = "weights.safetensors"


def config_text(source: str, network: Network, training: Training, dataset: list[str], weights: bool) -> str:
    """The whole config. source: the name of the file it is from. dataset: the lines of `dataset:`. weights: whether the
    model has some."""
    name = re.sub(r"[^\w.-]", "_", source.removesuffix(".keras")).lstrip(".-")[:100] or "model"
    comments = [f"Imported from {source} by nnctl import.", *training.notes]
    lines = [*(f"# {' '.join(comment.split())}" for comment in comments), f"name: {yaml_name(name)}"]
    lines += [*dataset, "", "inputs:"]
    lines += [f"  {yaml_name(name)}: {flow({'shape': shape})}" for name, shape in network.inputs.items()]
    lines += ["", "layers:"]
    for entry in network.entries:
        [(kind, arguments)] = entry.items()
        lines.append(f"  - {kind}: {flow(arguments)}")
    last = next(iter(network.entries[-1].values()))["name"]
    if network.outputs != [last]:
        lines += ["", f"outputs: {flow(network.outputs)}"]
    if weights:
        lines += ["", f"weights: {flow({'from': WEIGHTS})}   # without this line, training starts from new ones"]
    lines.append("")
    lines.append(_line("loss", _one_or_all(training.loss), training, "chosen by the last layer"))
    if training.loss_weights:
        lines.append(f"loss_weights: {flow(training.loss_weights)}")
    lines.append(_line("optimizer", training.optimizer, training, "nnctl's usual one"))
    if training.metrics:
        only = len(training.loss) == 1
        lines.append(f"metrics: {flow(next(iter(training.metrics.values())) if only else training.metrics)}")
    return "\n".join([*lines, "epochs: 10", "batch_size: 32", ""])


def _line(key: str, value: Any, training: Training, why: str) -> str:
    return f"{key}: {flow(value)}" + (f"  # {why}; the file names none" if key in training.usual else "")


def _one_or_all(values: Mapping[str, Any]) -> Any:
    return next(iter(values.values())) if len(values) == 1 else values


def dataset_lines(dataset: str | None, target: str | None, bundled: bool) -> list[str]:
    """The lines of `dataset:`. dataset: a bundled data set's name, or a path; None: a placeholder."""
    if dataset and bundled:
        lines = [f"  name: {yaml_name(dataset)}"] + ([f"  target: {yaml_name(target)}"] if target else [])
    else:
        lines = [
            f"  path: {yaml_name(dataset)}" if dataset else "  path: data.csv     # put the path of your data here",
            f"  target: {yaml_name(target)}" if target else "  target: y          # and the name of the target column",
        ]
    return ["dataset:", *lines, "  normalize: none    # the model takes columns as they are; nnctl would scale them"]


def flow(value: Any) -> str:
    """A value in YAML's flow style."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{yaml_name(key)}: {flow(each)}" for key, each in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(flow, value)) + "]"
    return yaml_name(value) if isinstance(value, str) else json.dumps(value)
