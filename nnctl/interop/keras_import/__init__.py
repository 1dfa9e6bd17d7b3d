"""nnctl import: a .keras file as a config and its weights."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from nnctl import config as specs
from nnctl.config.types import Config
from nnctl.data.catalog.bundled import BUNDLED
from nnctl.engine.graph import Graph
from nnctl.errors import ConfigError, InputError, NnctlError
from nnctl.interop.keras.layer_order import numbered_groups
from nnctl.interop.keras.layers import weight_paths
from nnctl.interop.keras_import.archive import KerasArchive
from nnctl.interop.keras_import.config_text import WEIGHTS, config_text, dataset_lines
from nnctl.interop.keras_import.network import Network, network_of
from nnctl.interop.keras_import.training import Training, training_of
from nnctl.training.atomic_files import write_safely
from nnctl.training.safetensors_writer import pieces


@dataclass(frozen=True)
class Imported:
    """What was written. weights: None for a model without weights. notes: what a user should know."""

    config: Path
    weights: Path | None
    notes: tuple[str, ...]


def import_keras(path: Path, folder: Path, dataset: str | None = None, target: str | None = None) -> Imported:
    """Writes config.yaml and weights.safetensors into a folder, which is made if it does not exist.

    dataset: the name of a bundled data set, or a path, from the current folder. target: its target column.
    Raises InputError for a file that is no .keras file or is damaged, and for what nnctl does not have.
    """
    archive = KerasArchive(path)
    try:
        network = network_of(archive.config)
        training = _training(archive.config, network)
    except (KeyError, TypeError, IndexError, AttributeError, ValueError, RecursionError, StopIteration) as error:
        raise archive.broken(f"config.json is not as Keras writes it ({type(error).__name__}: {error})") from None
    except InputError as error:
        [problem] = error.problems
        raise InputError(problem.message, where=str(path), hint=problem.hint) from None
    bundled = dataset in BUNDLED
    if dataset and not bundled and not Path(dataset).is_absolute():
        dataset = str(Path(dataset).absolute())
    about = dataset_lines(dataset, target, bundled)
    weights = _weights(archive, network, _checked(config_text(path.name, network, training, about, False), path))
    text = config_text(path.name, network, training, about, bool(weights))
    folder.mkdir(parents=True, exist_ok=True)
    config, saved = folder / "config.yaml", folder / WEIGHTS
    if weights:
        write_safely(saved, pieces(weights, {"format": "np"}))
    write_safely(config, text.encode())
    return Imported(config, saved if weights else None, tuple(training.notes))


def _training(config: dict[str, object], network: Network) -> Training:
    ends = {next(iter(entry.values()))["name"]: next(iter(entry.items())) for entry in network.entries}
    activations = {name: ends[name][1].get("activation", ends[name][0].lower()) for name in network.outputs}
    own = {name: keras for keras, name in network.names.items()}
    names = [own.get(name, name) for name in network.outputs]
    return training_of(config.get("compile_config"), activations, names)


def _checked(text: str, path: Path) -> Config:
    """The config as nnctl reads it. What is refused here was not refused by name before."""
    try:
        return specs.loads(text, "config.yaml")
    except ConfigError as error:
        problem = error.problems[0]
        raise InputError(f"the model cannot be written as a config: {problem.message}", where=str(path),
                         hint=problem.hint) from None  # fmt: skip


def _weights(archive: KerasArchive, network: Network, spec: Config) -> dict[str, np.ndarray]:
    """The arrays of the file by "layer/weight"."""
    shapes = {name: tuple(shape) for name, shape in network.inputs.items()}
    try:
        graph = Graph.build(spec.nodes, shapes, spec.outputs)
    except NnctlError as error:
        problem = error.problems[0]
        raise InputError(f"the layers do not fit together: {problem.message}", where=str(archive.path)) from None
    groups = numbered_groups(network.order)
    names = {own: keras for keras, own in network.names.items()}
    found = {}
    for node in graph.nodes:
        if node.shared is None and (weights := graph.weights[node.name]):
            for name, place in weight_paths(node.layer, tuple(weights)).items():
                where = f"{groups[names[node.name]]}/{place}"
                found[f"{node.name}/{name}"] = archive.weight(where, weights[name].shape)
    return found
