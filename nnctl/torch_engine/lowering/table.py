"""The table itself: which function computes a component, and what is said where there is none.

The functions are in modules that mirror those of `nnctl.nn`: nnctl/nn/layers/dense.py is computed by
nnctl/torch_engine/lowering/layers/dense.py. A module is imported once a model uses a component of it. A component of
another package brings its function itself, as the method `torch_forward`.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any, TypeVar

from nnctl.components.registry import Declared, Family
from nnctl.errors import InputError
from nnctl.nn.activations import activations
from nnctl.nn.layers import layers
from nnctl.nn.losses import losses
from nnctl.nn.regularizers import regularizers

Function = Callable[..., Any]
F = TypeVar("F", bound=Function)

HOME, MIRROR = "nnctl.nn.", "nnctl.torch_engine.lowering."


class Table:
    """The functions of one family, by class. A subclass has no row by its base: it may compute something else.

    method: the name of the method that a class of another package has instead of a row.
    """

    def __init__(self, family: Family, method: str = "torch_forward"):
        self.family, self.method = family, method
        self._rows: dict[type, Function] = {}

    def row(self, *classes: type) -> Callable[[F], F]:
        """Decorator: the function computes these classes. It takes the component first, then what it is applied to."""

        def add(function: F) -> F:
            self._rows |= dict.fromkeys(classes, function)
            return function

        return add

    def find(self, cls: type[Declared]) -> Function | None:
        """The function that computes a class, or None."""
        if cls not in self._rows and cls.__module__.startswith(HOME):
            module = MIRROR + cls.__module__.removeprefix(HOME)
            try:
                import_module(module)
            except ModuleNotFoundError as error:
                if error.name != module:
                    raise
        return self._rows.get(cls) or getattr(cls, self.method, None)

    def of(self, component: Declared) -> Function:
        """The function that computes a component. Raises InputError where there is none."""
        function = self.find(type(component))
        if function is None:
            raise InputError(
                f"the torch engine cannot compute the {self.family.noun} {component.kind}",
                hint=f"use --engine numpy, or give the class a method {self.method}",
            )
        return function


LAYERS = Table(layers)
ACTIVATIONS = Table(activations)
LOSSES = Table(losses)
LOSSES_OF_LOGITS = Table(losses, "torch_forward_logits")
REGULARIZERS = Table(regularizers)
# By class of loss: (loss, y, z) -> the mean over all rows, where PyTorch has it in one call.
MEANS_OF_LOGITS: dict[type, Function] = {}

lowers = LAYERS.row


def lowered(layer: Any) -> Function:
    """The function (layer, w, x, call) -> y that computes a layer. Raises InputError where there is none.

    w: the weights by name, in the shapes of the NumPy engine. x: the input, channels last, or a list of them where the
    layer merges; y likewise [output, *states] where it has states. The layer's `outer_activation` is not applied.
    """
    return LAYERS.of(layer)
