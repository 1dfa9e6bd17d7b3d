"""The checked spec: what a config says, as typed values the rest of nnctl works from."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

from nnctl.components.fast_checks import BeforeValidator, Field
from nnctl.components.registry import Declared, listed
from nnctl.data.config import DatasetSpec, InputSpec
from nnctl.engine.fusions.names import FUSIONS, Fusion
from nnctl.engine.graph import Node
from nnctl.nn.losses import Loss
from nnctl.nn.metrics import Metric
from nnctl.nn.optimizers import Optimizer

ENGINES = ("numpy",)  # the backends that there is code for; a config may name others, and is told that they are missing


class EngineSpec(Declared):
    """`engine:`: how to compute, never what.

    threads: default the cores. shard_rows: rows of a batch that go through the model at a time, default chosen
    from the model and the cache. dtype: float64 is for checks. fuse: which steps may be done as one, default all that
    can be; the numbers are the same but for rounding.
    """

    backend: Literal["numpy", "torch"] = "numpy"
    threads: Annotated[int, Field(ge=1, le=1024)] | None = None
    shard_rows: Annotated[int, Field(ge=1)] | None = None
    dtype: Literal["float32", "float64"] = "float32"
    fuse: Annotated[tuple[Fusion, ...], BeforeValidator(listed)] = FUSIONS


@dataclass(frozen=True)
class Config:
    """A whole config, checked.

    nodes and outputs make the graph; losses, loss_weights, metrics and weighted_metrics are by output name.
    inputs is empty where the config names none. batch_size None is the whole training set.
    keep: which weights eval and predict use where there is a validation split; without one they are the last.
    resolved: every key with its value, defaults in, as plain YAML values.
    origins: key path ("optimizer.adam.beta_1") -> "line 7", "--set" or "default".
    places: key path -> "file:line:column", for error messages.
    """

    name: str
    seed: int
    dataset: DatasetSpec
    nodes: tuple[Node, ...]
    outputs: tuple[str, ...]
    losses: Mapping[str, Loss]
    optimizer: Optimizer
    inputs: Mapping[str, InputSpec] = field(default_factory=dict)
    loss_weights: Mapping[str, float] = field(default_factory=dict)
    metrics: Mapping[str, tuple[Metric, ...]] = field(default_factory=dict)
    weighted_metrics: Mapping[str, tuple[Metric, ...]] = field(default_factory=dict)
    epochs: int = 1
    batch_size: int | None = 32
    class_weight: Mapping[str, float] | Literal["balanced"] | None = None
    callbacks: tuple[Any, ...] = ()
    keep: Literal["best", "last"] = "best"
    engine: EngineSpec = field(default_factory=EngineSpec)
    file: str | None = None
    resolved: Mapping[str, Any] = field(default_factory=dict)
    origins: Mapping[str, str] = field(default_factory=dict)
    places: Mapping[str, str] = field(default_factory=dict)

    def where(self, path: str) -> str:
        """`file:line:column: path`, the nearest place known for a key path."""
        prefix = path
        while prefix and prefix not in self.places:
            prefix = prefix.rpartition(".")[0]
        place = self.places.get(prefix, self.file or "config")
        return f"{place}: {path}"
