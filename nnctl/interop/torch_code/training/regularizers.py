"""Regularizers in PyTorch's words: penalties that are added to the loss."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from nnctl.errors import InputError
from nnctl.interop.torch_code.builder import Builder
from nnctl.interop.torch_code.python_text import literal

# The weights of nnctl by their names in PyTorch, of which a module has one or more.
NAMES: Mapping[str, tuple[str, ...]] = {
    "kernel": ("weight", "weight_ih_l0", "input.weight"),
    "recurrent_kernel": ("weight_hh_l0", "recurrent.weight", "gates.weight", "candidate.weight"),
    "bias": ("bias", "bias_ih_l0", "bias_hh_l0", "input.bias", "recurrent.bias"),
    "embeddings": ("weight",),
    "gamma": ("weight",),
    "beta": ("bias",),
    "depthwise_kernel": ("0.weight",),
    "pointwise_kernel": ("1.weight",),
}


def penalties(builder: Builder, program: Any) -> list[str]:
    """The lines that add the penalties to `loss`."""
    found: dict[Any, list[str]] = {}
    for key, regularizer in program.regularized:
        found.setdefault(regularizer, []).extend(weights_of(builder, key))
    lines = []
    for regularizer, weights in found.items():
        penalty = _penalty(regularizer)
        if penalty is None:
            continue
        if len(weights) == 1:
            lines.append(f"loss = loss + {penalty.replace('w.', weights[0] + '.')}")
        else:
            lines += [f"for w in ({', '.join(weights)}):", f"    loss = loss + {penalty}"]
    return lines


def weights_of(builder: Builder, key: str) -> list[str]:
    """The attributes of the model that hold a weight of nnctl."""
    owner, _, weight = key.partition("/")
    module, (*within, name) = builder.names[owner], weight.split("/")
    if "bias" in (name,) and f"{module}.1.bias" in builder.state:
        return [f"model.{module}[1].bias"]
    for start in _starts(builder, owner, within):
        known = [f"{start[0]}{each}{start[1]}" for each in NAMES[name]]
        if held := [each for each in known if each in builder.state]:
            return [f"model.{_attribute(each)}" for each in held]
    raise InputError(f"the regularizer of {key} cannot be written in PyTorch", hint="train without it")


def _starts(builder: Builder, owner: str, within: list[str]) -> list[tuple[str, str]]:
    """(beginning, end) of the names that a weight may have in PyTorch."""
    module = builder.names[owner]
    if not within:
        return [(f"{module}.", "")]
    [part] = within
    direction = builder.attribute(owner, f"{module}_{part}")
    return [
        (f"{module}.{part}.", ""),
        (f"{direction}.", ""),
        (f"{module}.", "_reverse" if part == "backward" else ""),
    ]


def _attribute(name: str) -> str:
    """conv.0.weight as conv[0].weight."""
    return ".".join(name.split(".")).replace(".0.", "[0].").replace(".1.", "[1].")


def _penalty(regularizer: Any) -> str | None:
    """The penalty of a weight w."""
    l1, l2 = 0.0, 0.0
    if regularizer.kind == "l1":
        l1 = regularizer.l1
    elif regularizer.kind == "l2":
        l2 = regularizer.l2
    elif regularizer.kind == "l1_l2":
        l1, l2 = regularizer.strengths()
    else:
        raise InputError(f"the regularizer {regularizer.kind!r} cannot be written in PyTorch",
                         hint="train with l1, l2 or l1_l2")  # fmt: skip
    terms = [f"{literal(l1)} * w.abs().sum()"] * bool(l1) + [f"{literal(l2)} * w.square().sum()"] * bool(l2)
    return " + ".join(terms) or None
