"""Builds a checked Config from the plain data of a file; every problem is reported with its place and a hint."""

import math
import re
from collections.abc import Mapping, Sequence
from pathlib import Path as FilePath
from typing import Annotated, Any, Literal

import nnctl.nn.layers  # noqa: F401  (its modules declare the layers)
from nnctl.components.fast_checks import Field
from nnctl.components.registry import Choice, Declared, Family
from nnctl.config.callbacks import callbacks
from nnctl.config.components import BAD, build_declared, build_member
from nnctl.config.config_files import find_config, is_data, read_config, starter_hint
from nnctl.config.defaults import resolve
from nnctl.config.graph_builder import Network, build_network
from nnctl.config.initial_weights import initial_weights
from nnctl.config.messages import did_you_mean, nearest, show_value
from nnctl.config.overrides import apply
from nnctl.config.source_map import Document, Findings, Path
from nnctl.config.types import Config, EngineSpec
from nnctl.config.yaml_reader import read
from nnctl.counted import counted
from nnctl.data.config import IN_MEMORY, DatasetSpec
from nnctl.nn.losses import Loss
from nnctl.nn.losses.base import losses
from nnctl.nn.metrics import Metric, metrics
from nnctl.nn.optimizers import optimizers

KEYS = (
    "name", "seed", "dataset", "inputs", "layers", "outputs", "loss", "loss_weights", "optimizer", "metrics",
    "weighted_metrics", "weights", "epochs", "batch_size", "class_weight", "callbacks", "keep", "engine",
)  # fmt: skip
_REQUIRED = {
    "dataset": "add dataset: iris, or dataset: {path: data.csv, target: column}",
    "layers": "add layers:, a list such as - Dense: {units: 16, activation: relu}",
    "loss": "add loss: sparse_categorical_crossentropy for classes, loss: mse for numbers",
}
_BELONGS = {  # keys that people write at the top level, and where they belong
    "learning_rate": "optimizer: {adam: {learning_rate: ...}}",
    "lr": "optimizer: {adam: {learning_rate: ...}}",
    "validation_split": "dataset: {split: {validation: ...}}",
    "split": "dataset: {split: {validation: 0.2, test: 0.2}}",
    "target": "dataset: {path: ..., target: ...}",
    "path": "dataset: {path: ...}",
    "threads": "engine: {threads: ...}",
    "backend": "engine: {backend: ...}",
    "early_stopping": "callbacks: [{EarlyStopping: {patience: ...}}]",
}
_DATA_FILE = re.compile(r".*(/|\\|\.(csv|tsv|txt|json|jsonl|ndjson|parquet|npz|npy|gz)$)", re.DOTALL)


_NAME = "1 to 100 letters, digits, underscores, blanks, dots and dashes, and begin with a letter, digit or underscore"


class Settings(Declared):
    """The top-level keys with plain values."""

    name: Annotated[str, Field(pattern=r"^\w[\w .-]{0,99}$", words=_NAME)] = "config"
    seed: Annotated[int, Field(ge=0)] = 0
    epochs: Annotated[int, Field(ge=1)] = 1
    batch_size: Annotated[int, Field(ge=1)] | Literal["all"] = 32
    class_weight: Mapping[str, Annotated[float, Field(ge=0)]] | Literal["balanced"] | None = None
    keep: Literal["best", "last"] = "best"
    engine: EngineSpec = EngineSpec()


def load(path: str | FilePath, overrides: Sequence[str] = (), in_memory: bool = False) -> Config:
    """Loads a config file, or the ready config of that name.

    overrides: `key.path=value` strings, which take precedence over the file. in_memory: rows that a program passes take
    the place of the files of `dataset`. Raises ConfigError, InputError.
    """
    file = find_config(path)
    return _build(read(read_config(file), str(file)), overrides, in_memory)


def loads(text: str | bytes, file: str = "config", overrides: Sequence[str] = (), in_memory: bool = False) -> Config:
    """Loads a config from text. file: the name of the text in error messages."""
    return _build(read(text, file), overrides, in_memory)


