"""The trained model as one file: the weights by name, and what turns raw data into tensors and predictions into words.

The weights that eval and predict use by default are named "layer/weight". If the run keeps others, too (those of the
last epoch beside those of the best, or the other way round), their names have a prefix: "last:layer/weight". The file
contains a SHA-256 of all its bytes, which is checked before anything in it is used.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from nnctl.data import Preprocessing
from nnctl.data.dataset import Dataset
from nnctl.engine.program import Program
from nnctl.errors import InputError, RunError
from nnctl.quoting import shell_path
from nnctl.training import safetensors_writer
from nnctl.training.atomic_files import write_safely
from nnctl.training.best_or_last import Kept, Weights, Which
from nnctl.training.model import Model
from nnctl.training.run_folder import CONFIG, FORMAT, MODEL

Array = np.ndarray

# The keys of a config that decide the model and its data: a run's model and its config.yaml agree in these.
_OF_THE_MODEL = ("dataset", "inputs", "layers", "outputs", "loss", "seed")


def save_model(path: Path, model: Model, data: Dataset, config: str, kept: Sequence[tuple[Kept, Weights]]) -> None:
    """Writes model.safetensors. kept: the weights to keep, first those to use by default."""
    write_safely(path, model_content(model, data.preprocessing, config, kept))


def model_content(model: Model, preprocessing: Preprocessing, config: str,
                  kept: Sequence[tuple[Kept, Weights]]) -> Iterator[bytes | memoryview]:  # fmt: skip
    """The bytes of model.safetensors, in pieces: the weights, and as JSON in its metadata the config, the preprocessing
    (with the class names) and the input shapes. kept: as in `save_model`."""
    (first, weights), *others = kept
    arrays = _named(model.program, weights)
    for other, its in others:
        if not all(np.array_equal(its[name], weights[name]) for name in ("parameters", "state")):
            arrays |= {f"{other.weights}:{key}": w for key, w in _named(model.program, its).items()}
    about = {
        "format": FORMAT,
        "config": config,
        "preprocessing": preprocessing.to_json(),
        "input_shapes": {name: list(model.graph.shapes[name]) for name in model.graph.inputs},
        "default": first.weights,
        "kept": {each.weights: each.to_json() for each, _ in kept},
    }
    # one key besides the checksum: the library writes several in random order, but a run's bytes must be reproducible
    return safetensors_writer.signed(arrays, {"nnctl": json.dumps(about)})


def load_model(path: Path, weights: Which | None = None) -> tuple[Model, Preprocessing]:
    """Reads what save_model wrote.

    weights: "best" or "last"; None for the run's default, which is the best if there is a validation split, unless the
    config has `keep: last`. `model.kept` is what was chosen.

    Raises RunError if the file is missing, damaged, of another format or of another run; InputError if the run has no
    such weights.
    """
    if not path.is_file():
        resume = f"nnctl train --resume {shell_path(path.parent)}"
        raise RunError(
            "the model is missing", where=str(path), hint=f"the run may not be finished; to resume it: {resume}"
        )
    return read_model(path, path.read_bytes(), weights)


def read_model(path: Path, content: bytes, weights: Which | None = None) -> tuple[Model, Preprocessing]:
    """As `load_model`, from the bytes of the file. path: what messages call it."""
    from safetensors import SafetensorError  # imported here to keep start-up fast
    from safetensors.numpy import load

    from nnctl import config as spec  # imported here to keep start-up fast

    about = about_of(path, content)
    try:
        kept = _chosen(path, about, weights)
        checked = spec.loads(about["config"], file=str(path))
        checked = replace(checked, engine=checked.engine.on_numpy())  # whichever engine has trained it
        preprocessing = Preprocessing.from_json(about["preprocessing"])
        targets = {name: coder.target for name, coder in preprocessing.targets.items()}
        shapes = {name: tuple(shape) for name, shape in about["input_shapes"].items()}
        model = Model.build(checked, shapes, targets, initialize=False)
        arrays = load(content)
        own = f"{kept.weights}:" if any(name.startswith(f"{kept.weights}:") for name in arrays) else ""
        for name, w in model.program.named_weights().items():
            saved = arrays[own + name]
            if saved.shape != w.shape:
                raise ValueError(f"{name} has the shape {saved.shape}, but in the config it has {w.shape}")
            w[...] = saved
    except (ValueError, KeyError, TypeError, SafetensorError) as error:
        raise RunError(f"the model cannot be read: {error}", where=str(path),
                       hint="the file was not written by this nnctl") from None  # fmt: skip
    model.kept = kept
    return model, preprocessing


def about_of(path: Path, content: bytes) -> dict[str, Any]:
    """The metadata of a model's file, whose checksum is verified. Raises RunError."""
    again = (
        f"nnctl train --resume {shell_path(path.parent)} writes it again from the run's checkpoint"
        if (path.parent / CONFIG).is_file() else "give the folder of a run, or its model.safetensors"
    )  # fmt: skip
    try:
        metadata = safetensors_writer.verified(content)
        about = json.loads(metadata["nnctl"])
        found = about["format"]
    except safetensors_writer.Unsigned as error:
        found = _format_of(error.metadata)
        if found is None:
            raise RunError(
                "this is not a model written by nnctl, or it is damaged", where=str(path), hint=again
            ) from None
        if found == FORMAT:
            raise RunError("the model is damaged: its checksum is missing", where=str(path), hint=again) from None
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise RunError(f"the model is damaged: {error}", where=str(path), hint=again) from None
    if found == "nnctl 1":
        raise RunError(
            "the model was written by an earlier version of nnctl, without a checksum", where=str(path), hint=again
        )
    if found != FORMAT:
        raise RunError(
            f"the file's format is {found!r}; this nnctl reads {FORMAT!r}", where=str(path),
            hint="use the version of nnctl that it was trained with",
        )  # fmt: skip
    _check_run(path, about)
    checked: dict[str, Any] = about
    return checked


