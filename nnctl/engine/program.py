"""The program: a graph made ready to run.

All trainable weights live in one flat buffer, and all other numbers that are kept (moving averages) in a second one;
layers see views. So an optimizer step or a checkpoint is one pass over flat memory.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from nnctl.engine.fusions.activation import fused_activations
from nnctl.engine.fusions.names import FUSIONS
from nnctl.engine.graph import Graph, states_of
from nnctl.engine.steps import Head, Step
from nnctl.errors import ShapeError
from nnctl.kernels import aligned
from nnctl.nn.layers.activation import Activation, Applies
from nnctl.nn.layers.base import Array


class Program:
    """Weights, and the steps that use them.

    Args:
        seed: of the initial weights and of everything random in the layers.
        dtype: float32, or float64 for checks.
        fuse: names of the fusions that may be used (see nnctl.engine.fusions.names).

    Attributes:
        parameters: (n,), all trainable weights.
        state: (m,), everything else that is saved with the model.
        fetch: called before `parameters` or `state` is read, where an engine computes on copies of them.
        spans: "dense/kernel" -> its slice of `parameters`; state_spans: likewise of `state`.
        slot_shapes: the shape of each slot's tensor, without its rows.
    """

    def __init__(self, graph: Graph, *, seed: int = 0, dtype: Any = np.float32, initialize: bool = True,
                 fuse: Iterable[str] = FUSIONS):  # fmt: skip
        self.graph, self.seed, self.dtype, self.fuse = graph, seed, np.dtype(dtype), frozenset(fuse)
        self.spans: dict[str, slice] = {}
        self.state_spans: dict[str, slice] = {}
        self.shapes: dict[str, tuple[int, ...]] = {}
        self._lay_out()
        self._parameters = aligned.zeros(self._ends[0], self.dtype)
        self._state = np.zeros(self._ends[1], self.dtype)
        self.fetch: Callable[[], None] | None = None
        self.steps, slots = self._lower()
        self.slots = len(self.slot_shapes)
        if "activation" in self.fuse:
            self.steps = fused_activations(self.steps, graph, self.spans, self.slot_shapes)
        self.heads = self._heads(slots)
        if "convolution" in self.fuse and any(step.layer.deals() for step in self.steps):
            # only for start-up's sake: it imports layers that only these models have
            from nnctl.engine.fusions.convolution import fused_convolutions

            self.steps = fused_convolutions(self.steps, self.heads, graph)
        self.regularized = [
            (f"{owner}/{name}", weight.regularizer)
            for owner, weights in graph.weights.items()
            for name, weight in weights.items()
            if weight.regularizer is not None and f"{owner}/{name}" in self.spans
        ]
        if initialize:
            self.initialize()

    @property
    def parameters(self) -> Array:
        if self.fetch is not None:
            self.fetch()
        return self._parameters

    @property
    def state(self) -> Array:
        if self.fetch is not None:
            self.fetch()
        return self._state

    def _lay_out(self) -> None:
        """Gives each weight its place: trainable ones in `parameters`, the others in `state`."""
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

    def named_weights(self) -> dict[str, Array]:
        """Every weight by "node/name", as views; they are saved with the model."""
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

    def _lower(self) -> tuple[list[Step], dict[str, int]]:
        """The graph's nodes as steps, a layer's `activation` as a step of its own, and the slots of their outputs."""
        slots = {name: i for i, name in enumerate(self.graph.inputs)}
        self.slot_shapes = {slot: self.graph.shapes[name] for name, slot in slots.items()}
        trained_before = dict.fromkeys(slots.values(), False)  # by slot, whether a weight before it is trained
        steps: list[Step] = []

        def add(step: Step, names: Sequence[str]) -> None:
            steps.append(step)
            slots.update(zip(names, step.targets, strict=True))
            self.slot_shapes.update(zip(step.targets, (self.graph.shapes[name] for name in names), strict=True))
            trained_before.update(dict.fromkeys(step.targets, step.trains or step.wants_dx))

        for number, node in enumerate(self.graph.nodes):
            owner, names = self.graph.owner(node), (node.name, *states_of(node))
            weights = self.weights_of(owner)
            sources = tuple(slots[source] for source in node.sources)
            free = len(self.slot_shapes)
            add(Step(node.name, node.layer, sources, tuple(range(free, free + len(names))), owner, number, weights,
                     wants_dx=any(trained_before[source] for source in sources),
                     trains=any(f"{owner}/{name}" in self.spans for name in weights)), names)  # fmt: skip
            function = node.layer.outer_activation()
            if function is not None and not function.is_identity:
                free, before = len(self.slot_shapes), steps[-1].target
                add(Step(f"{node.name}.{function.kind}", Activation(activation=function), (before,), (free,), node.name,
                         number, overwrite=not (function.needs_input or node.layer.keeps_output),
                         wants_dx=trained_before[before]), (node.name,))  # fmt: skip
        return steps, slots

    def _heads(self, slots: Mapping[str, int]) -> list[Head]:
        """The model's outputs, each with the activation that its loss may be fused with."""
        made_by = {target: step for step in self.steps for target in step.targets}
        heads = []
        for output in self.graph.outputs:
            last = made_by[slots[output]]
            fusable = isinstance(last.layer, Applies) and not last.weights and self.graph.consumers(output) == 1
            heads.append(Head(output, slots[output], last if fusable else None))
        return heads