def _build(document: Document, overrides: Sequence[str], in_memory: bool) -> Config:
    found = Findings(document)
    if not isinstance(document.data, dict):
        hint = starter_hint(document.file) if is_data(document.file) else "a config starts with dataset: ..."
        found.add((), f"expected keys and values, got {show_value(document.data)}", hint)
        found.stop_if_any()
    apply(found, overrides)
    data = document.data
    if in_memory:
        data["dataset"] = _in_memory(data.get("dataset"))
    for key in data:
        if key not in KEYS:
            belongs = _BELONGS.get(key.lower())
            found.add((key,), f"unknown key {show_value(key)}",
                      f"it belongs under {belongs}" if belongs else did_you_mean(key, KEYS))  # fmt: skip
    missing = {key for key in _REQUIRED if data.get(key) is None}
    misspelt = {name for key in data if key not in KEYS for name in nearest(key, KEYS)}
    for key in sorted(missing - misspelt):
        found.add((key,), "is empty" if key in data else "is required, but missing", _REQUIRED[key])

    settings = _settings(found, data)
    dataset: Any = None if "dataset" in missing else _dataset(found, data["dataset"])
    network = Network()
    if "layers" not in missing:
        network = build_network(found, data["layers"], data.get("inputs"), data.get("outputs"))
    moved: dict[Path, Path] = {("dataset", "name"): ("dataset",)} if isinstance(data.get("dataset"), str) else {}
    per_output = _PerOutput(found, network.outputs, moved)
    given_losses = {} if "loss" in missing else per_output.losses(data["loss"])
    weighted_metrics = per_output.metrics("weighted_metrics", data.get("weighted_metrics"), {})
    usual = {} if any(weighted_metrics.values()) else given_losses
    given_metrics = per_output.metrics("metrics", data.get("metrics"), usual)
    loss_weights = per_output.weights(data.get("loss_weights"))
    optimizer = build_member(found, Choice(optimizers), data.get("optimizer") or "adam", ("optimizer",))
    callbacks = _callbacks(found, data.get("callbacks"))
    weights = initial_weights(found, data.get("weights"), [node.name for node in network.nodes], moved)
    found.stop_if_any()
    config = Config(
        name=settings.name,
        seed=settings.seed,
        dataset=dataset,
        nodes=network.nodes,
        outputs=network.outputs,
        losses=given_losses,
        optimizer=optimizer,
        inputs=network.inputs,
        loss_weights=loss_weights,
        metrics=given_metrics,
        weighted_metrics=weighted_metrics,
        epochs=settings.epochs,
        batch_size=None if settings.batch_size == "all" else settings.batch_size,
        class_weight=settings.class_weight,
        callbacks=callbacks,
        weights=weights,
        keep=settings.keep,
        engine=settings.engine,
        file=document.file,
    )
    return resolve(config, document, network, moved)


def _settings(found: Findings, data: dict[str, Any]) -> Settings:
    given = {key: value for key, value in data.items() if key in Settings.model_fields and value is not None}
    stem = re.sub(r"[^\w .-]", "_", FilePath(found.document.file).stem)[:100]
    given.setdefault("name", stem if re.match(r"\w", stem) else "config")
    settings: Settings = build_declared(found, Settings, given, ())
    if settings is not BAD and settings.engine.backend == "numpy":
        engine, usual = settings.engine, EngineSpec()
        for key in ("device", "dtype", "jit_compile"):
            if getattr(engine, key) != getattr(engine.on_numpy(), key) and (key, engine.device) != ("device", "cpu"):
                found.add(
                    ("engine", key),
                    f"{key}: {str(getattr(engine, key)).lower()} is for the torch backend, but the backend is numpy",
                    f"use --engine torch, or {key}: {str(getattr(usual, key)).lower()}",
                )
    return settings


def _dataset(found: Findings, given: Any) -> Any:
    path: Path = ("dataset",)
    if isinstance(given, str):
        if _DATA_FILE.match(given):
            found.add(path, f"{show_value(given)} is a file, not the name of a bundled data set",
                      f"write dataset: {{path: {given[:80]}, target: ...}}")  # fmt: skip
            return BAD
        given = {"name": given}
    built = build_declared(found, DatasetSpec, given, path)
    if built is not BAD and (built.name is None) == (built.path is None):
        what = "name and path cannot be used together" if built.name else "needs a name or a path"
        found.add(path, what, "use either name: (a bundled data set) or path: (files)")
    return built


def _in_memory(given: Any) -> Any:
    """A `dataset:` whose rows a program passes: as given, but for its `path` and its `name`."""
    if given is not None and not isinstance(given, str | dict):
        return given
    rest = given if isinstance(given, dict) else {}
    return {"path": IN_MEMORY, **{key: value for key, value in rest.items() if key not in ("name", "path")}}


