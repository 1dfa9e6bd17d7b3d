"""Normalizations. PyTorch calls gamma `weight` and beta `bias`."""

from __future__ import annotations

import numpy as np

from nnctl.interop.torch_code.python_text import call as code


def batch_normalization(call):
    layer, channels = call.layer, call.shape[-1]
    weights, fixed = scale_and_shift(call, channels)
    weights |= {"running_mean": call.weights["moving_mean"], "running_var": call.weights["moving_variance"],
                "num_batches_tracked": np.array(0, np.int64)}  # fmt: skip
    rank = len(call.shape)
    call.differs("nn.BatchNorm averages the unbiased variance of a batch; nnctl the biased one.")
    if call.mask is not None:
        call.differs("nn.BatchNorm counts padded steps; nnctl leaves them out.")
    if call.owns and not layer.trainable:
        call.builder.still.append(call.name)
    module = call.module(
        code(f"nn.BatchNorm{max(1, rank - 1) if rank < 5 else 1}d", channels, eps=layer.epsilon,
             momentum=round(1 - layer.momentum, 12), affine=None if layer.scale or layer.center else False),
        weights, fixed=fixed,
    )  # fmt: skip
    if rank >= 5:
        return call.result(f"{module}({call.x()}.flatten(0, -2)).reshape({call.x()}.shape)")
    return call.result(f"{module}({call.x(first=True)})", first=True)


def layer_normalization(call):
    layer, features = call.layer, call.shape[-1]
    plain = not layer.scale and not layer.center
    weights, fixed = scale_and_shift(call, features)
    if not layer.center:
        weights, fixed = {name: w for name, w in weights.items() if name != "bias"}, ()
    module = call.module(
        code("nn.LayerNorm", features, eps=layer.epsilon, elementwise_affine=False if plain else None,
             bias=False if layer.scale and not layer.center else None),
        weights, fixed=fixed,
    )  # fmt: skip
    return call.result(f"{module}({call.x()})")


def group_normalization(call):
    layer, channels = call.layer, call.shape[-1]
    weights, fixed = scale_and_shift(call, channels)
    groups = channels if layer.groups == -1 else layer.groups
    module = call.module(
        code("nn.GroupNorm", groups, channels, eps=layer.epsilon,
             affine=None if layer.scale or layer.center else False),
        weights, fixed=fixed,
    )  # fmt: skip
    return call.result(f"{module}({call.x(first=True)})", first=True)


def rms_normalization(call):
    module = code("nn.RMSNorm", call.shape[-1], eps=call.layer.epsilon)
    return call.result(f"{call.module(module, {'weight': call.weights['scale']})}({call.x()})")


def unit_normalization(call):
    return call.alike(code("F.normalize", call.same(), dim=call.tensors[0].axis, eps=1e-6))


def scale_and_shift(call, size):
    """PyTorch's weights, and which of them are not trained: it has both or none."""
    if not call.layer.scale and not call.layer.center:
        return {}, ()
    dtype = next(iter(call.weights.values())).dtype
    weights = {"weight": call.weights.get("gamma", np.ones(size, dtype)),
               "bias": call.weights.get("beta", np.zeros(size, dtype))}  # fmt: skip
    return weights, [name for name, given in (("weight", call.layer.scale), ("bias", call.layer.center)) if not given]


LAYERS = {
    "BatchNormalization": batch_normalization,
    "LayerNormalization": layer_normalization,
    "GroupNormalization": group_normalization,
    "RMSNormalization": rms_normalization,
    "UnitNormalization": unit_normalization,
}
