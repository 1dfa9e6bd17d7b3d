"""A model's numbers. Not stored: they are drawn from its seed, the same for Keras and for nnctl."""

import zlib

import numpy as np


def _rng(model, *names):
    return np.random.default_rng((model["seed"], *(zlib.crc32(name.encode()) for name in names)))


def inputs(model):
    """{name: array}: reals, whole numbers below `words`, or sequences whose tail has the value `padding`."""
    drawn = {}
    for name, given in model["inputs"].items():
        rng = _rng(model, "input", name)
        shape = (model["rows"], *given["shape"])
        if "words" in given:
            x = rng.integers(0, given["words"], shape)
            x[:, 0] = rng.integers(1, given["words"], x[:, 0].shape)  # a row of nothing but padding has no mean
        else:
            x = rng.normal(size=shape)
        if "padding" in given:
            x[np.arange(shape[1]) >= lengths(model, name)[:, None]] = given["padding"]
        drawn[name] = x
    return drawn


def lengths(model, name):
    """(rows,) how many time steps of an input are no padding: at least one."""
    steps = model["inputs"][name]["shape"][0]
    return _rng(model, "lengths", name).integers(1, steps + 1, model["rows"])


def weight(model, layer, index, name, shape):
    """The layer's weight of that index, in Keras' order. name: its last name, variances being positive."""
    w = _rng(model, "weight", layer, str(index)).uniform(-1, 1, shape)
    return 1 + w / 2 if name == "moving_variance" else w


def slopes(model, output, shape):
    """d objective / d output, of the output's shape with its rows."""
    return _rng(model, "slopes", output).normal(size=shape)


def target(model, output, shape):
    """What the output's loss compares with. shape: of the prediction, with its rows."""
    rng = _rng(model, "target", output)
    kind = next(iter(model["losses"][output]))
    if kind == "sparse_categorical_crossentropy":
        return rng.integers(0, shape[-1], shape[:-1])
    if kind == "categorical_crossentropy":
        return np.eye(shape[-1])[rng.integers(0, shape[-1], shape[:-1])]
    if kind == "binary_crossentropy":
        return rng.integers(0, 2, shape).astype(float)
    return rng.normal(size=shape)


def sample_weights(model):
    """(rows,), or None."""
    return _rng(model, "sample weights").uniform(0.2, 2, model["rows"]) if model["weighted"] else None


def settled(model, figures):
    """Less the moving figures of layers that are applied twice: they depend on which use comes first."""
    twice = {own["shared"] for entry in model["layers"] for own in entry.values() if "shared" in own}
    return {key: x for key, x in figures.items() if not (key.startswith("state/") and key.split("/")[1] in twice)}


def kinds_of(entries):
    """The kinds of a model's layers, those inside of wrappers too."""
    return [name for entry in entries for kind, own in entry.items() for name in (kind, *own.get("layer", {}))]
