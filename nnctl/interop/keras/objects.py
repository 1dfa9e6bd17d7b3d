"""Keras' initializers, regularizers and activations for nnctl's: a table for each."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from nnctl.components.component import Declared
from nnctl.errors import InputError
from nnctl.nn.activations.base import Activation
from nnctl.nn.initializers import Initializer
from nnctl.nn.regularizers import L1L2, Regularizer

SAME_NAMES: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True)
class KerasObject:
    """An object of a class of Keras: `keras.layers.Dense(units=3)`.

    module: "keras.layers". arguments: numbers, strings, tuples, None, or objects again. defaults: the arguments that
    Keras assumes where they are not given; what has none must be given.
    """

    module: str
    name: str
    arguments: Mapping[str, Any] = field(default_factory=dict)
    defaults: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, module: str, name: str, given: Declared, *, value: Callable[[Any], Any] = lambda value: value,
           renamed: Mapping[str, str] = SAME_NAMES, without: Collection[str] = ()) -> KerasObject:  # fmt: skip
        """The object with a component's arguments. value: converts each. renamed: names that Keras has for them."""
        fields = type(given).model_fields
        usual = type(given)(**{field: getattr(given, field) for field in fields if fields[field].is_required()})
        names = {field: renamed.get(field, field) for field in fields if field not in without}
        arguments = {own: value(getattr(given, field)) for field, own in names.items()}
        defaults = {own: value(getattr(usual, field)) for field, own in names.items()
                    if not fields[field].is_required()}  # fmt: skip
        return cls(module, name, arguments, defaults)

    def given(self) -> dict[str, Any]:
        """The arguments that are not defaults."""
        unlike = {name: value for name, value in self.arguments.items()
                  if name not in self.defaults or self.defaults[name] != value}  # fmt: skip
        return dict(sorted(unlike.items(), key=lambda item: item[0] in self.defaults))

    def with_arguments(self, **more: Any) -> KerasObject:
        """The same with further arguments."""
        return KerasObject(self.module, self.name, {**self.arguments, **more}, self.defaults)

    def to_json(self) -> dict[str, Any]:
        """As Keras serializes it."""
        config = {name: json_value(value) for name, value in self.arguments.items()}
        return {"module": self.module, "class_name": self.name, "config": config, "registered_name": None}


def json_value(value: Any) -> Any:
    """The value as a .keras file holds it."""
    if isinstance(value, KerasObject):
        return value.to_json()
    if isinstance(value, list | tuple):
        return [json_value(item) for item in value]
    return value


INITIALIZERS = {
    "zeros": "Zeros", "ones": "Ones", "constant": "Constant", "random_normal": "RandomNormal",
    "random_uniform": "RandomUniform", "truncated_normal": "TruncatedNormal", "variance_scaling": "VarianceScaling",
    "glorot_uniform": "GlorotUniform", "glorot_normal": "GlorotNormal", "he_uniform": "HeUniform",
    "he_normal": "HeNormal", "lecun_uniform": "LecunUniform", "lecun_normal": "LecunNormal",
    "orthogonal": "Orthogonal", "identity": "Identity",
}  # fmt: skip
REGULARIZERS = {"l1": "L1", "l2": "L2", "l1_l2": "L1L2"}
# Activations that have the same name in Keras, where they are functions without arguments.
ACTIVATIONS = (
    "elu", "exponential", "gelu", "hard_sigmoid", "hard_silu", "leaky_relu", "linear", "log_sigmoid", "log_softmax",
    "mish", "relu", "relu6", "selu", "sigmoid", "silu", "softmax", "softplus", "softsign", "tanh",
)  # fmt: skip
# Those that take arguments, as the layer or operation of Keras that takes them.
WITH_ARGUMENTS = {
    "relu": ("keras.layers", "ReLU"),
    "leaky_relu": ("keras.layers", "LeakyReLU"),
    "elu": ("keras.layers", "ELU"),
    "gelu": ("keras.src.ops.nn", "Gelu"),
}


def initializer(given: Initializer) -> KerasObject:
    """Raises InputError for an initializer that Keras does not have."""
    return KerasObject.of("keras.initializers", known(INITIALIZERS, given, "initializer"), given)


def regularizer(given: Regularizer) -> KerasObject:
    """Raises InputError for a regularizer that Keras does not have."""
    name = known(REGULARIZERS, given, "regularizer")
    if isinstance(given, L1L2):
        l1, l2 = given.strengths()
        return KerasObject("keras.regularizers", name, {"l1": l1, "l2": l2}, {"l1": 0.0, "l2": 0.0})
    return KerasObject.of("keras.regularizers", name, given)


def activation(given: Activation) -> str | KerasObject:
    """The name of the function; the layer that computes it where it has arguments. Raises InputError for an activation
    that Keras does not have."""
    kind = known(dict(zip(ACTIVATIONS, ACTIVATIONS, strict=True)), given, "activation")
    made = KerasObject.of(*WITH_ARGUMENTS.get(kind, ("", kind)), given)
    return made if made.given() else kind


def known(table: Mapping[str, str], given: Declared, noun: str) -> str:
    """The row of a component's kind. Raises InputError if there is none, or the component is a plug-in's."""
    if given.kind not in table or not is_own(given):
        raise InputError(f"Keras has no {noun} {given.kind!r}", hint=f"known to both: {', '.join(table)}")
    return table[given.kind]


def is_own(given: Declared) -> bool:
    """Whether a component is nnctl's, and not another package's of the same name."""
    return type(given).__module__.startswith("nnctl.")
