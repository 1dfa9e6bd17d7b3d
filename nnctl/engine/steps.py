"""Steps: the calls of layers that a forward pass consists of, in order."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from nnctl.nn.layers.base import Array, Layer


@dataclass
class Step:
    """One call of a layer in the forward pass. Tensors are numbered slots; the model's inputs come first.

    Attributes:
        name: the node's name; an activation that is a step of its own is `node.relu`, fused steps are `one+other`.
        sources: slots of the inputs.
        targets: slots of the output and of any further outputs (states).
        owner: the node whose weights are used.
        number: the node's position in the graph; it seeds the layer's random numbers.
        overwrite: whether forward may write its output over its input.
        wants_dx: whether a weight before this step is trained, so that backward must return the input's gradient.
        trains: whether one of its own weights is trained.
    """

    name: str
    layer: Layer
    sources: tuple[int, ...]
    targets: tuple[int, ...]
    owner: str
    number: int
    weights: Mapping[str, Array] = field(default_factory=dict)
    overwrite: bool = False
    wants_dx: bool = True
    trains: bool = False

    @property
    def target(self) -> int:
        return self.targets[0]


@dataclass(frozen=True)
class Head:
    """One output of the model.

    Attributes:
        slot: of the prediction.
        activation: the step that made the prediction and that the loss may replace (softmax, sigmoid), or None.
    """

    name: str
    slot: int
    activation: Step | None
