"""Activations: values and gradients, in the middle and far out."""

import jax
import jax.numpy as jnp
import keras
import numpy as np

CASES = {
    "linear": "linear",
    "relu": "relu",
    "relu_capped": {"relu": {"max_value": 2.0}},
    "relu_leaking": {"relu": {"negative_slope": 0.1}},
    "relu_from_one": {"relu": {"threshold": 1.0}},
    "relu_everything": {"relu": {"negative_slope": 0.2, "max_value": 3.0, "threshold": 1.0}},
    "relu6": "relu6",
    "leaky_relu": "leaky_relu",
    "leaky_relu_steep": {"leaky_relu": {"negative_slope": 0.5}},
    "elu": "elu",
    "elu_half": {"elu": {"alpha": 0.5}},
    "selu": "selu",
    "gelu": "gelu",
    "gelu_approximate": {"gelu": {"approximate": True}},
    "silu": "silu",
    "sigmoid": "sigmoid",
    "hard_sigmoid": "hard_sigmoid",
    "log_sigmoid": "log_sigmoid",
    "hard_silu": "hard_silu",
    "tanh": "tanh",
    "softplus": "softplus",
    "softsign": "softsign",
    "exponential": "exponential",
    "mish": "mish",
    "softmax": "softmax",
    "log_softmax": "log_softmax",
}


def make():
    rng = np.random.default_rng(0)
    middle = rng.normal(0, 2, (6, 8))
    far = rng.choice([-1, 1], (4, 8)) * np.geomspace(5, 300, 32).reshape(4, 8)
    x = np.concatenate([middle, far]).astype(np.float32).astype(np.float64)
    r = rng.normal(size=x.shape)
    arrays = {"x": x, "r": r}
    for case, config in CASES.items():
        [(name, arguments)] = config.items() if isinstance(config, dict) else [(config, {})]
        function = getattr(keras.activations, name)
        y, pull_back = jax.vjp(lambda x, f=function, a=arguments: f(x, **a), jnp.asarray(x))
        arrays[f"{case}/y"] = y
        arrays[f"{case}/dx"] = pull_back(jnp.asarray(r, y.dtype))[0]  # Keras' tanh stays in float32
    return CASES, arrays
