"""CTC: the loss of each row and the gradient of its mean, from logits; and what Keras decodes."""

import jax
import keras
import numpy as np

# case: (rows, steps, classes, labels of each row); Keras reads every row to its last step
CASES = {
    "random": (5, 12, 6, [[1, 2, 3, 4], [5, 4, 3, 2], [2, 5, 1, 3], [3, 1, 3, 1], [4, 3, 5, 1]]),
    "repeats": (4, 9, 4, [[1, 1, 1], [2, 2, 3], [1, 2, 2], [3, 3, 3]]),
    "unequal": (4, 10, 5, [[1, 2, 3, 4], [2, 0, 0, 0], [3, 3, 0, 0], [0, 0, 0, 0]]),
    "tight": (3, 5, 4, [[1, 1, 2, 0], [3, 1, 2, 3], [1, 1, 1, 0]]),
    "long": (2, 60, 11, [[1, 2, 3, 4, 5, 6, 7, 8], [9, 9, 10, 1, 1, 1, 0, 0]]),
}
BEAM = {"beam_width": 20, "top_paths": 2}


def make():
    rng = np.random.default_rng(0)
    cases, arrays = {"published": "ctc"}, {}
    inputs = {"published": ((np.arange(24).reshape(2, 4, 3) - 12) / 100, [[1, 2, 1, 0], [1, 2, 0, 2]])}
    for name, (rows, steps, classes, y) in CASES.items():
        cases[name] = "ctc"
        inputs[name] = rng.normal(0, 2, (rows, steps, classes)), y
    for name, (z, y) in inputs.items():
        y = np.array(y, np.int32)
        mean = keras.losses.CTC()
        arrays[f"{name}/y"], arrays[f"{name}/z"] = y, z
        arrays[f"{name}/each"] = np.asarray(keras.losses.CTC(reduction=None)(y, z))
        arrays[f"{name}/mean"] = np.asarray(mean(y, z))
        arrays[f"{name}/dz"] = np.asarray(jax.grad(lambda z, y=y, mean=mean: mean(y, z))(z))
        lengths = np.maximum(z.shape[1] - 2 * np.arange(len(z)), 1)
        arrays[f"{name}/lengths"] = lengths
        decode = keras.ops.ctc_decode
        arrays[f"{name}/greedy"] = np.asarray(decode(z, lengths, strategy="greedy")[0][0])
        paths, scores = decode(z, lengths, strategy="beam_search", **BEAM)
        arrays[f"{name}/beam"], arrays[f"{name}/beam_scores"] = np.asarray(paths), np.asarray(scores)
    return cases, arrays
