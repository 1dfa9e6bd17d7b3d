"""Optimizers in PyTorch's words: a table from an optimizer to its code, and what differs from nnctl."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from nnctl.errors import InputError
from nnctl.interop.torch_code.python_text import call

SMALL = "which matters for gradients that are not much larger than eps"
BEFORE = f"Adam corrects the bias of its mean square before it adds eps, nnctl afterwards, {SMALL}."
INSIDE = "{name} divides by sqrt(v) + eps, nnctl by sqrt(v + eps), " + SMALL + "."
MOMENTUM = (
    "The momentum is multiplied by the learning rate of each step; nnctl keeps the rate of the step it came from."
)


@dataclass(frozen=True)
class Written:
    """code: of the optimizer. decays: it applies weight_decay itself. differs: from nnctl, as sentences."""

    code: str
    decays: bool = False
    differs: tuple[str, ...] = ()


def made(name: str, lr: Any, **named: Any) -> str:
    return call(name, "model.parameters()", lr=lr, **named)


def sgd(optimizer: Any, lr: Any) -> Written:
    momentum = optimizer.momentum or None
    code = made("torch.optim.SGD", lr, momentum=momentum,
                nesterov=True if momentum and optimizer.nesterov else None,
                weight_decay=None if momentum else optimizer.weight_decay or None)  # fmt: skip
    return Written(
        code, not momentum, (MOMENTUM,) if momentum and not isinstance(optimizer.learning_rate, float) else ()
    )


def adam(optimizer: Any, lr: Any) -> Written:
    decay = optimizer.weight_decay or None
    code = made("torch.optim.AdamW" if decay else "torch.optim.Adam", lr, betas=betas(optimizer),
                eps=optimizer.epsilon, weight_decay=decay, amsgrad=optimizer.amsgrad or None)  # fmt: skip
    return Written(code, True, (BEFORE,))


def adamax(optimizer: Any, lr: Any) -> Written:
    return Written(made("torch.optim.Adamax", lr, betas=betas(optimizer), eps=optimizer.epsilon), False,
                   ("Adamax adds eps to the gradient's size; nnctl adds it to the largest of them.",))  # fmt: skip


def nadam(optimizer: Any, lr: Any) -> Written:
    code = made("torch.optim.NAdam", lr, betas=betas(optimizer), eps=optimizer.epsilon, momentum_decay=1.0)
    return Written(code)


def radam(optimizer: Any, lr: Any) -> Written:
    return Written(made("torch.optim.RAdam", lr, betas=betas(optimizer), eps=optimizer.epsilon))


def adagrad(optimizer: Any, lr: Any) -> Written:
    code = made("torch.optim.Adagrad", lr, eps=optimizer.epsilon,
                initial_accumulator_value=optimizer.initial_accumulator_value)  # fmt: skip
    return Written(code, False, (INSIDE.format(name="Adagrad"),))


def adadelta(optimizer: Any, lr: Any) -> Written:
    return Written(made("torch.optim.Adadelta", lr, rho=optimizer.rho, eps=optimizer.epsilon))


def rmsprop(optimizer: Any, lr: Any) -> Written:
    code = made("torch.optim.RMSprop", lr, alpha=optimizer.rho, eps=optimizer.epsilon,
                momentum=optimizer.momentum or None, centered=optimizer.centered or None)  # fmt: skip
    moving = optimizer.momentum and not isinstance(optimizer.learning_rate, float)
    return Written(code, False, (INSIDE.format(name="RMSprop"),
                                 *((MOMENTUM,) if moving else ())))  # fmt: skip


def lion(optimizer: Any, lr: Any) -> Written:
    return Written(made("Lion", lr, betas=(optimizer.beta_1, optimizer.beta_2)))


def ftrl(optimizer: Any, lr: Any) -> Written:
    return Written(made("Ftrl", lr, power=-optimizer.learning_rate_power,
                        accumulator=optimizer.initial_accumulator_value, l1=optimizer.l1_regularization_strength,
                        l2=optimizer.l2_regularization_strength,
                        shrinkage=optimizer.l2_shrinkage_regularization_strength, beta=optimizer.beta))  # fmt: skip


def lars(optimizer: Any, lr: Any) -> Written:
    return Written(made("Lars", lr, momentum=optimizer.momentum, trust=optimizer.trust_coefficient,
                        eps=optimizer.epsilon))  # fmt: skip


def lamb(optimizer: Any, lr: Any) -> Written:
    return Written(made("Lamb", lr, betas=(optimizer.beta_1, optimizer.beta_2), eps=optimizer.epsilon))


def betas(optimizer: Any) -> tuple[float, float] | None:
    """None for PyTorch's defaults."""
    given = (optimizer.beta_1, optimizer.beta_2)
    return None if given == (0.9, 0.999) else given


OPTIMIZERS: Mapping[str, Callable[[Any, Any], Written]] = {
    "sgd": sgd,
    "momentum": sgd,
    "nesterov": sgd,
    "lion": lion,
    "adam": adam,
    "adamw": adam,
    "adamax": adamax,
    "nadam": nadam,
    "radam": radam,
    "adagrad": adagrad,
    "adadelta": adadelta,
    "rmsprop": rmsprop,
    "ftrl": ftrl,
    "lars": lars,
    "lamb": lamb,
}


def written(optimizer: Any) -> Written:
    """The optimizer as code; with a schedule, its learning rate is 1. Raises InputError for one that is not in the
    table."""
    if optimizer.kind not in OPTIMIZERS:
        raise InputError(f"the optimizer {optimizer.kind!r} cannot be written in PyTorch",
                         hint="train with one of " + ", ".join(sorted(OPTIMIZERS)))  # fmt: skip
    rate = optimizer.learning_rate
    return OPTIMIZERS[optimizer.kind](optimizer, rate if isinstance(rate, float) else 1.0)


def clipping(optimizer: Any) -> list[str]:
    """The lines that shorten the gradients before a step."""
    if optimizer.clipnorm is not None:
        return ["for w in model.parameters():",
                f"    {call('nn.utils.clip_grad_norm_', 'w', optimizer.clipnorm)}"]  # fmt: skip
    if optimizer.global_clipnorm is not None:
        return [call("nn.utils.clip_grad_norm_", "model.parameters()", optimizer.global_clipnorm)]
    if optimizer.clipvalue is not None:
        return [call("nn.utils.clip_grad_value_", "model.parameters()", optimizer.clipvalue)]
    return []
