"""What a layer is: its arguments, its shapes, its weights, its forward and, right under it, its backward.

A layer object holds arguments only. What backward needs is returned by forward, so that the shards of one batch can
go through the same layer on several threads at once.
"""

from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass
from math import prod
from typing import Annotated, Any, ClassVar, Protocol

import numpy as np

from nnctl.components.fast_checks import Field
from nnctl.components.registry import Declared, Family, one_of
from nnctl.errors import ShapeError

Array = np.ndarray
MOVED = 10  # the cost of a number that is only moved, in multiply-adds
Shape = tuple[int | None, ...]  # without the batch axis; None is a length that varies (time steps)
Saved = Any  # what forward keeps for backward

Count = Annotated[int, Field(ge=1)]  # an argument that counts something: units, filters
Rate = Annotated[float, Field(ge=0, lt=1)]  # the fraction that is dropped

layers = Family("layer")

# The type of an argument that takes a layer, and of one that may be null as well.
LayerName: Any = one_of(layers)
OptionalLayerName: Any = one_of(layers, optional=True)


@dataclass(frozen=True)
class Weight:
    """One weight of a layer: its shape, its initial values, whether it is trained.

    initializer: a member of `initializers`. regularizer: a member of `regularizers`, or None.
    fans: (fan_in, fan_out), where they do not follow from the shape.
    """

    shape: tuple[int, ...]
    initializer: Any
    trainable: bool = True
    regularizer: Any = None
    fans: tuple[int, int] | None = None


class Call(Protocol):
    """What a layer may ask of the executor during one pass of one shard."""

    training: bool
    shard: int  # 0 for the first shard of the batch
    batch_rows: int  # rows of the whole batch, all shards together
    wants_dx: bool  # whether anything will use the gradient of the layer's input
    may_overwrite: bool  # whether forward may write its output over its input
    # in backward: the gradient of the (first) input from its other uses; a layer may add to it, and return it
    onto: Array | None
    masks: Sequence[Array | None]  # of each input: (rows, steps) bool, False where a step is padding; in forward only
    dtype: np.dtype
    kernels: Any  # the compiled kernels (see nnctl.kernels), for float32 only; None: NumPy computes

    def empty(self, shape: tuple[int, ...], dtype: Any = None) -> Array:
        """An uninitialised array of this shard's arena, valid until the shard's next pass."""

    def random_bits(self, row_size: int, rows: int, stream: int = 0) -> Array:
        """(rows, row_size) uniform uint16, a function of seed, step, layer, row and stream only: however the
        batch is cut into shards, a row gets the same bits. A layer that draws twice numbers its streams."""


# A layer that needs sums over the whole batch writes forward and backward as generators: it yields its shard's partial
# sum (an array) and is sent the sum over all shards.
WholeBatch = Generator[Array, Array, Any]


