"""The table of random layers: a kind is one row, and a new layer needs one.

A row says how many axes of a sample the layer takes, the strategy of its arguments, and which further tensors.
Every layer that nnctl and Keras both have has a row: a test looks.
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import prod

from hypothesis import strategies as st

from nnctl.nn.activations import activations
from nnctl.nn.layers import layers

SIZE = st.integers(1, 5)
FEW = st.integers(1, 3)
BOOL = st.booleans()
ACTIVATION = st.sampled_from(sorted(activations))
GATE = st.sampled_from(["sigmoid", "hard_sigmoid", "tanh", "softsign", "gelu", "softmax"])
REGULARIZER = st.sampled_from(["l1", "l2", {"l1_l2": {"l1": 0.1, "l2": 0.2}}])
PADDING = st.sampled_from(["valid", "same"])


def args(required=None, **optional):
    """Arguments, each from its own strategy; the optional ones are left out now and then."""
    return st.fixed_dictionaries(required or {}, optional=optional)


def one_inside(kinds, arguments, left_out):
    """A layer inside of another, one of these kinds, less an argument."""

    def inner(kind):
        return arguments(kind).map(lambda drawn: {kind: {key: x for key, x in drawn.items() if key != left_out}})

    return st.sampled_from(sorted(kinds)).flatmap(inner)


def once_or_each(value, rank):
    """A figure for all axes of an image, or one for each."""
    return value if rank == 1 else st.one_of(value, st.lists(value, min_size=rank, max_size=rank))


def window(rank, *, padding=PADDING):
    """kernel_size, padding and either strides or dilation_rate."""
    size = {"kernel_size": once_or_each(FEW, rank), "padding": padding}
    return st.one_of(
        st.fixed_dictionaries(size | {"strides": once_or_each(FEW, rank)}),
        st.fixed_dictionaries(size, optional={"dilation_rate": once_or_each(FEW, rank)}),
    )


def together(*strategies):
    """One dict of several."""
    return st.tuples(*strategies).map(lambda dicts: {key: value for d in dicts for key, value in d.items()})


def convolution(rank):
    padding = st.sampled_from(["valid", "same", "causal"]) if rank == 1 else PADDING
    more = args(activation=ACTIVATION, use_bias=BOOL, kernel_regularizer=REGULARIZER)

    def arguments(shape):
        groups = st.sampled_from([g for g in range(1, shape[-1] + 1) if shape[-1] % g == 0])
        grouped = groups.flatmap(lambda g: args({"groups": st.just(g), "filters": FEW.map(lambda n: n * g)}))
        return together(window(rank, padding=padding), more, st.one_of(args({"filters": SIZE}), grouped))

    return arguments


def depthwise(rank, filters=False):
    own = {"filters": SIZE} if filters else {}

    def arguments(shape):
        stride = FEW.map(lambda n: [n] * rank)  # Keras wants the same along both axes
        size = {"kernel_size": once_or_each(FEW, rank), "padding": PADDING}
        windows = st.one_of(
            st.fixed_dictionaries(size | {"strides": stride}),
            st.fixed_dictionaries(size | {"dilation_rate": once_or_each(FEW, rank)}),
        )
        return together(windows, args(own, depth_multiplier=FEW, activation=ACTIVATION, use_bias=BOOL))

    return arguments


def transposed(rank):
    def arguments(shape):
        more = args({"filters": SIZE}, activation=ACTIVATION, use_bias=BOOL, kernel_regularizer=REGULARIZER)
        return together(window(rank), more)

    return arguments


def ends(rank, name, most):
    """Positions to add to or cut off each end of each axis."""
    n = st.integers(0, most)
    pair = st.lists(n, min_size=2, max_size=2)
    either = st.one_of(n, pair) if rank == 1 else st.one_of(n, pair, st.lists(pair, min_size=2, max_size=2))
    return lambda shape: args({name: either})


def groups(shape):
    able = st.sampled_from([g for g in range(1, shape[-1] + 1) if shape[-1] % g == 0] + [-1])
    return args({"groups": able}, epsilon=EPSILON, center=BOOL, scale=BOOL)


def pooling(rank):
    return lambda shape: args({"pool_size": once_or_each(FEW, rank)}, strides=once_or_each(FEW, rank), padding=PADDING)


def recurrent(**more):
    common = dict(
        activation=ACTIVATION, use_bias=BOOL, return_sequences=BOOL, go_backwards=BOOL, return_state=BOOL,
        recurrent_regularizer=REGULARIZER, bias_regularizer=REGULARIZER, trainable=st.sampled_from([True, True, False]),
    )  # fmt: skip
    return lambda shape: args({"units": SIZE}, **common, **more)


RECURRENT = {
    "LSTM": recurrent(recurrent_activation=GATE, unit_forget_bias=BOOL),
    "GRU": recurrent(recurrent_activation=GATE, reset_after=BOOL),
    "SimpleRNN": recurrent(),
}


def bidirectional(shape):
    inner = one_inside(RECURRENT, lambda kind: RECURRENT[kind](shape), "go_backwards")  # which Keras refuses
    mode = st.sampled_from(["concat", "sum", "mul", "ave", None])
    return args({"layer": inner}, merge_mode=mode)


def reshape(shape):
    """Some other shape of as many numbers."""
    size = prod(shape)
    pairs = [[n, size // n] for n in range(1, size + 1) if size % n == 0]
    triples = [[n, m, size // n // m] for n, rest in pairs for m in range(1, rest + 1) if rest % m == 0]
    known = st.sampled_from([[size], *pairs, *triples])
    free = st.tuples(known, st.integers(0, 2)).map(lambda t: [-1 if i == t[1] else n for i, n in enumerate(t[0])])
    return args({"target_shape": st.one_of(known, free)})


def attention(shape):
    more = args(value_dim=FEW, use_bias=BOOL, output_features=SIZE, use_causal_mask=BOOL)
    return together(args({"num_heads": FEW, "key_dim": FEW}), more)


def inside(kinds):
    """`layer` of TimeDistributed: one of these kinds that takes a step's shape."""

    def arguments(shape):
        able = [kind for kind in kinds if kind in layers and ROWS[kind].takes(shape[1:])]
        inner = one_inside(able, lambda kind: ROWS[kind].arguments(shape[1:]), "return_state")
        return args({"layer": inner}, trainable=st.sampled_from([True, True, False]))

    return arguments


