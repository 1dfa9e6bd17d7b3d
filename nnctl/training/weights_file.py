"""Files of weights to start from: the model of a run, or a safetensors file whose arrays are named "layer/weight"."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from nnctl.config.types import Config
from nnctl.data import Preprocessing
from nnctl.data.preprocessing.text import TextInput
from nnctl.engine.graph import Node
from nnctl.errors import InputError
from nnctl.training import safetensors_writer
from nnctl.training.best_or_last import Kept
from nnctl.training.model_file import about_of
from nnctl.training.run_folder import MODEL, existing_folder

Array = np.ndarray
_FORM = "give the folder of a finished run, or a safetensors file"


@dataclass(frozen=True)
class WeightsFile:
    """The weights in a file: layer -> weight -> values.

    name: what messages call the file. words: of a run, layer -> the words whose token ids it reads.
    """

    name: str
    layers: Mapping[str, Mapping[str, Array]]
    words: Mapping[str, Sequence[str]] = field(default_factory=dict)


def read_weights(spec: Config, given: str) -> WeightsFile:
    """The weights of a run, those that eval and predict use, or of a safetensors file.

    Raises InputError if there is no such run or file, or it is damaged or no safetensors file.
    """
    from safetensors import SafetensorError  # imported here to keep start-up fast
    from safetensors.numpy import load

    where = spec.where("weights.from")
    path = find_file(spec, given, where, _FORM)
    if path.is_dir():
        path = existing_folder(path) / MODEL
    name, words = given, {}
    try:
        content = path.read_bytes()
        if "nnctl" in _metadata(content):
            about = about_of(path, content)
            name = f"{given} ({Kept.of(about['default'], about['kept'][about['default']])})"
            words = _words(about)
        arrays = load(content)
    except OSError as error:
        raise InputError(f"{str(path)!r} cannot be read: {error.strerror}", where, _FORM) from None
    except (SafetensorError, ValueError, KeyError, TypeError) as error:
        raise InputError(f"{str(path)!r} cannot be read: {error}", where, _FORM) from None
    layers = by_layer({key: values for key, values in arrays.items() if ":" not in key})  # a run's other weights
    if not layers:
        raise InputError(f"{given!r} has no arrays named layer/weight, such as dense/kernel", where,
                         "rename its arrays, or import the model with nnctl import")  # fmt: skip
    return WeightsFile(name, layers, words)


def words_of(node: Node, preprocessing: Preprocessing) -> tuple[str, ...] | None:
    """The words whose token ids a layer reads, the first of which has the id 2; None if it reads something else."""
    source = preprocessing.inputs.get(node.sources[0])
    return source.words if isinstance(source, TextInput) else None


def _words(about: Mapping[str, Any]) -> dict[str, Sequence[str]]:
    """By layer of a run, the words whose token ids it reads."""
    preprocessing = Preprocessing.from_json(about["preprocessing"])
    if not any(isinstance(entry, TextInput) for entry in preprocessing.inputs.values()):
        return {}
    from nnctl import config as specs  # imported here to keep start-up fast

    nodes = specs.loads(about["config"], overrides=["engine.backend=numpy"]).nodes
    return {node.name: words for node in nodes if (words := words_of(node, preprocessing))}


def find_file(spec: Config, given: str, where: str | None, hint: str) -> Path:
    """The path, from the folder of the config if it exists there, else from the current one. Raises InputError if there
    is no such file or folder."""
    path = Path(given).expanduser()
    if spec.file and (beside := Path(spec.file).parent / path).exists():
        path = beside
    if not path.exists():
        raise InputError(f"there is no file or folder {given!r}", where, hint)
    return path


def by_layer(arrays: Mapping[str, Array]) -> dict[str, dict[str, Array]]:
    """layer -> weight -> values, of arrays by "layer/weight"; others are left out."""
    layers: dict[str, dict[str, Array]] = {}
    for key, values in arrays.items():
        layer, slash, weight = key.partition("/")
        if layer and slash and weight:
            layers.setdefault(layer, {})[weight] = values
    return layers


def _metadata(content: bytes) -> Mapping[str, str]:
    """The file's metadata. Raises ValueError if the file has a checksum that does not match."""
    try:
        return safetensors_writer.verified(content)
    except safetensors_writer.Unsigned as error:
        return error.metadata if isinstance(error.metadata, dict) else {}
