"""The model's outputs as answers: class names or numbers in the target's own unit, and probabilities."""

from __future__ import annotations

from typing import Any

import numpy as np

from nnctl.data.preprocessing.targets import TargetCoder
from nnctl.interop.onnx.activations import activate
from nnctl.interop.onnx.builder import Builder, Shape, Tensor
from nnctl.nn.activations import activations
from nnctl.nn.losses.base import Loss, probability_activation
from nnctl.training.evaluation import boundary


def answers(b: Builder, coder: TargetCoder, loss: Loss, p: Tensor, name: str, prefix: str) -> list[str]:
    """Declares the outputs for one output of the model; returns their names: the answer, and probabilities where the
    model has them. prefix: of the name of the probabilities."""
    b.scope = f"answer/{name}"
    if coder.labels == "number" or coder.gives_fractions:
        values = p.name if coder.labels == "number" else probabilities(b, loss, p)
        return [_declare(b, *_numbers(b, coder, values, p), name, "in the unit of the training data")]
    shares = None if loss.margins else probabilities(b, loss, p)
    said, kind, shape = _classes(b, coder, loss, p)
    found = [_declare(b, said, kind, shape, name, _classes_doc(coder))]
    if shares is not None:
        shape = p.shape
        if coder.classes and coder.labels == "binary" and p.shape[-1] == 1:
            shares, shape = b.add("Concat", b.add("Sub", 1.0, shares), shares, axis=-1), (*p.shape[:-1], 2)
        found.append(_declare(b, shares, "FLOAT", shape, f"{prefix}probabilities", _classes_doc(coder)))
    return found


def _classes_doc(coder: TargetCoder) -> str:
    words = coder.classes or coder.columns
    return "in this order: " + ", ".join(words[:50]) + (", ..." if len(words) > 50 else "")


def _declare(b: Builder, x: str, kind: str, shape: Shape, name: str, doc: str) -> str:
    name = b.unused(name)
    b.output(x, name, kind, shape, doc)
    return name


def _numbers(b: Builder, coder: TargetCoder, values: str, p: Tensor) -> tuple[str, str, Shape]:
    if coder.scale:
        values = b.add("Mul", values, np.array(coder.scale, np.float32))
        values = b.add("Add", values, np.array(coder.shift, np.float32))
    if p.shape == (1,):
        return b.add("Squeeze", values, [1]), "FLOAT", ()
    return values, "FLOAT", p.shape


def _classes(b: Builder, coder: TargetCoder, loss: Loss, p: Tensor) -> tuple[str, str, Shape]:
    """The class of each row (or time step); for several yes-or-no columns, 0 or 1 for each."""
    shape = p.shape[:-1]
    if coder.labels != "binary":
        number = b.add("ArgMax", p, axis=-1, keepdims=0)
    else:
        yes = b.cast(b.add("Greater", p, boundary(loss)), "INT64")
        if p.shape[-1] != 1:
            return yes, "INT64", p.shape
        number = b.add("Squeeze", yes, [p.rank - 1])
    if coder.classes is None:
        return number, "INT64", shape
    words = coder.decode(np.arange(len(coder.classes))) if coder.labels != "binary" else coder._words()
    if words.dtype.kind == "i":
        return b.add("Gather", words.astype(np.int64), number), "INT64", shape
    if words.dtype.kind == "f":
        return b.add("Gather", words.astype(np.float32), number), "FLOAT", shape
    return b.add("Gather", b.constant(words), number), "STRING", shape


def probabilities(b: Builder, loss: Any, p: Tensor) -> str:
    """As nnctl.training.prediction.probabilities."""
    if loss.takes_logits:
        return activate(b, activations.build(probability_activation(loss.labels)), p.name)
    if not loss.normalizes or b.sum_to_one(p.name):
        return p.name
    total = b.add("ReduceSum", p, [-1], keepdims=1)
    some = b.add("Greater", total, 0.0)
    share = b.add("Where", some, b.add("Div", p, b.add("Where", some, total, 1.0)), 1 / (p.shape[-1] or 1))
    near = b.add("Less", b.add("Abs", b.add("Sub", total, 1.0)), 1e-4)
    return b.add("Where", near, p, share)
