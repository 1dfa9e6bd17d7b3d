"""Finds where NaN or infinity first appears."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from nnctl.engine.arena import ShardCall
from nnctl.engine.batch import Batch
from nnctl.engine.program import Program
from nnctl.engine.shard_pass import run_alone, run_step, start
from nnctl.nn.layers.base import Array


def first_nonfinite(program: Program, batch: Batch, step: int) -> str:
    """Where NaN or infinity first appears in a batch, in words."""
    for name, x in batch.inputs.items():
        x = np.asarray(x)
        if not np.isfinite(x).all():
            return f"input {name!r}, row {_bad_row(x)} of the batch"
    for name, y in batch.targets.items():
        if not np.isfinite(y).all():
            return f"target {name!r}, row {_bad_row(y)} of the batch"
    for key, w in program.named_weights().items():
        if not np.isfinite(w).all():
            return f"weight {key!r}"
    state = program.state.copy()  # training passes move moving averages
    with np.errstate(all="ignore"):
        place = next(_bad_outputs(program, batch, step), None)
    program.state[...] = state
    return place or "the loss or its gradient"


def _bad_outputs(program: Program, batch: Batch, step: int) -> Iterator[str]:
    call = ShardCall(program.seed, program.dtype, training=True)
    call.begin(shard=0, first_row=0, batch_rows=batch.rows, step=step)
    tensors = start(program, batch, slice(None), call)
    for each in program.steps:
        run_alone(run_step(each, tensors, call))
        for target in each.targets:
            y = tensors.values[target]
            if y is not None and not np.isfinite(y).all():
                yield f"the output of layer {each.name!r}, row {_bad_row(y)} of the batch"


def _bad_row(x: Array) -> int:
    """The first row, counted from 1, with a number that is not finite."""
    return int(np.flatnonzero(~np.isfinite(x.reshape(len(x), -1)).all(axis=1))[0]) + 1
