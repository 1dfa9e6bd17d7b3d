"""The order of a model's layers, by which a .keras file numbers the weights of layers of the same class."""

from __future__ import annotations

from collections import Counter

from nnctl.config.layer_list import snake_case
from nnctl.interop.keras.graph import Call, KerasModel


def weight_groups(model: KerasModel) -> dict[str, str]:
    """The group of each layer in model.weights.h5: {"hidden": "layers/dense", "output": "layers/dense_1"}."""
    names = list(model.layers) if model.sequential else layer_order(model)
    return numbered_groups([(name, model.layers[name].made.name) for name in names if model.layers[name].is_layer])


def numbered_groups(layers: list[tuple[str, str]]) -> dict[str, str]:
    """The same for layers (name, class) in the model's order."""
    seen: Counter[str] = Counter()
    groups = {}
    for name, kind in layers:
        own = snake_case(kind)
        groups[name] = f"layers/{own}_{seen[own]}" if seen[own] else f"layers/{own}"
        seen[own] += 1
    return groups


def layer_order(model: KerasModel) -> list[str]:
    """The layers of a functional model as Keras sorts them: by their greatest distance from an output, then as they are
    found on the way back from the outputs (keras/src/ops/function.py)."""
    calls = {(name, number): call for name in model.layers for number, call in enumerate(model.calls_of(name))}
    found: dict[str, int] = {}
    done: dict[tuple[str, int], None] = {}  # calls, each after those that it takes from

    def visit(layer: str, number: int) -> None:
        stack: list[tuple[tuple[str, int], list[tuple[str, int]]]] = []

        def enter(key: tuple[str, int]) -> None:
            if key in done:
                return
            found.setdefault(key[0], len(found))
            stack.append((key, _before(calls.get(key))))

        enter((layer, number))
        while stack:
            key, waiting = stack[-1]
            if waiting:
                enter(waiting.pop(0))
            else:
                done[key] = None
                stack.pop()

    for tensor in model.outputs:
        visit(tensor.layer, tensor.call)
    depths: dict[tuple[str, int], int] = {}
    of_layer: dict[str, int] = {}
    for key in reversed(done):
        depth = max(depths.get(key, 0), of_layer.get(key[0], 0))
        depths[key] = of_layer[key[0]] = depth
        for before in _before(calls.get(key)):
            depths[before] = max(depth + 1, depths.get(before, 0))
    return sorted(of_layer, key=lambda name: (-of_layer[name], found[name]))


def _before(call: Call | None) -> list[tuple[str, int]]:
    return [(tensor.layer, tensor.call) for tensor in call.tensors] if call else []
