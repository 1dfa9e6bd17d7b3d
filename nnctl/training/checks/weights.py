"""Whether weights are fit to be kept: finite, and not so large that what is computed from them is not.

divergence_guard.py decides when this is checked.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from nnctl.engine.program import Program

Array = np.ndarray


def fault_of(program: Program, slots: Mapping[str, Array]) -> str | None:
    """Which of the weights, their moving averages and the optimizer's slots is not finite or has overflowed, in words;
    None where all is well."""
    with np.errstate(all="ignore"):
        if not _short(program.parameters):
            return _fault_of_weights(program.parameters, program.spans)
        if not _finite(program.state):
            return _not_finite(program.state, program.state_spans)
        for slot, values in slots.items():
            if not _finite(values):
                for key, span in program.spans.items():
                    if not np.isfinite(values[span]).all():
                        return f"{slot} of {key!r}, in the optimizer state, is not finite"
    return None


def _short(weights: Array) -> bool:
    """Whether the sum of the squares of all weights is finite in their own type. In float32 it is not for weights above
    1.8e19, nor are their products with anything. A dot product is the cheapest way to look at all of them."""
    return math.isfinite(float(np.dot(weights, weights)))


def _finite(values: Array) -> bool:
    return _short(values) or bool(np.isfinite(values).all())


def _fault_of_weights(flat: Array, spans: Mapping[str, slice]) -> str:
    if not np.isfinite(flat).all():
        return _not_finite(flat, spans)
    for key, span in spans.items():
        if not _short(flat[span]):
            return f"weight {key!r} has overflowed to {float(np.abs(flat[span]).max()):.3g}"
    return f"the weights have overflowed to {float(np.abs(flat).max()):.3g}"


def _not_finite(flat: Array, spans: Mapping[str, slice]) -> str:
    bad = (key for key, span in spans.items() if not np.isfinite(flat[span]).all())
    return f"weight {next(bad)!r} is not finite"
