"""Whether CTC's labels fit into the time steps that the model gives; found before training, not by an infinite loss."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from nnctl.counted import counted
from nnctl.data.dataset import Split, Target
from nnctl.data.preprocessing.label_sequences import fewest_steps, to_text, unalignable
from nnctl.errors import DataError
from nnctl.training.batching import make_batch
from nnctl.training.model import Model

Array = np.ndarray


def check_alignment(model: Model, targets: Mapping[str, Target], parts: Mapping[str, Split]) -> None:
    """Raises DataError for rows that have fewer time steps than their labels need. parts: the splits by name."""
    for output, loss in model.spec.losses.items():
        if loss.labels != "sequence":
            continue
        classes = targets[output].classes
        assert classes
        for name, part in parts.items():
            y = np.asarray(part.targets[output])
            steps = np.broadcast_to(_output_steps(model, part, output), part.rows)
            bad = np.flatnonzero(unalignable(y, steps))
            if bad.size:
                first = bad[0]
                row = first + 1 if part.names is None else part.names[first]
                text = to_text(y[first], classes)
                others = f" (and {counted(bad.size - 1, 'more row')})" if bad.size > 1 else ""
                raise DataError(
                    f"row {row} of the {name} split has the labels {text!r}, which need at least "
                    f"{fewest_steps(y[first : first + 1])[0]} time steps: one for each label, and a blank between "
                    f"two equal ones; the model gives {steps[first]} there{others}",
                    ", ".join(targets[output].columns),
                    "use smaller strides or pools before the output, or remove these rows from the data",
                )


def _output_steps(model: Model, part: Split, output: str) -> Array | int:
    """The number of time steps of each row of an output, (rows,), or one number for all rows."""
    one = model.executor.predict(make_batch(part, slice(0, 1)))
    steps: int = one.outputs[output].shape[1]
    if output not in one.masks:
        return steps
    for name, lengths in part.lengths.items():
        if part.inputs[name].shape[1] == steps:
            return lengths
    _, masks = model.predict(part)  # the model finds its padding itself, by a Masking layer
    counts: Array = np.count_nonzero(masks[output], axis=1)
    return counts