# Which further tensors a layer takes: (draw, its arguments, the first tensor, all tensors) -> names, more arguments.


def alone(draw, arguments, first, pool):
    return [], {}


def like_it(most=3):
    """One or two more that broadcast with the first; the same one again counts."""

    def choose(draw, arguments, first, pool):
        def fits(t):
            pairs = zip(t.shape, first.shape, strict=True)
            return t.real and len(t.shape) == len(first.shape) and all(a == b or 1 in (a, b) for a, b in pairs)

        able = st.sampled_from([t.name for t in pool if fits(t)])
        return draw(st.lists(able, min_size=1, max_size=most - 1)), {}

    return choose


def joined(draw, arguments, first, pool):
    """Concatenate: what differs in one axis only."""
    rank = len(first.shape)
    axis = draw(st.integers(1, rank))

    def fits(t):
        return t.real and len(t.shape) == rank and all(
            a == b or i == axis for i, (a, b) in enumerate(zip(t.shape, first.shape, strict=True), 1)
        )  # fmt: skip

    others = draw(st.lists(st.sampled_from([t.name for t in pool if fits(t)]), min_size=1, max_size=2))
    return others, {"axis": draw(st.sampled_from([axis, axis - rank - 1]))}


def dotted(draw, arguments, first, pool):
    """Dot: an axis of each that has the same size."""
    able = [
        (t.name, i, j)
        for t in pool if t.real
        for i, n in enumerate(first.shape, 1)
        for j, m in enumerate(t.shape, 1)
        if n == m
    ]  # fmt: skip
    other, i, j = draw(st.sampled_from(able))
    axes = [i, j] if i != j or draw(BOOL) else i
    return [other], {"axes": axes}


