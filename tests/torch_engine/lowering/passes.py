"""One layer's forward and backward pass, by the NumPy engine and by the lowering table."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from nnctl.engine.arena import ShardCall
from nnctl.nn.layers import layers
from nnctl.torch_engine.call import TorchCall
from nnctl.torch_engine.lowering.activations import activation
from nnctl.torch_engine.lowering.masks import mask_of
from nnctl.torch_engine.lowering.table import lowered

SEED, STEP, NUMBER = 5, 3, 2


@dataclass
class Passed:
    """ys: the output and the states. dxs: by input, None for token ids. dw: of trained weights; state: the others."""

    ys: list[np.ndarray]
    mask: np.ndarray | None
    dxs: list[np.ndarray | None]
    dw: dict[str, np.ndarray]
    state: dict[str, np.ndarray]


@dataclass(frozen=True)
class Case:
    """A layer with its weights, inputs, masks, and the gradient of its outputs, in float64."""

    layer: Any
    w: dict[str, np.ndarray]
    xs: list[np.ndarray]
    masks: list[np.ndarray | None]
    training: bool

    @classmethod
    def of(cls, entry, xs, masks=None, training=True):
        layer = layers.build(entry)
        shapes = [x.shape[1:] for x in xs]
        rng = np.random.default_rng(0)
        weights = layer.weights(shapes if layer.merges else shapes[0])
        # away from 0 and positive: a variance must be
        return cls(layer, {name: rng.uniform(0.2, 1.2, weight.shape) for name, weight in weights.items()}, xs,
                   masks or [None] * len(xs), training)  # fmt: skip

    @property
    def trained(self):
        shapes = [x.shape[1:] for x in self.xs]
        weights = self.layer.weights(shapes if self.layer.merges else shapes[0])
        return {name for name, weight in weights.items() if weight.trainable and self.layer.trainable}

    @property
    def given(self):
        """The masks, as the engines pass them on."""
        return self.masks if any(mask is not None for mask in self.masks) else [None] * len(self.xs)


def drawn(y, number):
    """The gradient of an output."""
    return np.random.default_rng(10 + number).normal(size=y.shape)


def cast(array, dtype):
    return array.astype(dtype) if array.dtype.kind == "f" else array.copy()


def by_numpy(case: Case, dtype=np.float64) -> Passed:
    layer, rows = case.layer, len(case.xs[0])
    w = {name: cast(weight, dtype) for name, weight in case.w.items()}
    xs = [cast(x, dtype) for x in case.xs]
    call = ShardCall(SEED, dtype, training=case.training, keeps=False)
    call.begin(shard=0, first_row=4, batch_rows=rows, step=STEP)
    call.enter(NUMBER, True, False, case.given)
    mask = None
    if layer.makes_mask or any(mask is not None for mask in case.masks):
        mask = layer.output_mask(xs if layer.merges else xs[0], case.given)
    result = finished(layer.forward(w, xs if layer.merges else xs[0], call))
    y, saved = result
    ys = y if layer.state_names() else [y]
    function = layer.outer_activation()
    inner, ys = ys[0], [y.copy() for y in ys]
    if function is not None:
        ys[0] = function.value(inner)
    dys: Any = [drawn(y, i).astype(dtype) for i, y in enumerate(ys)]
    if function is not None:
        dys[0] = function.gradient(inner, ys[0], dys[0])
    grads = {name: np.full(w[name].shape, np.nan, dtype) for name in case.trained}
    call.enter(NUMBER, True, False)
    dx = finished(layer.backward(w, grads, saved, dys if layer.state_names() else dys[0], call))
    dxs = list(dx) if layer.merges else [dx]
    dxs = [dx if x.dtype.kind == "f" else None for dx, x in zip(dxs, xs, strict=True)]
    return Passed(ys, mask, dxs, grads, {name: w[name] for name in w.keys() - case.trained})


def finished(result):
    """The result of a layer that may ask for sums over the whole batch."""
    if not isinstance(result, Generator):
        return result
    try:
        partial = next(result)
        while True:
            partial = result.send(partial)
    except StopIteration as end:
        return end.value


def by_torch(case: Case, dtype=np.float64, **options) -> Passed:
    layer, rows = case.layer, len(case.xs[0])
    w = {name: torch.from_numpy(cast(np.asarray(weight), dtype)) for name, weight in case.w.items()}
    xs = [torch.from_numpy(cast(x, dtype)) for x in case.xs]
    for tensor in (*(w[name] for name in case.trained), *(x for x in xs if x.is_floating_point())):
        tensor.requires_grad_()
    masks = tuple(None if mask is None else torch.from_numpy(mask) for mask in case.given)
    call = TorchCall(case.training, torch.device("cpu"), xs[0].dtype if xs[0].is_floating_point() else torch.float64,
                     rows, masks, SEED, STEP, NUMBER, first_row=4, **options)  # fmt: skip
    given = xs if layer.merges else xs[0]
    mask = mask_of(layer, given, masks)
    y = lowered(layer)(layer, w, given, call)
    ys = list(y) if layer.state_names() else [y]
    ys[0] = activation(layer.outer_activation(), ys[0])
    torch.autograd.backward(
        [y for y in ys if y.requires_grad],
        [torch.from_numpy(drawn(y, i)).to(y.dtype) for i, y in enumerate(ys) if y.requires_grad],
    )
    return Passed(
        [y.detach().numpy() for y in ys],
        None if mask is None else mask.numpy(),
        [gradient(x) if x.is_floating_point() else None for x in xs],
        {name: gradient(w[name]) for name in case.trained},
        {name: w[name].numpy() for name in w.keys() - case.trained},
    )


def gradient(x):
    """Of a leaf; 0 where nothing depends on it."""
    return np.zeros(tuple(x.shape)) if x.grad is None else x.grad.numpy()


def agree(one: Passed, other: Passed, **tolerance) -> None:
    """Asserts that two passes gave the same."""
    assert len(one.ys) == len(other.ys)
    for y, z in zip(one.ys, other.ys, strict=True):
        assert y.dtype == z.dtype
        np.testing.assert_allclose(z, y, **tolerance)
    assert (one.mask is None) == (other.mask is None)
    if one.mask is not None:
        np.testing.assert_array_equal(other.mask, one.mask)
    for i, (dx, dz) in enumerate(zip(one.dxs, other.dxs, strict=True)):
        if dx is not None:
            np.testing.assert_allclose(dz, dx, **tolerance, err_msg=f"input {i}")
    for found, wanted in ((other.dw, one.dw), (other.state, one.state)):
        assert found.keys() == wanted.keys()
        for name, array in wanted.items():
            np.testing.assert_allclose(found[name], array, **tolerance, err_msg=name)
