"""What a layer's function is given, and what it returns."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from nnctl.nn.layers.base import Array, Shape

if TYPE_CHECKING:
    from nnctl.interop.torch_code.builder import Builder


@dataclass(frozen=True)
class Tensor:
    """A tensor in `forward`.

    code: a variable. shape: without the rows, in the order of nnctl, features last. first: the features come right
    after the rows, as PyTorch's convolutions take them. mask: the variable that says which steps are real, or None.
    name: of the layer that it comes from.
    """

    code: str
    shape: Shape
    first: bool = False
    mask: str | None = None
    name: str = ""

    @property
    def axis(self) -> int:
        """The axis of the features."""
        return 1 if self.first else -1


@dataclass
class Call:
    """What a layer's function is given: the layer, its inputs and weights; and what it adds its code with.

    name: of the attribute. owner: the node whose weights it uses. shape: of the (first) input. weights: by nnctl's
    names. frozen: whether none is trained. owns: whether it shares the weights of no other layer.
    """

    layer: Any
    name: str
    owner: str
    tensors: list[Tensor]
    output: Shape
    weights: Mapping[str, Array]
    frozen: bool
    builder: Builder
    owns: bool = True

    @property
    def shape(self) -> Shape:
        return self.tensors[0].shape

    @property
    def first(self) -> bool:
        """Whether the features of the first input come right after its rows."""
        return self.tensors[0].first

    @property
    def mask(self) -> str | None:
        return self.tensors[0].mask

    def x(self, number: int = 0, *, first: bool = False) -> str:
        """The variable of an input, with its features last or right after the rows."""
        self.tensors[number] = tensor = self.builder.ordered(self.tensors[number], first)
        return tensor.code

    def same(self) -> str:
        """The variable of the first input, whatever the order of its axes."""
        return self.tensors[0].code

    def module(self, code: str, weights: Mapping[str, Array | None] | None = None, *, suffix: str = "",
               comment: str = "", fixed: Collection[str] = ()) -> str:  # fmt: skip
        """Adds `self.name = code` to `__init__`, with its weights by PyTorch's names, of which the `fixed` ones are
        not trained, and returns `self.name`. Does nothing for a layer that shares the weights of another."""
        name = self.name if not suffix else self.builder.attribute(self.owner, f"{self.name}{suffix}")
        if self.owns:
            self.builder.add_module(name, code, weights or {}, comment, None if self.frozen else fixed)
        return f"self.{name}"

    def let(self, name: str, value: str, comment: str = "", *, passing: bool = False) -> str:
        """A statement that gives a value a name; returns the variable."""
        variable = self.builder.body.variable(name, passing=passing)
        self.builder.body.assign(variable, value, comment)
        return variable

    def variable(self, name: str, *, passing: bool = False) -> str:
        """A new variable, which `assign` gives a value. passing: it may be called x."""
        return self.builder.body.variable(name, passing=passing)

    def assign(self, targets: str, value: str) -> None:
        self.builder.body.assign(targets, value)

    def translate(self, call: Call) -> Result:
        """What the function of another layer, inside of this one, gives."""
        return self.builder.translated(call)

    def differs(self, sentence: str) -> None:
        """Says what the layer does differently from nnctl in training."""
        if sentence not in self.builder.differs:
            self.builder.differs.append(sentence)

    def trains(self, prefix: str) -> bool:
        """Whether any weight whose name begins so is trained."""
        return self.builder.trains(self.owner, prefix)

    def result(self, value: str, *, first: bool = False, mask: str | None = None, comment: str = "",
               states: Sequence[str] = ()) -> Result:  # fmt: skip
        return Result(value, first, mask, comment, states)

    def alike(self, value: str, **more: Any) -> Result:
        """A result whose axes have the order of the first input's."""
        return Result(value, self.first, **more)


@dataclass(frozen=True)
class Result:
    """What a layer gives: its code, the order of its axes, its mask if it is not that of its input, a comment for its
    line. states: the code of its further outputs."""

    value: str
    first: bool = False
    mask: str | None = None
    comment: str = ""
    states: Sequence[str] = ()
