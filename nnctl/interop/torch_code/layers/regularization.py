"""Layers that act in training only: noise, and augmentation, which is left out."""

from __future__ import annotations

from nnctl.interop.torch_code.python_text import call as code


def dropout(call):
    return call.alike(f"{call.module(code('nn.Dropout', call.layer.rate))}({call.same()})")


def spatial_dropout(call):
    module = call.module(code(f"nn.Dropout{call.layer.rank}d", call.layer.rate))
    return call.result(f"{module}({call.x(first=True)})", first=True)


def alpha_dropout(call):
    return call.alike(f"{call.module(code('nn.AlphaDropout', call.layer.rate))}({call.same()})")


def gaussian_noise(call):
    return call.alike(f"{call.module(code('GaussianNoise', call.layer.stddev))}({call.same()})")


def gaussian_dropout(call):
    return call.alike(f"{call.module(code('GaussianDropout', call.layer.rate))}({call.same()})")


def augmentation(call):
    call.differs(f"{call.layer.kind} is left out: nnctl changes each image a little in training.")
    return call.alike(call.same(), comment=f"{call.name}: {call.layer.kind} acts in training only and is left out")


LAYERS = {
    "Dropout": dropout,
    "SpatialDropout1D": spatial_dropout,
    "SpatialDropout2D": spatial_dropout,
    "AlphaDropout": alpha_dropout,
    "GaussianNoise": gaussian_noise,
    "GaussianDropout": gaussian_dropout,
    "RandomBrightness": augmentation,
    "RandomContrast": augmentation,
    "RandomFlip": augmentation,
    "RandomRotation": augmentation,
    "RandomTranslation": augmentation,
    "RandomZoom": augmentation,
}
