"""Weights that training starts from in place of the initializers': those of a run or a file, and word vectors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

import numpy as np

from nnctl.config.messages import did_you_mean
from nnctl.config.types import Config
from nnctl.data import Preprocessing
from nnctl.data.dataset import Dataset
from nnctl.data.table import listing
from nnctl.engine.program import Program
from nnctl.errors import InputError, RunError, ShapeError
from nnctl.training import safetensors_writer
from nnctl.training.atomic_files import write_safely
from nnctl.training.model import Model
from nnctl.training.run_folder import INITIAL
from nnctl.training.weights_file import WeightsFile, find_file, read_weights

Array = np.ndarray
Arrays = Mapping[str, Array]  # "layer/weight" -> its initial values


class Initial(NamedTuple):
    """What a model starts from besides its initializers. notes: for the user."""

    arrays: Arrays = MappingProxyType({})
    notes: Sequence[str] = ()


def start_from(model: Model, data: Dataset) -> Initial:
    """Puts the weights that the config's `weights` and the `weights` of its Embeddings name into the model.

    Raises InputError for a file or a layer that does not fit.
    """
    spec, program = model.spec, model.program
    arrays: dict[str, Array] = {}
    notes: list[str] = []
    with_vectors = [node for node in model.graph.nodes if node.word_vectors and not node.shared]
    if spec.weights is not None:
        taken, notes = _from_file(spec, model, data.preprocessing, {node.name for node in with_vectors})
        arrays |= taken
    for node in with_vectors:
        from nnctl.training.word_vectors import with_word_vectors  # imported here to keep start-up fast

        key = f"{node.name}/embeddings"
        path = find_file(spec, node.word_vectors or "", node.where, "give a file of word vectors, such as glove.txt")
        arrays[key], note = with_word_vectors(node, path, program.view(key), data.preprocessing)
        notes.append(note)
    put(program, arrays)
    return Initial(arrays, notes)


def put(program: Program, arrays: Arrays) -> None:
    """Puts initial values into the program's weights."""
    for key, values in arrays.items():
        program.view(key)[...] = values


def save_initial(folder: Path, arrays: Arrays) -> None:
    """Keeps them in a run's folder, so that resuming the run does not need the files that they came from. Without any,
    those of a run that was stopped before it began are removed."""
    if arrays:
        write_safely(folder / INITIAL, safetensors_writer.signed(arrays, {}))
    else:
        (folder / INITIAL).unlink(missing_ok=True)


def saved_initial(folder: Path) -> Arrays | None:
    """The weights from elsewhere that a run began with, or None if there were none. Raises RunError if the file is
    damaged."""
    path = folder / INITIAL
    if not path.is_file():
        return None
    from safetensors.numpy import load  # imported here to keep start-up fast

    content = path.read_bytes()
    try:
        safetensors_writer.verified(content)
    except ValueError as error:
        raise RunError(f"the initial weights are damaged: {error}", str(path), "start a new run") from None
    arrays: Arrays = load(content)
    return arrays


def _from_file(spec: Config, model: Model, preprocessing: Preprocessing,
               others: set[str]) -> tuple[dict[str, Array], list[str]]:  # fmt: skip
    """What the file of `weights` has for the model's layers, and a note on which layers get it. others: layers whose
    weights come from elsewhere."""
    assert spec.weights is not None
    file = read_weights(spec, spec.weights.source)
    notes: list[str] = []
    if file.words:
        from nnctl.training.word_vectors import with_words_of  # imported here to keep start-up fast

        file, notes = with_words_of(file, model, preprocessing)
    ours = {name: model.program.weights_of(name) for name, own in model.graph.weights.items() if own}
    if spec.weights.layers is None:
        misfits = {name: "it has word vectors" if name in others else _misfit(file.layers.get(name), own)
                   for name, own in ours.items()}  # fmt: skip
        pairs = {name: name for name, misfit in misfits.items() if misfit is None}
        if not pairs:
            reasons = "; ".join(f"{name}: {misfit}" for name, misfit in list(misfits.items())[:5])
            raise InputError(f"{file.name} has weights for none of the layers ({reasons})", spec.where("weights.from"),
                             f"its layers are {listing(list(file.layers))}; name pairs of layers with"
                             " `layers: {name in the file: name in this config}`")  # fmt: skip
    else:
        pairs = dict(spec.weights.layers)
        for theirs, name in pairs.items():
            _check_named(spec, model, file, theirs, ours.get(name), name, name in others)
        misfits = {name: None if name in (*pairs.values(), *others) else "" for name in ours}
    arrays = {f"{name}/{weight}": _finite(file, f"{theirs}/{weight}", values)
              for theirs, name in pairs.items() for weight, values in file.layers[theirs].items()}  # fmt: skip
    return arrays, [_note(file, list(pairs.values()), misfits), *notes]


def _misfit(theirs: Mapping[str, Array] | None, ours: Mapping[str, Array]) -> str | None:
    """Why a layer's weights cannot come from those of the file, in words; None if they can."""
    if theirs is None:
        return "not in the file"
    if theirs.keys() != ours.keys():
        return f"it has {listing(sorted(theirs))} in the file and {listing(sorted(ours))} here"
    for weight, values in ours.items():
        if theirs[weight].shape != values.shape:
            return f"its {weight} is {theirs[weight].shape} in the file and {values.shape} here"
    return None


def _check_named(spec: Config, model: Model, file: WeightsFile, theirs: str, own: Mapping[str, Array] | None,
                 name: str, elsewhere: bool) -> None:  # fmt: skip
    """Raises InputError if the file's layer `theirs` cannot give its weights to the model's layer `name`."""
    where = spec.where("weights.layers")
    if own is None:
        [node] = (node for node in model.graph.nodes if node.name == name)
        if node.shared:
            raise InputError(f"layer {name!r} has the weights of {node.shared!r}", where, f"name {node.shared}")
        raise InputError(f"layer {name!r} ({node.layer.kind}) has no weights", where, "remove it from the list")
    if elsewhere:
        raise InputError(f"layer {name!r} starts from word vectors already", where,
                         f"remove it here, or remove `weights` from {name}")  # fmt: skip
    if theirs not in file.layers:
        raise InputError(f"{file.name} has no layer {theirs!r}", where, did_you_mean(theirs, file.layers))
    if misfit := _misfit(file.layers[theirs], own):
        pair = repr(name) if theirs == name else f"{theirs!r} of the file and {name!r}"
        raise ShapeError(f"the weights of layer {pair} do not fit: {misfit}", where,
                         "make the layers equal, or remove it here, to start from the initializers")  # fmt: skip


def _finite(file: WeightsFile, key: str, values: Array) -> Array:
    if values.dtype.kind not in "fiu" or not np.isfinite(values).all():
        raise InputError(f"{key} is not an array of finite numbers", file.name)
    return values


def _note(file: WeightsFile, taken: Sequence[str], misfits: Mapping[str, str | None]) -> str:
    start = f"{listing(taken)} start{'s' if len(taken) == 1 else ''} with the weights of {file.name}"
    others = [f"{name} ({misfit})" if misfit else name for name, misfit in misfits.items() if misfit is not None]
    if not others:
        return start
    return f"{start}; {listing(others)} start{'s' if len(others) == 1 else ''} from the initializers"