class Layer(Declared):
    """Base of all layers.

    A field named `activation` is applied by the program as a step of its own, after forward, so that it can
    be fused with what follows: forward and backward of the layer do not see it (see `outer_activation`).

    merges: takes a list of tensors instead of one: at least `fewest`, at most `most` (None: any number).
    whole_batch: forward and backward are generators (see WholeBatch).
    keeps_output: backward reads what forward returned, so nothing may overwrite it.
    passes_mask: a mask of padded time steps goes on unchanged to the output; otherwise it ends here.
    takes_word_vectors: `weights` beside its arguments names a file of word vectors.
    takes_largest: each output is the largest of some inputs, so a monotone activation may be applied after it instead.
    bias_may_wait: `bias` is added to the last axis at the very end of forward, so a copy of the layer with use_bias
      off, and the bias added later, give the same result.
    makes_mask: `output_mask` makes a mask even where the input has none.
    keeps_range: each output is one of the inputs, or between the smallest and the largest of them.
    keeps_sign: no output is negative where no input is.
    """

    trainable: bool = True

    merges: ClassVar[bool] = False
    fewest: ClassVar[int] = 2
    passes_mask: ClassVar[bool] = False
    bias_may_wait: ClassVar[bool] = False
    takes_largest: ClassVar[bool] = False
    takes_word_vectors: ClassVar[bool] = False
    keeps_range: ClassVar[bool] = False
    keeps_sign: ClassVar[bool] = False

    # Facts that depend on the arguments of some layers: these write a property, the others a class attribute.

    @property
    def most(self) -> int | None:
        return None

    @property
    def whole_batch(self) -> bool:
        return False

    @property
    def keeps_output(self) -> bool:
        return False

    @property
    def makes_mask(self) -> bool:
        return False

    def takes(self, count: int) -> bool:
        """Whether the layer takes that many tensors."""
        if not self.merges:
            return count == 1
        return self.fewest <= count and (self.most is None or count <= self.most)

    def taken(self) -> str:
        """How many tensors the layer takes, in words."""
        if not self.merges:
            return "one tensor"
        if self.most is None:
            return f"{self.fewest} tensors or more"
        return f"{self.fewest} tensors" if self.most == self.fewest else f"{self.fewest} to {self.most} tensors"

    def output_shape(self, shape: Any) -> Shape:
        """The output's shape from the input's (a list of them where `merges`). Raises ShapeError."""
        return shape

    def weights(self, shape: Any) -> dict[str, Weight]:
        """The weights by Keras' names, in Keras' order."""
        return {}

    def state_names(self) -> tuple[str, ...]:
        """Names of further outputs: a layer named `encoder` with the state `h` also gives `encoder.h`.

        With further outputs, forward returns ([output, *states], saved), and backward's dy is a list as well, with None
        for outputs that nothing uses."""
        return ()

    def state_shapes(self, shape: Any) -> tuple[Shape, ...]:
        """The shapes of the further outputs, in the order of their names."""
        return ()

    def outer_activation(self) -> Any:
        """The activation that the program applies after forward, or None. Layers that apply their `activation`
        themselves, deeper inside, return None."""
        return getattr(self, "activation", None)

    def output_mask(self, x: Any, masks: Sequence[Array | None]) -> Array | None:
        """The output's mask from the inputs' masks; called where an input has one, or the layer `makes_mask`."""
        return masks[0] if self.passes_mask else None

    def refused(self, x: Array) -> tuple[Array, str, str] | None:
        """The rows of an input that the layer cannot take: (rows,) True for those, the first wrong value in words,
        and a fix; None where all can be taken. Called with the model's inputs before training."""
        return None

    def forward(self, w: Mapping[str, Array], x: Any, call: Call) -> tuple[Any, Saved]:
        """Output for one shard, and what backward needs. Must not write into x, unless `call.may_overwrite`."""
        raise NotImplementedError

    def backward(self, w: Mapping[str, Array], grads: Mapping[str, Array], saved: Saved, dy: Array,
                 call: Call) -> Any:  # fmt: skip
        """Writes the gradient of each trainable weight into grads (overwriting) and returns the
        gradient of the input (a list where `merges`; None where not `call.wants_dx`). May write into dy."""
        raise NotImplementedError

    def calls(self, shape: Any) -> int:
        """The number of NumPy calls in an iteration, in units of a plain layer's; a layer that computes one time step
        after another has several for each step."""
        return 1

    def multiply_adds(self, shape: Any) -> int:
        """Multiply-adds of one sample's forward pass, for `summary`."""
        return 0

    def deals(self) -> bool:
        """Whether the kernel splits its rows among the threads, so that a model of such layers needs no shards."""
        return False

    def scratch(self, shape: Any) -> int:
        """How many numbers forward keeps for each sample beside its output, roughly."""
        return 0


def size_of(shape: Sequence[int | None]) -> int:
    """Number of elements; ShapeError where an axis varies."""
    known = [n for n in shape if n is not None]
    if len(known) < len(shape):
        raise ShapeError(f"needs a fixed shape, but the input is {show(shape)}")
    return int(prod(known))


def show(shape: Sequence[int | None]) -> str:
    """A shape as Keras writes it, the batch axis first: (None, 28, 28)."""
    return "(" + ", ".join(["None", *(str(n) for n in shape)]) + ")"


def product(a: Array, b: Array, out: Array, call: Call) -> Array:
    """out = a b, compiled where a run has kernels: BLAS is as fast, but not while other threads run Python."""
    if call.kernels:
        call.kernels.gemm.times(a, b, out, False)
        return out
    return np.matmul(a, b, out=out)


def product_left(a: Array, b: Array, out: Array, call: Call) -> Array:
    """out = a^T b, likewise."""
    if call.kernels:
        call.kernels.gemm.times_left(a, b, out, False)
        return out
    return np.matmul(a.T, b, out=out)


def added(a: Array, b: Array, out: Array, call: Call) -> Array:
    """out = a + b."""
    same = a.shape == b.shape == out.shape
    if call.kernels and same and a.flags.c_contiguous and b.flags.c_contiguous and out.flags.c_contiguous:
        call.kernels.elementwise.add(a.reshape(-1), b.reshape(-1), out.reshape(-1))
        return out
    return np.add(a, b, out=out)


def column_sums(x: Array, out: Array) -> Array:
    """The sum over the rows of x, as a product with ones: BLAS is several times as fast as a sum over an axis."""
    return np.matmul(np.ones(len(x), x.dtype), x, out=out)
