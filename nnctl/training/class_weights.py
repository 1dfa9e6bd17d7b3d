"""`class_weight`: rows that count more or less by their class."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from nnctl.data.parts import Part, Target
from nnctl.data.rows import blocks
from nnctl.errors import InputError
from nnctl.spec.model import Spec


def with_class_weight(part: Part, spec: Spec, targets: Mapping[str, Target]) -> Part:
    """The training part with each row weighted by its class, as `class_weight` says."""
    if not spec.class_weight:
        return part
    classed = [output for output, target in targets.items() if target.classes and part.targets[output].ndim <= 2]
    classed = [output for output in classed if targets[output].labels != "sequence"]
    if len(targets) != 1 or not classed:
        raise InputError("class_weight needs one output with classes", where=spec.where("class_weight"),
                         hint="use loss_weights to weigh outputs, dataset.weight to weigh rows")  # fmt: skip
    target = targets[classed[0]]
    y = part.targets[classed[0]]
    if target.labels == "onehot":
        numbers = np.concatenate([block.argmax(axis=-1) for _, block in blocks(y)])
    else:
        numbers = np.asarray(y).reshape(len(y)).astype(int)
    names = list(target.classes)
    if spec.class_weight == "balanced":
        counts = np.bincount(numbers, minlength=len(names))
        weights = len(numbers) / (len(names) * np.maximum(counts, 1))
    else:
        given = {str(name): weight for name, weight in spec.class_weight.items()}
        unknown = [name for name in given if name not in names]
        if unknown:
            raise InputError(f"class_weight names {unknown[0]!r}, which is no class of {target.columns[0]!r}",
                             where=spec.where("class_weight"), hint="classes: " + ", ".join(names))  # fmt: skip
        weights = np.array([given.get(name, 1.0) for name in names])
    rows = weights[numbers].astype(np.float32)
    return replace(part, weights=rows if part.weights is None else rows * part.weights)
