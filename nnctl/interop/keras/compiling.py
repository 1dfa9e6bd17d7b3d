"""What `model.compile` is given: optimizer, losses and metrics of a run, as far as Keras has them."""

from __future__ import annotations

from dataclasses import dataclass

from nnctl.errors import InputError
from nnctl.interop.keras.objects import KerasObject
from nnctl.interop.keras.training import loss, metric, optimizer
from nnctl.training.model import Model


@dataclass(frozen=True)
class Compiling:
    """losses, loss_weights: of each output, in order. metrics, weighted_metrics: lists for each output.
    left_out: what Keras does not have, in sentences."""

    optimizer: KerasObject
    losses: tuple[KerasObject, ...]
    loss_weights: tuple[float, ...]
    metrics: tuple[tuple[KerasObject, ...], ...]
    weighted_metrics: tuple[tuple[KerasObject, ...], ...]
    left_out: tuple[str, ...] = ()


def compiling_of(model: Model, *, ctc_of_probabilities: bool = False) -> Compiling:
    """ctc_of_probabilities: whether ctc may read what a softmax gives, which Keras' own does not.

    Raises InputError if Keras does not have the optimizer or a loss; metrics that it does not have are left out.
    """
    spec, left_out = model.spec, []
    found: dict[bool, dict[str, list[KerasObject]]] = {
        weighted: {output: [] for output in spec.outputs} for weighted in (False, True)
    }
    for each in model.metrics:
        units = model.graph.shapes[each.output][-1]
        try:
            name = each.name.removeprefix(f"{each.output}_" if len(spec.outputs) > 1 else "")
            made = metric(each.metric, name, spec.losses[each.output].labels, units)
        except InputError as error:
            left_out.append(f"the metric {each.name} is left out: {error.problems[0].message}")
        else:
            found[each.weighted][each.output].append(made)
    return Compiling(
        optimizer(spec.optimizer),
        tuple(
            loss(spec.losses[name], after_softmax=not (model.gives_logits(name) or ctc_of_probabilities))
            for name in spec.outputs
        ),
        tuple(spec.loss_weights[name] for name in spec.outputs),
        tuple(tuple(found[False][name]) for name in spec.outputs),
        tuple(tuple(found[True][name]) for name in spec.outputs),
        tuple(left_out),
    )
