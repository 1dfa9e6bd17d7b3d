"""The checked config: typed values that the rest of nnctl uses."""

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

ENGINES = ("numpy",)  # the backends that are implemented; for others a config gets an error


class EngineSpec(Declared):
    """`engine:`: how the model is computed; results differ by rounding only.

    threads: default: the number of cores. shard_rows: rows of a batch that pass through the model together; default:
    chosen from the model and the size of the cache. dtype: float64 is for verification. fuse: the fusions that may be
    used; default: all.
    """

    backend: Literal["numpy", "torch"] = "numpy"
    threads: Annotated[int, Field(ge=1, le=1024)] | None = None
    shard_rows: Annotated[int, Field(ge=1)] | None = None
    dtype: Literal["float32", "float64"] = "float32"
    fuse: Annotated[tuple[Fusion, ...], BeforeValidator(listed)] = FUSIONS


@dataclass(frozen=True)
class InitialWeights:
    """`weights:`: where training takes its initial weights from.

    source: a run's folder, or a safetensors file. layers: name in the file -> name in the model; None for all layers
    whose names and shapes match.
    """

    source: str
    layers: Mapping[str, str] | None = None


@dataclass(frozen=True)
class Config:
    """A whole config, checked.

    nodes and outputs are the graph; losses, loss_weights, metrics and weighted_metrics are by output name.
    inputs is empty if the config names none. A batch_size of None is the whole training set.
    weights: where the initial weights come from; None for the initializers alone.
    keep: the weights that eval and predict use if there is a validation split; without one they are the last.
    resolved: every key with its value, including defaults, as plain YAML values.
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
    weights: InitialWeights | None = None
    keep: Literal["best", "last"] = "best"
    engine: EngineSpec = field(default_factory=EngineSpec)
    file: str | None = None
    resolved: Mapping[str, Any] = field(default_factory=dict)
    origins: Mapping[str, str] = field(default_factory=dict)
    places: Mapping[str, str] = field(default_factory=dict)

    def where(self, path: str) -> str:
        """`file:line:column: path`, with the nearest known place of a key path."""
        prefix = path
        while prefix and prefix not in self.places:
            prefix = prefix.rpartition(".")[0]
        place = self.places.get(prefix, self.file or "config")
        return f"{place}: {path}"
