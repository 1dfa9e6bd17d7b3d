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


class EngineSpec(Declared):
    """`engine:`: how the model is computed; results differ by rounding only.

    backend: numpy is nnctl's own engine; torch is PyTorch, for GPUs and several machines. threads: default: the number
    of cores. dtype: float64 is for verification; mixed_bfloat16 computes in bfloat16 and keeps weights in float32, and
    is for torch. device: of torch; auto is a GPU if there is one. jit_compile: compile the model with torch.compile.
    shard_rows, fuse: of numpy. shard_rows: rows of a batch that pass through the model together; default: chosen from
    the model and the size of the cache. fuse: the fusions that may be used; default: all.
    """

    backend: Literal["numpy", "torch"] = "numpy"
    threads: Annotated[int, Field(ge=1, le=1024)] | None = None
    shard_rows: Annotated[int, Field(ge=1)] | None = None
    dtype: Literal["float32", "float64", "mixed_bfloat16"] = "float32"
    device: Literal["auto", "cpu", "cuda", "mps"] = "auto"
    jit_compile: bool = False
    fuse: Annotated[tuple[Fusion, ...], BeforeValidator(listed)] = FUSIONS

    @property
    def weights_dtype(self) -> str:
        """The type of the weights."""
        return "float64" if self.dtype == "float64" else "float32"

    def on_numpy(self) -> "EngineSpec":
        """The same for nnctl's own engine, which every model can be read by."""
        changes = {"backend": "numpy", "dtype": self.weights_dtype, "device": "auto", "jit_compile": False}
        found: EngineSpec = self.model_copy(update=changes)
        return found


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
