"""How a training changes with its batch size: the rows of the table that `explain-batches` shows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from nnctl.training.batch_plan import Plan

if TYPE_CHECKING:
    from nnctl.config import Config
    from nnctl.training.model import Model

# Usual batch sizes, then every fourth power of two; above that only all samples, so that the table stays short.
USUAL = (1, 8, 16, 32, 64, 128, 256, 1024, 4096, 16384, 65536)

# How the learning rate changes with k times the batch size, by the name of the rule.
_RULES: dict[str, Callable[[float], float]] = {"linear": lambda k: k, "square root": lambda k: k**0.5}


@dataclass(frozen=True)
class Setup:
    """What a row takes from a config.

    batch_size: of the config, for which its learning rate was chosen. learning_rate: None if a schedule changes it.
    rule: "linear" or "square root". memory: the bytes that training needs with batches of that many samples.
    """

    batch_size: int
    learning_rate: float | None = None
    rule: str = "linear"
    schedule: bool = False
    memory: Callable[[int], int] | None = None

    @classmethod
    def of(cls, spec: Config, samples: int, model: Model | None = None) -> Setup:
        """That of a config. model: the config's, without which the memory is not known."""
        rate: object = spec.optimizer.learning_rate
        fixed = rate if isinstance(rate, float | int) else None
        memory = None
        if model is not None:
            from nnctl.training.dry_run import training_memory  # imported here to keep start-up fast

            memory = partial(training_memory, model)
        return cls(spec.batch_size or samples, fixed, spec.optimizer.scaling_rule, fixed is None, memory)


@dataclass(frozen=True)
class Row:
    """A training with one batch size.

    factor: by which its rule changes the learning rate; 1 for the config's batch size. memory: bytes, of each rank.
    """

    plan: Plan
    factor: float
    learning_rate: float | None
    memory: int | None


def rows(plan: Plan, setup: Setup, ranks: int = 1) -> list[Row]:
    """The same training with other batch sizes, from a single sample to all of them."""
    found = []
    for size in sizes(plan.samples, plan.batch_size, setup.batch_size):
        this = Plan(plan.samples, size, plan.epochs)
        factor = _RULES[setup.rule](size / min(setup.batch_size, plan.samples))
        rate = None if setup.learning_rate is None else setup.learning_rate * factor
        found.append(Row(this, factor, rate, setup.memory and setup.memory(this.share(ranks)[1])))
    return found


def sizes(samples: int, *own: int) -> list[int]:
    """Usual batch sizes up to all samples, with those of one's own among them."""
    return sorted({*(size for size in USUAL if size < samples), *(min(size, samples) for size in own), samples})


def batch_size_for(samples: int, batches: int) -> int | None:
    """The smallest batch size that divides the samples into exactly so many batches; None if there is none."""
    size = -(-samples // batches)
    return size if Plan(samples, size, 1).iterations_per_epoch == batches else None