class _PerOutput:
    """`loss`, `loss_weights`, `metrics` and `weighted_metrics`, each for all outputs, by name of the output, or as a
    list in the order of the outputs.
    """

    def __init__(self, found: Findings, outputs: Sequence[str], moved: dict[Path, Path]):
        self.found = found
        self.outputs = outputs
        self.moved = moved  # resolved path -> where it is written in the config

    def losses(self, given: Any) -> dict[str, Loss]:
        shares = self.share("loss", given, losses)
        built = {name: build_member(self.found, Choice(losses), *share) for name, share in shares.items()}
        return {name: loss for name, loss in built.items() if loss is not BAD}

    def weights(self, given: Any) -> dict[str, float]:
        weights = dict.fromkeys(self.outputs, 1.0)
        if given is None:
            return weights
        if isinstance(given, int | float):
            given = [given]
        for name, (value, path) in self.share("loss_weights", given, None, partial=True).items():
            number = isinstance(value, int | float) and not isinstance(value, bool)
            if number and value >= 0 and math.isfinite(value):
                weights[name] = float(value)
            else:
                self.found.add(path, f"expected a number of at least 0, got {show_value(value)}")
        return weights

    def metrics(self, key: str, given: Any, built_losses: Mapping[str, Loss]) -> dict[str, tuple[Metric, ...]]:
        """The metrics given under `metrics` or `weighted_metrics`; if none are given, the usual one for each loss."""
        if given is None:
            usual = {"number": "mae", "sequence": "label_error_rate"}
            chosen = {name: (metrics.build(usual.get(loss.labels, "accuracy")),) for name, loss in built_losses.items()}
            return {name: chosen.get(name, ()) for name in self.outputs}
        by_output = isinstance(given, dict) and self.names_outputs(given, metrics)
        shares = (
            self.share(key, given, metrics, partial=True) if by_output
            else dict.fromkeys(self.outputs, (given, (key,)))
        )  # fmt: skip
        chosen = {}
        for position, (name, (value, path)) in enumerate(shares.items()):
            if not by_output:
                self.moved[(key, name)] = path
            if not isinstance(value, list):
                self.moved[(key, name, 0)] = path
                items = [] if value is None else [(value, path)]
            else:
                items = [(item, (*path, index)) for index, item in enumerate(value)]
            if position and not by_output:
                chosen[name] = chosen[self.outputs[0]]  # the same list: its problems are reported once
            else:
                members = [build_member(self.found, Choice(metrics), *item) for item in items]
                chosen[name] = tuple(member for member in members if member is not BAD)
        return {name: chosen.get(name, ()) for name in self.outputs}

    def names_outputs(self, given: dict[str, Any], family: Family | None) -> bool:
        """Whether the keys of a mapping are outputs, and not the name of a member with its arguments."""
        if family is None or len(given) != 1:
            return True
        [name] = given
        return name in self.outputs or not (nearest(name, family, 1) or isinstance(given[name], dict | None))

    def share(self, key: str, given: Any, family: Family | None, partial: bool = False) -> dict[str, tuple[Any, Path]]:
        """{output: (its value, the key path of the value)}. partial: outputs may be left out."""
        if not self.outputs:
            return {}  # the layers could not be read, which is reported already
        if isinstance(given, dict) and given and self.names_outputs(given, family):
            for name in given:
                if name not in self.outputs:
                    self.found.add(
                        (key, name), f"{show_value(name)} is not an output", did_you_mean(name, self.outputs)
                    )
            missing = [name for name in self.outputs if name not in given]
            misspelt = {near for name in given for near in nearest(name, missing)}
            if not partial and (missing := [name for name in missing if name not in misspelt]):
                self.found.add((key,), f"output {missing[0]!r} has no {key}", f"add {missing[0]}: ... under {key}:")
            return {name: (given[name], (key, name)) for name in self.outputs if name in given}
        if isinstance(given, list):
            if len(given) != len(self.outputs):
                self.found.add((key,), f"a list of {len(given)} for {counted(len(self.outputs), 'output')}",
                               f"name them: {key}: {{{self.outputs[0]}: ...}}")  # fmt: skip
                return {}
            shares: dict[str, tuple[Any, Path]] = {name: (given[i], (key, i)) for i, name in enumerate(self.outputs)}
        elif family is None:
            self.found.add((key,), f"expected a mapping by output, got {show_value(given)}",
                           f"write {key}: {{{self.outputs[0]}: 1.0}}")  # fmt: skip
            return {}
        else:
            shares = {name: (given, (key,)) for name in self.outputs}
        self.moved |= {(key, name): path for name, (_, path) in shares.items()}
        return shares


def _callbacks(found: Findings, given: Any) -> tuple[Any, ...]:
    if given is None or given == []:
        return ()
    choice = Choice(callbacks)
    path: Path = ("callbacks",)
    if isinstance(given, str):
        given = [given]
    if not isinstance(given, list):
        found.add(path, f"expected a list of callbacks, got {show_value(given)}",
                  "write a list: - EarlyStopping: {patience: 5}")  # fmt: skip
        return ()
    built = [build_member(found, choice, item, (*path, index)) for index, item in enumerate(given)]
    return tuple(member for member in built if member is not BAD)
