"""The program: a graph made ready to run.

All trainable weights live in one flat buffer and all other figures that are kept (moving means) in a second;
layers see views. An optimizer step, a checkpoint, a broadcast is then one pass over flat memory.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from nnctl.engine.fusions.bias_activation import Epilogue
from nnctl.engine.fusions.names import FUSIONS
from nnctl.engine.graph import Graph, Node, states_of
from nnctl.errors import ShapeError
from nnctl.kernels import aligned
from nnctl.nn.layers.activation import Activation
from nnctl.nn.layers.base import Layer

Array = np.ndarray


@dataclass
class Step:
    """One call of the forward pass. Tensors are numbered slots: the model's inputs first.

    targets: its output, then its further outputs (states). owner: the node whose weights it uses. overwrite:
    forward may write its output over its input.
    wants_dx: something before it is trained. number: seeds the layer's random numbers.
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
    """One output of the model. slot: of the prediction. activation: the step that made it and that a loss
    may take over (softmax, sigmoid), or None."""

    name: str
    slot: int
    activation: Step | None


class Program:
    """Weights, and the steps that use them.

    seed: of the initial weights and of everything random in the layers. dtype: float32, or float64 for checks.
    parameters: (n,) all trainable weights. state: (m,) everything else that is saved with the model.
    slot_shapes: of each slot's tensor, without its rows.
    spans: "dense/kernel" -> its slice of `parameters`. state_spans: likewise of `state`.
    fuse: which steps may be done as one (see nnctl.engine.fusions.names). A bias and an activation are one step, and where they are
    followed by a max-pooling and the activation is monotone they come after it, to a fraction of the numbers.
    """

    def __init__(self, graph: Graph, *, seed: int = 0, dtype: Any = np.float32, initialize: bool = True,
                 fuse: Iterable[str] = FUSIONS):  # fmt: skip
        self.graph, self.seed, self.dtype, self.fuse = graph, seed, np.dtype(dtype), frozenset(fuse)
        self.spans: dict[str, slice] = {}
        self.state_spans: dict[str, slice] = {}
        self.shapes: dict[str, tuple[int, ...]] = {}
        self._lay_out()
        self.parameters = aligned.zeros(self._ends[0], self.dtype)
        self.state = np.zeros(self._ends[1], self.dtype)
        self.steps, self.heads, self.slots = self._lower()
        if "convolution" in self.fuse and any(step.layer.deals() for step in self.steps):
            from nnctl.engine.fusions.convolution import (
                fused_convolutions,  # with the layers that only these models have
            )

            self.steps = fused_convolutions(self.steps, self.heads, graph)
        self.regularized = [
            (f"{owner}/{name}", weight.regularizer)
            for owner, weights in graph.weights.items()
            for name, weight in weights.items()
            if weight.regularizer is not None and f"{owner}/{name}" in self.spans
        ]
        if initialize:
            self.initialize()

    def _lay_out(self) -> None:
        """Gives each weight its place, the trainable ones in the first buffer."""
        trainable = {self.graph.owner(node): node.layer.trainable for node in reversed(self.graph.nodes)}
        ends = [0, 0]
        for owner, weights in self.graph.weights.items():
            for name, weight in weights.items():
                kind = 0 if weight.trainable and trainable[owner] else 1
                size = int(np.prod(weight.shape, dtype=np.int64))
                spans = (self.spans, self.state_spans)[kind]
                spans[f"{owner}/{name}"] = slice(ends[kind], ends[kind] + size)
                self.shapes[f"{owner}/{name}"] = weight.shape
                ends[kind] += size
        self._ends = ends

    def view(self, key: str, parameters: Array | None = None) -> Array:
        """The weight "node/name" in its own shape; `parameters` may be another buffer of the same layout."""
        if key in self.spans:
            flat = (self.parameters if parameters is None else parameters)[self.spans[key]]
        else:
            flat = self.state[self.state_spans[key]]
        return flat.reshape(self.shapes[key])

    def weights_of(self, owner: str) -> dict[str, Array]:
        """A node's weights by name, as views."""
        return {name: self.view(f"{owner}/{name}") for name in self.graph.weights[owner]}

    def gradients_of(self, owner: str, gradients: Array) -> dict[str, Array]:
        """A node's trainable weights by name, as views of a gradient buffer."""
        keys = ((name, f"{owner}/{name}") for name in self.graph.weights[owner])
        return {name: self.view(key, gradients) for name, key in keys if key in self.spans}

    def named_weights(self) -> dict[str, Array]:
        """Every weight by "node/name", as views: what is saved."""
        return {key: self.view(key) for key in (*self.spans, *self.state_spans)}

    def initialize(self) -> None:
        """Draws every weight anew, each from its own stream of random numbers."""
        for i, (owner, weights) in enumerate(self.graph.weights.items()):
            for j, (name, weight) in enumerate(weights.items()):
                rng = np.random.default_rng((self.seed, i, j))
                try:
                    self.view(f"{owner}/{name}")[...] = weight.initializer.sample(weight.shape, rng, weight.fans)
                except ShapeError as error:
                    [node] = (node for node in self.graph.nodes if node.name == owner)
                    problem = error.problems[0]
                    message = f"layer {owner!r} ({node.layer.kind}) cannot start its {name}: {problem.message}"
                    raise ShapeError(message, where=node.where, hint=problem.hint) from None

    def _lower(self) -> tuple[list[Step], list[Head], int]:
        """Nodes to steps: a layer's `activation` becomes a step of its own."""
        slots = {name: i for i, name in enumerate(self.graph.inputs)}
        self.slot_shapes = {slot: self.graph.shapes[name] for name, slot in slots.items()}
        moving = {slot: False for slot in slots.values()}  # slot -> whether anything before it is trained
        count = len(slots)
        steps: list[Step] = []
        made_by: dict[int, Step] = {}
        postponed: dict[str, tuple[Any, str | None]] = {}  # pooling -> the activation before it, whose bias comes too
        for number, node in enumerate(self.graph.nodes):
            owner = self.graph.owner(node)
            sources = tuple(slots[source] for source in node.sources)
            wants_dx = any(moving[source] for source in sources)
            states = states_of(node)
            targets = tuple(range(count, count + 1 + len(states)))
            layer, weights = node.layer, self.weights_of(owner)
            function, biased = node.layer.outer_activation(), None
            if function is not None and function.kind == "linear":
                function = None
            # a loss may take over the last activation: its bias stays where it is
            if (
                "activation" in self.fuse
                and function
                and node.name not in self.graph.outputs
                and Epilogue.fits(layer, function)
            ):
                layer, biased = layer.model_copy(update={"use_bias": False}), owner
                weights = {name: w for name, w in weights.items() if name != "bias"}
            trains = any(f"{owner}/{name}" in self.spans for name in weights)
            step = Step(node.name, layer, sources, targets, owner, number, weights, wants_dx=wants_dx, trains=trains)
            steps.append(step)
            made_by[count] = step
            moving |= dict.fromkeys(targets, trains or wants_dx)
            slots |= zip((node.name, *states), targets, strict=True)
            self.slot_shapes |= {
                slot: self.graph.shapes[name] for name, slot in zip((node.name, *states), targets, strict=True)
            }
            count += len(targets)
            if node.name in postponed:
                function, biased = postponed[node.name]
            elif function and (pool := self._largest_after(node, function)):
                postponed[pool.name] = function, biased
                continue
            if function:
                after = self._activation_step(node, function, biased, step, count, number)
                after.wants_dx = moving[step.target]
                steps.append(after)
                made_by[count] = after
                moving[count] = after.wants_dx or after.trains
                slots[node.name] = count
                self.slot_shapes[count] = self.graph.shapes[node.name]
                count += 1
        heads = []
        for output in self.graph.outputs:
            last = made_by[slots[output]]
            fusable = hasattr(last.layer, "function") and self.graph.consumers(output) == 1
            heads.append(Head(output, slots[output], last if fusable else None))
        return steps, heads, count

    def _activation_step(self, node: Node, function: Any, biased: str | None, before: Step, target: int,
                         number: int) -> Step:  # fmt: skip
        """The step that applies an activation, and the bias of the layer `biased`, to what `before` gives."""
        name = f"{node.name}.{function.kind}"
        free = not (function.needs_input or node.layer.keeps_output)
        if biased is None:
            return Step(name, Activation(activation=function), (before.target,), (target,), node.name, number,
                        overwrite=free)  # fmt: skip
        return Step(name, Epilogue(activation=function), (before.target,), (target,), biased, number,
                    {"bias": self.weights_of(biased)["bias"]}, overwrite=free, trains=f"{biased}/bias" in self.spans)  # fmt: skip

    def _largest_after(self, node: Node, function: Any) -> Node | None:
        """The layer that takes the largest of this node's outputs and is all that uses them, if there is one: for a
        monotone activation f, max f(x) = f(max x)."""
        if "activation" not in self.fuse or not function.monotone or self.graph.consumers(node.name) != 1:
            return None
        found = (other for other in self.graph.nodes if node.name in other.sources and other.layer.takes_largest)
        return next((other for other in found if other.layer.outer_activation() is None), None)