def sources_of_attention(draw, arguments, first, pool):
    able = [t for t in pool if t.real and len(t.shape) == 2]
    value = draw(st.sampled_from([None, *able]))
    if value is None:
        return [], {}
    keys = [t for t in able if t.shape[0] == value.shape[0]]
    key = draw(st.sampled_from([None, *keys]))
    return [value.name] + ([key.name] if key else []), {}


def sources_of_scores(draw, arguments, first, pool):
    """Attention: values, and perhaps keys, of the query's features."""
    able = [t for t in pool if t.real and len(t.shape) == 2 and t.shape[1] == first.shape[1]]
    value = draw(st.sampled_from(able))
    key = draw(st.sampled_from([None, *(t for t in able if t.shape == value.shape)]))
    return [value.name] + ([key.name] if key else []), {}


def starts(draw, arguments, first, pool):
    """Initial states of a recurrent layer, where tensors of `units` numbers are at hand."""
    inner = arguments.get("layer", None)
    [(kind, own)] = inner.items() if inner else [(None, arguments)]
    able = [t.name for t in pool if t.real and t.shape == (own["units"],)]
    if not able or not draw(BOOL):
        return [], {}
    count = (2 if "LSTM" in (kind, arguments["kind"]) else 1) * (2 if inner else 1)
    drawn = {"initial_state": draw(st.lists(st.sampled_from(able), min_size=count, max_size=count))}
    if arguments.get("go_backwards"):
        # The output before the first step that is no padding is the start in Keras on JAX, 0 on its other backends.
        drawn["go_backwards"] = False
    return [], drawn


@dataclass(frozen=True)
class Row:
    """How a kind of layer is drawn.

    ranks: axes of a sample that its (first) input may have. arguments: of the input's shape. further: see above.
    words: takes whole numbers. drawn: random in training, so that only its inference is compared.
    """

    ranks: tuple[int, ...]
    arguments: Callable = lambda shape: args()
    further: Callable = alone
    words: bool = False
    drawn: bool = False

    def takes(self, shape):
        return len(shape) in self.ranks


ANY = (1, 2, 3)
EPSILON = st.sampled_from([0.001, 0.1])
INTERPOLATION = st.sampled_from(["nearest", "bilinear"])
RATE = st.sampled_from([0.2, 0.5])
INSIDE = ["Activation", "BatchNormalization", "Conv1D", "Dense", "Flatten", "GRU", "GlobalMaxPooling1D", "LSTM",
          "LayerNormalization", "MaxPooling1D", "Permute", "Reshape"]  # fmt: skip
SLOPE = st.sampled_from([0.0, 0.1, 0.4])

