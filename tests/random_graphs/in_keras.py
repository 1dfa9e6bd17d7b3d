"""A model's figures by Keras, on JAX in float64, by its functional API."""

import json
import os

os.environ["KERAS_BACKEND"] = "jax"
os.environ.setdefault("JAX_PLATFORMS", "cpu")
os.environ["JAX_ENABLE_X64"] = "1"  # without it JAX makes float32 of every float64

import jax
import jax.numpy as jnp
import keras
import numpy as np

from random_graphs import arrays

# Keras computes tanh, normalizations and more in float32 even where all is float64, unless told otherwise.
keras.src.backend.common.dtypes.BIT64_TO_BIT32_DTYPE.update(float64="float64")

# What nnctl's words are in Keras: arguments of another name, and those that Keras takes when the layer is called.
RENAMED = {("MultiHeadAttention", "output_features"): "output_shape"}
OF_THE_CALL = {(kind, "use_causal_mask") for kind in ("AdditiveAttention", "Attention", "MultiHeadAttention")}
REGULARIZERS = {'"l1"': "l1", '"l2"': "l2", '{"l1_l2": {"l1": 0.1, "l2": 0.2}}': keras.regularizers.L1L2(0.1, 0.2)}
# Layers that take several tensors as several arguments rather than as one list.
SPREAD = ("MultiHeadAttention",)


@keras.saving.register_keras_serializable("nnctl")
class WithLengths(keras.layers.Layer):
    """Gives x the mask that nnctl makes of a batch's lengths."""

    def call(self, inputs):
        return inputs[0] * 1.0

    def compute_mask(self, inputs, previous_mask):
        return inputs[1]


class WithoutMask(keras.layers.Layer):
    """Ends the mask. A Keras layer that knows no masks ends it too, but not if what it gives back is, by its arguments,
    the very array that it was given (a Reshape to the same shape)."""

    def call(self, x):
        return x + 0


class Copy(keras.layers.Layer):
    """The same with its mask: MultiHeadAttention takes the mask off the tensors it is given, for all that use them."""

    def __init__(self, **how):
        super().__init__(**how)
        self.supports_masking = True

    def call(self, x):
        return x + 0


class Softmax(keras.layers.Softmax):
    """Without Keras' mask, which is meant for attention: a mask of time steps does not fit, or fits by chance."""

    def call(self, inputs):
        return super().call(inputs)


def listed(ys):
    """Keras gives one output bare, several as a list."""
    return ys if isinstance(ys, list) else [ys]


def built(kind, arguments):
    """(layer, arguments of its call)."""
    own, call = {}, {}
    for key, value in arguments.items():
        if key in ("layer", "backward_layer") and value is not None:
            [(inner, inside)] = value.items()
            value, _ = built(inner, inside)
        elif key.endswith("_regularizer"):
            value = REGULARIZERS[json.dumps(value)]
        elif isinstance(value, list):
            value = tuple(value)
        into = call if (kind, key) in OF_THE_CALL else own
        into[RENAMED.get((kind, key), key)] = value
    trainable = own.pop("trainable", True)
    layer = (Softmax if kind == "Softmax" else getattr(keras.layers, kind))(**own)
    if not trainable:
        layer.trainable = False  # as an argument it would not reach a layer inside
    return layer, call


def network(model):
    """(Keras' model, {name: layer that owns weights}); the model's inputs are followed by the lengths' masks."""
    keras.backend.clear_session()
    keras.config.set_floatx("float64")
    tensors, sources, masks = {}, [], []
    for name, given in model["inputs"].items():
        x = keras.Input(given["shape"], name=name, dtype="int64" if "words" in given else "float64")
        sources.append(x)
        if given.get("lengths"):
            masks.append(keras.Input(given["shape"][:1], name=f"{name}_mask", dtype="bool"))
            x = WithLengths(name=f"{name}_masked")([x, masks[-1]])
        tensors[name] = x
    made = {}
    for entry in model["layers"]:
        [(kind, arguments)] = entry.items()
        arguments = dict(arguments)
        name, taken = arguments.pop("name"), arguments.pop("from")
        starts, shared = arguments.pop("initial_state", []), arguments.pop("shared", None)
        if shared is None:
            layer, more = made[name] = built(kind, arguments | {"name": name})
        else:
            layer, more = made[shared]
        if kind in SPREAD:  # without scores Keras takes a short way, whose softmax is in float32
            more = more | {"return_attention_scores": True}
        xs = [tensors[source] for source in taken]
        if starts:
            more = more | {"initial_state": [tensors[source] for source in starts]}
            # with a second tensor to look at, Keras 3.15 no longer hands on the first one's mask by itself
            if (mask := keras.src.backend.get_keras_mask(xs[0])) is not None:
                more = more | {"mask": mask}
        if kind in SPREAD:
            xs = [Copy()(x) for x in xs]
            y, _ = layer(*(xs if len(xs) > 1 else [xs[0], xs[0]]), **more)
        else:
            y = layer(xs if len(xs) > 1 else xs[0], **more)
        if not layer.supports_masking and not isinstance(y, list | tuple):
            y = WithoutMask(name=f"{name}_unmasked_{len(tensors)}")(y)
        states = model["states"].get(name, [])
        tensors[name], *further = y if states else [y]
        tensors |= {f"{name}.{state}": t for state, t in zip(states, further, strict=True)}
    net = keras.Model([*sources, *masks], [tensors[name] for name in model["outputs"]])
    return net, {name: layer for name, (layer, _) in made.items()}


