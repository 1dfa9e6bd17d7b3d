"""Fusions: steps of a program that are done as one. Found by what the steps are, in whatever model they stand."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

from nnctl.layers.epilogue import Epilogue

if TYPE_CHECKING:
    from nnctl.engine.program import Head, Step


def ended_convolutions(steps: list[Step], heads: list[Head]) -> list[Step]:
    """The steps, each convolution taken together with the max-pooling, bias and relu that follow it."""
    ends = [step for step in steps if isinstance(step.layer, Epilogue)]
    if not ends:
        return steps
    from nnctl.layers.ended import Ended

    made_by = {target: step for step in steps for target in step.targets}
    uses = Counter([source for step in steps for source in step.sources] + [head.slot for head in heads])
    gone: set[int] = set()
    instead: dict[int, Step] = {}
    for end in ends:
        before = made_by[end.sources[0]]
        pool, convolution = (None, before) if before.owner == end.owner else (before, made_by.get(before.sources[0]))
        if convolution is None or convolution.owner != end.owner or any(
            uses[step.target] != 1 for step in (convolution, pool) if step is not None
        ):  # fmt: skip
            continue
        if not Ended.fits(convolution.layer, pool and pool.layer, end.layer):
            continue
        layer = Ended(convolution=convolution.layer, pool=pool and pool.layer, end=end.layer)
        name = f"{convolution.name}+{pool.name}" if pool else convolution.name
        instead[id(end)] = replace(
            convolution, name=name, layer=layer, targets=end.targets, weights={**convolution.weights, **end.weights},
            trains=convolution.trains or end.trains, overwrite=False,
        )  # fmt: skip
        gone |= {id(convolution), id(pool)}
    return [instead.get(id(step), step) for step in steps if id(step) not in gone]