ROWS = {
    "Activation": Row(ANY, lambda s: args({"activation": ACTIVATION})),
    "Add": Row(ANY, further=like_it()),
    "AdditiveAttention": Row((2,), lambda s: args(use_scale=BOOL, use_causal_mask=BOOL), sources_of_scores),
    "AlphaDropout": Row(ANY, lambda s: args({"rate": RATE}), drawn=True),
    "Attention": Row((2,), lambda s: args(use_scale=BOOL, use_causal_mask=BOOL,
                                          score_mode=st.sampled_from(["dot", "concat"])), sources_of_scores),
    "Average": Row(ANY, further=like_it()),
    "AveragePooling1D": Row((2,), pooling(1)),
    "AveragePooling2D": Row((3,), pooling(2)),
    "BatchNormalization": Row(ANY, lambda s: args(momentum=st.sampled_from([0.5, 0.9]), epsilon=EPSILON, center=BOOL,
                                                  scale=BOOL, trainable=BOOL)),
    "Bidirectional": Row((2,), bidirectional, starts),
    "Concatenate": Row(ANY, further=joined),
    "Conv1D": Row((2,), convolution(1)),
    "Conv2D": Row((3,), convolution(2)),
    "Conv1DTranspose": Row((2,), transposed(1)),
    "Conv2DTranspose": Row((3,), transposed(2)),
    "Cropping1D": Row((2,), ends(1, "cropping", 2)),
    "Cropping2D": Row((3,), ends(2, "cropping", 1)),
    "Dense": Row(ANY, lambda s: args({"units": SIZE}, activation=ACTIVATION, use_bias=BOOL, trainable=BOOL,
                                     kernel_regularizer=REGULARIZER, bias_regularizer=REGULARIZER)),
    "DepthwiseConv1D": Row((2,), depthwise(1)),
    "DepthwiseConv2D": Row((3,), depthwise(2)),
    "Dot": Row(ANY, lambda s: args(normalize=BOOL), dotted),
    "Dropout": Row(ANY, lambda s: args({"rate": RATE}), drawn=True),
    "ELU": Row(ANY, lambda s: args(alpha=st.sampled_from([0.5, 1.0, 2.0]))),
    "Embedding": Row((1, 2), lambda s: args({"output_dim": SIZE}, mask_zero=BOOL), words=True),
    "Flatten": Row(ANY),
    "GRU": Row((2,), RECURRENT["GRU"], starts),
    "GaussianDropout": Row(ANY, lambda s: args({"rate": RATE}), drawn=True),
    "GaussianNoise": Row(ANY, lambda s: args({"stddev": RATE}), drawn=True),
    "GlobalAveragePooling1D": Row((2,), lambda s: args(keepdims=BOOL)),
    "GlobalAveragePooling2D": Row((3,), lambda s: args(keepdims=BOOL)),
    "GlobalMaxPooling1D": Row((2,), lambda s: args(keepdims=BOOL)),
    "GlobalMaxPooling2D": Row((3,), lambda s: args(keepdims=BOOL)),
    "GroupNormalization": Row((1, 2, 3), groups),
    "LSTM": Row((2,), RECURRENT["LSTM"], starts),
    "LayerNormalization": Row(ANY, lambda s: args(epsilon=EPSILON, center=BOOL, scale=BOOL)),
    "LeakyReLU": Row(ANY, lambda s: args(negative_slope=SLOPE)),
    "Masking": Row((2,), lambda s: args(mask_value=st.sampled_from([0.5, -1.0]))),
    "MaxPooling1D": Row((2,), pooling(1)),
    "MaxPooling2D": Row((3,), pooling(2)),
    "Maximum": Row(ANY, further=like_it()),
    "Minimum": Row(ANY, further=like_it()),
    "MultiHeadAttention": Row((2,), attention, sources_of_attention),
    "Multiply": Row(ANY, further=like_it()),
    "Permute": Row(ANY, lambda s: args({"dims": st.permutations(range(1, len(s) + 1))})),
    "RMSNormalization": Row(ANY, lambda s: args(epsilon=EPSILON)),
    "ReLU": Row(ANY, lambda s: args(max_value=st.sampled_from([0.5, 1.5]), negative_slope=SLOPE, threshold=SLOPE)),
    "RepeatVector": Row((1,), lambda s: args({"n": FEW})),
    "Rescaling": Row(ANY, lambda s: args({"scale": st.sampled_from([0.5, 2.0])}, offset=st.sampled_from([-1.0, 0.5]))),
    "Reshape": Row(ANY, reshape),
    "SeparableConv1D": Row((2,), depthwise(1, filters=True)),
    "SeparableConv2D": Row((3,), depthwise(2, filters=True)),
    "SimpleRNN": Row((2,), RECURRENT["SimpleRNN"], starts),
    "Softmax": Row(ANY),
    "SpatialDropout1D": Row((2,), lambda s: args({"rate": RATE}), drawn=True),
    "SpatialDropout2D": Row((3,), lambda s: args({"rate": RATE}), drawn=True),
    "Subtract": Row(ANY, further=like_it(2)),
    "TimeDistributed": Row((2, 3), inside(INSIDE)),
    "UnitNormalization": Row(ANY),
    "UpSampling1D": Row((2,), lambda s: args({"size": FEW})),
    "UpSampling2D": Row((3,), lambda s: args({"size": once_or_each(FEW, 2)}, interpolation=INTERPOLATION)),
    "ZeroPadding1D": Row((2,), ends(1, "padding", 2)),
    "ZeroPadding2D": Row((3,), ends(2, "padding", 1)),
}  # fmt: skip