def figures(model):
    """The model's figures, see the package."""
    net, layers = network(model)
    for name, layer in layers.items():
        for index, v in enumerate(layer.weights):
            v.assign(arrays.weight(model, name, index, v.name, v.shape))
    names = {id(v): f"{layer}/{i}" for layer, own in layers.items() for i, v in enumerate(own.weights)}
    given = arrays.inputs(model)
    masks = [
        jnp.arange(how["shape"][0]) < arrays.lengths(model, name)[:, None]
        for name, how in model["inputs"].items() if how.get("lengths")
    ]  # fmt: skip
    real = {name: jnp.asarray(x) for name, x in given.items() if "words" not in model["inputs"][name]}
    trained = [v.value for v in net.trainable_variables]
    kept = [v.value for v in net.non_trainable_variables]
    rows = model["rows"]
    shapes = {name: (rows, *t.shape[1:]) for name, t in zip(model["outputs"], net.outputs, strict=True)}

    def tensors(real):
        return [*(real.get(name, given[name]) for name in given), *masks]

    found = {}
    if not model["training"] or model["moving"]:
        ys, _ = jax.jit(lambda real: net.stateless_call(trained, kept, tensors(real), training=False))(real)
        found |= {f"inference/{name}": y for name, y in zip(model["outputs"], listed(ys), strict=True)}
    if not model["training"]:
        return {name: np.asarray(value) for name, value in found.items()}

    if model["losses"]:
        net.compile(
            loss=[keras.losses.get({"class_name": CLASSES[kind], "config": how}) for kind, how in
                  (next(iter(model["losses"][name].items())) for name in model["outputs"])],
            loss_weights=[model["loss_weights"][name] for name in model["outputs"]],
        )  # fmt: skip
        targets = [arrays.target(model, name, shape) for name, shape in shapes.items()]
        weights = arrays.sample_weights(model)
        if weights is not None:  # Keras spreads (rows,) over steps in one case and not in another: say it in full
            weights = [np.broadcast_to(weights.reshape(-1, *[1] * (len(s) - 2)), s[:-1]) for s in shapes.values()]
        if len(shapes) == 1:  # as its prediction is bare, so must these be
            targets, weights = targets[0], weights and weights[0]

    def objective(trained, real):
        if not model["losses"]:
            ys, after, penalties = net.stateless_call(trained, kept, tensors(real), training=True, return_losses=True)
            total = sum(penalties)
            for (name, shape), y in zip(shapes.items(), listed(ys), strict=True):
                total += (y * arrays.slopes(model, name, shape)).sum()
            return total, (ys, after)
        total, (_, ys, after, _) = net.compute_loss_and_updates(
            trained, kept, [v.value for v in net.metrics_variables], tensors(real), targets, weights,
            training=True, optimizer_variables=[v.value for v in net.optimizer.variables],
        )  # fmt: skip
        return total, (ys, after)

    (total, (ys, after)), (dw, dx) = jax.jit(jax.value_and_grad(objective, argnums=(0, 1), has_aux=True))(trained, real)
    found["loss"] = total
    found |= {f"y/{name}": y for name, y in zip(model["outputs"], listed(ys), strict=True)}
    found |= {f"dx/{name}": d for name, d in dx.items()}
    found |= {f"dw/{names[id(v)]}": d for v, d in zip(net.trainable_variables, dw, strict=True)}
    found |= {
        f"state/{names[id(v)]}": value
        for v, value in zip(net.non_trainable_variables, after, strict=True) if id(v) in names
    }  # fmt: skip
    return arrays.settled(model, {name: np.asarray(value) for name, value in found.items()})


CLASSES = {
    "mse": "MeanSquaredError",
    "mae": "MeanAbsoluteError",
    "huber": "Huber",
    "binary_crossentropy": "BinaryCrossentropy",
    "categorical_crossentropy": "CategoricalCrossentropy",
    "sparse_categorical_crossentropy": "SparseCategoricalCrossentropy",
}
