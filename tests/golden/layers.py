"""Layers: output, gradients of sum(output * r), moving averages, and the output outside of training."""

import jax
import jax.numpy as jnp
import keras
import numpy as np

L = keras.layers
keras.src.backend.numpy.tanh = jnp.tanh  # Keras' own is float32 even in float64, which the loop over time refuses
# case: (layer as a config writes it, input shapes)
CASES = {
    "Dense": ({"Dense": {"units": 4}}, [(5,)]),
    "Dense_relu": ({"Dense": {"units": 4, "activation": "relu"}}, [(5,)]),
    "Dense_softmax": ({"Dense": {"units": 4, "activation": "softmax"}}, [(5,)]),
    "Dense_no_bias": ({"Dense": {"units": 4, "use_bias": False, "activation": "tanh"}}, [(5,)]),
    "Dense_steps": ({"Dense": {"units": 4, "activation": "gelu"}}, [(3, 5)]),
    "Activation": ({"Activation": {"activation": "selu"}}, [(5,)]),
    "ReLU": ({"ReLU": {"negative_slope": 0.1, "max_value": 1.5}}, [(5,)]),
    "LeakyReLU": ("LeakyReLU", [(5,)]),
    "ELU": ({"ELU": {"alpha": 0.7}}, [(5,)]),
    "Softmax": ("Softmax", [(3, 5)]),
    "Flatten": ("Flatten", [(2, 3, 4)]),
    "Reshape": ({"Reshape": {"target_shape": [4, -1]}}, [(2, 6)]),
    "BatchNormalization": ("BatchNormalization", [(5,)]),
    "BatchNormalization_image": ({"BatchNormalization": {"momentum": 0.9, "epsilon": 0.01}}, [(3, 4, 2)]),
    "BatchNormalization_bare": ({"BatchNormalization": {"center": False, "scale": False}}, [(5,)]),
    "LayerNormalization": ("LayerNormalization", [(5,)]),
    "LayerNormalization_steps": ({"LayerNormalization": {"epsilon": 0.01, "center": False}}, [(3, 5)]),
    "Add": ("Add", [(5,), (5,), (5,)]),
    "Average": ("Average", [(5,), (5,), (5,)]),
    "Multiply": ("Multiply", [(5,), (5,), (5,)]),
    "Subtract": ("Subtract", [(5,), (5,)]),
    "Maximum": ("Maximum", [(5,), (5,), (5,)]),
    "Minimum": ("Minimum", [(5,), (5,), (5,)]),
    "Maximum_broadcast": ("Maximum", [(3, 5), (3, 1)]),
    "Dot": ({"Dot": {"axes": 1}}, [(5,), (5,)]),
    "Dot_normalize": ({"Dot": {"axes": -1, "normalize": True}}, [(5,), (5,)]),
    "Dot_sequences": ({"Dot": {"axes": [2, 2]}}, [(3, 4), (5, 4)]),
    "Dot_first": ({"Dot": {"axes": [1, 2], "normalize": True}}, [(3, 4), (5, 3)]),
    "Dot_image": ({"Dot": {"axes": [3, 1]}}, [(2, 3, 4), (4, 2)]),
    "Permute": ({"Permute": {"dims": [3, 1, 2]}}, [(2, 3, 4)]),
    "RepeatVector": ({"RepeatVector": {"n": 3}}, [(5,)]),
    "Concatenate": ("Concatenate", [(5,), (3,)]),
    "Concatenate_axis": ({"Concatenate": {"axis": 1}}, [(2, 4), (3, 4)]),
}
ROWS, STEPS = 6, 3


def build(config):
    """Keras' layer from what a config says."""
    name, arguments = next(iter(config.items())) if isinstance(config, dict) else (config, {})
    arguments = {key: build(value) if key in ("layer", "backward_layer") else value for key, value in arguments.items()}
    if name == "MultiHeadAttention":
        arguments["dropout"] = 1e-9  # outside of training nothing; it keeps JAX's float32 kernel away
    return getattr(L, name)(**arguments)


def call(layer, xs, **more):
    """Applies a layer to its inputs; a recurrent one takes all but the first as its initial state."""
    if len(xs) == 1:
        return layer(xs[0], **more)
    if isinstance(layer, L.MultiHeadAttention):
        return layer(*xs, **more)
    if isinstance(layer, L.RNN | L.Bidirectional):
        return layer(xs[0], initial_state=list(xs[1:]), **more)
    return layer(xs, **more)


def name_of(variable):
    """kernel, or forward/kernel in a layer of layers."""
    for part in ("query", "key", "value", "attention_output"):
        if f"/{part}/" in variable.path:
            return f"{part}/{variable.name}"
    for direction in ("forward", "backward"):
        if f"/{direction}_" in variable.path:
            return f"{direction}/{variable.name}"
    return variable.name


def make(table=CASES):
    rng = np.random.default_rng(0)
    arrays = {}
    for case, (config, shapes, *words) in table.items():
        layer = build(config)
        xs = [rng.normal(0.3, 1.5, (ROWS, *shape)) for shape in shapes]
        if words:
            xs = [rng.integers(0, n, x.shape) if n else x for n, x in zip(words[0], xs, strict=True)]
        call(layer, xs)
        for variable in layer.trainable_variables:
            variable.assign(rng.uniform(-1, 1, variable.shape))
        trained = {name_of(v): np.asarray(v) for v in layer.trainable_variables}
        moves = bool(layer.non_trainable_variables)  # in training it is another function: a norm, an augmentation
        kept = [v for v in layer.non_trainable_variables if "seed" not in v.name]

        def forward(weights, inputs, layer=layer):
            everything = [(v, v.value) for v in layer.non_trainable_variables]
            everything += zip(layer.trainable_variables, weights, strict=True)
            with keras.StatelessScope(everything):
                return call(layer, inputs, **({"training": True} if moves else {}))  # noqa: B023

        weights = [v.value for v in layer.trainable_variables]
        y = np.asarray(forward(weights, xs))
        r = rng.normal(size=y.shape)
        dw, dx = jax.grad(lambda w, x: (forward(w, x) * r).sum(), argnums=(0, 1), allow_int=True)(weights, xs)  # noqa: B023
        arrays[f"{case}/y"], arrays[f"{case}/r"] = y, r
        for i, (x, d) in enumerate(zip(xs, dx, strict=True)):
            arrays[f"{case}/x/{i}"] = x
            if x.dtype.kind == "f":  # token ids have no gradient
                arrays[f"{case}/dx/{i}"] = np.asarray(d)
        for (key, w), d in zip(trained.items(), dw, strict=True):
            arrays[f"{case}/w/{key}"], arrays[f"{case}/dw/{key}"] = w, np.asarray(d)
        if kept:
            for _ in range(STEPS):
                call(layer, xs, training=True)
            arrays |= {f"{case}/state/{v.name}": np.asarray(v) for v in kept}
        arrays[f"{case}/inference"] = np.asarray(call(layer, xs, **({"training": False} if moves else {})))
    return {case: config for case, (config, *_) in table.items()}, arrays