def _format_of(metadata: Any) -> str | None:
    try:
        found = json.loads(metadata["nnctl"])["format"]
    except (ValueError, KeyError, TypeError):
        return None
    return None if found is None else str(found)


def _check_run(path: Path, about: Mapping[str, Any]) -> None:
    """Raises RunError if the file is in the folder of another run than its own."""
    config = path.parent / CONFIG
    if path.name != MODEL or not config.is_file():
        return
    text = config.read_text(encoding="utf-8", errors="replace")
    if text == about["config"]:
        return
    from nnctl.config.yaml_reader import read  # imported here to keep start-up fast
    from nnctl.errors import ConfigError

    try:
        ours, its = read(text, str(config)).data, read(about["config"], str(path)).data
    except ConfigError:  # a config that cannot be read is another matter
        return
    other = [key for key in _OF_THE_MODEL if isinstance(ours, dict) and ours.get(key) != its.get(key)]
    if other:
        raise RunError(f"the model is not this run's: its {other[0]} is not that of {CONFIG}", where=str(path),
                       hint=f"nnctl train --resume {shell_path(path.parent)} writes the run's own")  # fmt: skip


def _chosen(path: Path, about: Mapping[str, Any], weights: Which | None) -> Kept:
    which = weights or about["default"]
    if which not in ("best", "last"):
        raise InputError(f"weights are 'best' or 'last', not {which!r}", where=str(path))
    if which not in about["kept"]:
        there = Kept.of(about["default"], about["kept"][about["default"]])
        raise InputError(f"the run has no {which} weights: it has no best epoch", where=str(path),
                         hint=f"it has the {there}; remove --weights {which}")  # fmt: skip
    return Kept.of(which, about["kept"][which])


def _named(program: Program, weights: Weights) -> dict[str, Array]:
    """The weights by "layer/weight", as views."""
    flat = [("parameters", program.spans), ("state", program.state_spans)]
    return {
        key: weights[buffer][span].reshape(program.shapes[key]) for buffer, spans in flat for key, span in spans.items()
    }
