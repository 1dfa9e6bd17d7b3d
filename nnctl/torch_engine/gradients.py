"""The gradients of a training step."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from nnctl.engine.program import Program

# Weights up to which all gradients are copied to one flat tensor: the check and the update are then one call each, not
# one for each variable. In larger models the copy takes longer than it saves.
FLAT = 1 << 18


class Gradients:
    """The gradients of a program's variables.

    Attributes:
        by_variable: of each variable, in its shape and layout, as fused optimizers expect without checking.
        flat: all of them in the order of `program.parameters`, if the model is small; by_variable are then its views.
    """

    def __init__(self, program: Program, variables: Mapping[str, Tensor]):
        self._variables = list(variables.values())
        self.by_variable: list[Tensor] = []
        self.flat: Tensor | None = None
        spans = [program.spans[name] for name in variables]
        ends = [0, *(span.stop for span in spans)]
        side_by_side = [span.start for span in spans] == ends[:-1] and ends[-1] == program.parameters.size
        if spans and side_by_side and ends[-1] <= FLAT:
            self.flat = self._variables[0].new_zeros(ends[-1])
            self.by_variable = [self.flat[span].view(w.shape) for span, w in zip(spans, self._variables, strict=True)]

    def release(self) -> None:
        """Frees the tensors of the last step, so that the next ones get their memory, still in the cache."""
        if self.flat is None:
            self.by_variable = []

    def take(self, found: Sequence[Tensor | None]) -> None:
        """Takes each variable's gradient as PyTorch has computed it; None where there is none."""
        known = [torch.zeros_like(w) if g is None else g for g, w in zip(found, self._variables, strict=True)]
        if self.flat is None:
            self.by_variable = [g.contiguous() for g in known]
        else:
            torch.cat([g.reshape(-1) for g in known], out=self.flat)

    def are_finite(self, thorough: bool = True) -> bool:
        """Whether none is NaN or infinite. thorough: look at them, which takes up to 3% of a step; else this is left to
        the next loss, or to the next check of the weights."""
        checked = self.by_variable
        if not checked or not thorough:
            return True
        # any entry that is not finite makes the sum so; finite ones may overflow together
        if self.flat is not None:
            total = torch.dot(self.flat, self.flat).item()
        elif checked[0].device.type == "cpu":
            total = sum(g.sum().item() for g in checked)
        else:
            total = torch.stack(torch._foreach_norm(checked)).sum().item()
        return math.isfinite(total) or all(bool(torch.isfinite(g).all()) for g in checked)
