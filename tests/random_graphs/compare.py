"""When two runs of a model agree, and the file of Keras' figures."""

import json
from pathlib import Path

import numpy as np

from random_graphs import in_nnctl

PATH = Path(__file__).parent / "cases.npz"
CLOSE = 1e-7  # of an array's largest figure, or of 1

# How nnctl runs each model: as one shard, as several on two threads, and without measuring the inputs' gradients,
# so that layers may leave these out.
RUNS = ({}, {"threads": 2, "shard_rows": 1}, {"probes": False, "threads": 2, "shard_rows": 2})

# What Keras itself cannot do, by its message.
REFUSALS = {
    "tuple index out of range": "BatchNormalization of one masked channel, whose mean Keras squeezes to no axis",
}


def refused_by_keras(error):
    return any(message in str(error) for message in REFUSALS)


def tame(model, figures):
    """Whether a model can be compared: nothing overflows, and no probability is where Keras clips it, which nnctl,
    going by the logits, does not."""
    if not all(np.isfinite(x).all() and np.abs(x).max(initial=0) < 1e5 for x in figures.values()):
        return False
    for name, how in (model["losses"] or {}).items():
        [(kind, arguments)] = how.items()
        p = figures.get(f"y/{name}")
        if "crossentropy" in kind and not arguments.get("from_logits") and not (p.min() > 1e-6 and p.max() < 1 - 1e-6):
            return False
    return True


def differences(model, expected, run):
    """{figure: by how much nnctl is off, or what else is wrong}, empty where all agree."""
    found = in_nnctl.figures(model, **run)
    keys = {key for key in expected if run.get("probes", True) or not key.startswith("dx/")}
    wrong = {key: "is not in both" for key in keys ^ found.keys()}
    for key in keys & found.keys():
        ours, theirs = found[key], expected[key]
        if ours.shape != theirs.shape:
            wrong[key] = f"is {ours.shape}, not {theirs.shape}"
        else:
            error = np.abs(ours - theirs).max(initial=0) / max(1, np.abs(theirs).max(initial=0))
            if not error < CLOSE:
                wrong[key] = float(error)
    return wrong


def write(keras, models, figures):
    """All figures as one array; `cases` says of each model which they are, in order."""
    cases = [
        {"model": model, "figures": [[key, list(x.shape)] for key, x in own.items()]}
        for model, own in zip(models, figures, strict=True)
    ]  # fmt: skip
    flat = np.concatenate([x.ravel() for own in figures for x in own.values()]).astype(np.float64)
    manifest = np.frombuffer(json.dumps({"keras": keras, "cases": cases}).encode(), np.uint8)
    np.savez_compressed(PATH, manifest=manifest, figures=flat)
    return PATH


def read():
    """[(model, its figures by Keras)]."""
    with np.load(PATH) as file:
        cases, flat = json.loads(bytes(file["manifest"]))["cases"], file["figures"]
    found, at = [], 0
    for case in cases:
        figures = {}
        for key, shape in case["figures"]:
            size = int(np.prod(shape, dtype=int))
            figures[key] = flat[at : at + size].reshape(shape)
            at += size
        found.append((case["model"], figures))
    assert at == len(flat)
    return found
