"""Schedules: a learning rate that changes with the step. Keras' names, formulas and defaults.

One step is one batch, counted from 0. Every schedule is a pure function of the step, so a resumed run needs no state.
"""

import math
from bisect import bisect_left
from typing import TYPE_CHECKING, Annotated, Any

from nnctl.components.fast_checks import BeforeValidator, Field, model_validator
from nnctl.components.registry import Declared, Family, listed
from nnctl.counted import counted

schedules = Family("schedule")

NotNegative = Annotated[float, Field(ge=0)]
Fraction = Annotated[float, Field(ge=0, le=1)]
Steps = Annotated[int | float, Field(gt=0)]


class Schedule(Declared):
    """Base of all schedules.

    repeats: it starts again after its length, which may therefore be a small fraction of a run. ends: after its
    `decay_steps` the rate stays as it is, so that these should go with the length of the run.
    """

    if TYPE_CHECKING:
        decay_steps: Any  # of most; the others have a `length` of their own

    @property
    def repeats(self) -> bool:
        return False

    @property
    def ends(self) -> bool:
        return False

    def length(self) -> tuple[str, float]:
        """The argument that gives its length in steps, and that number."""
        return "decay_steps", self.decay_steps

    def rate(self, step: int) -> float:
        """The learning rate of the 0-based step (one step is one batch)."""
        raise NotImplementedError


def passed(step: int, decay_steps: float, staircase: bool) -> float:
    """How many times `decay_steps` has passed; rounded down for a staircase."""
    return step // decay_steps if staircase else step / decay_steps


def half_cosine(fraction: float, alpha: float) -> float:
    """Goes from 1 to alpha along half a cosine wave, as fraction goes from 0 to 1."""
    return (1 - alpha) * 0.5 * (1 + math.cos(math.pi * fraction)) + alpha


@schedules.register("ExponentialDecay")
class ExponentialDecay(Schedule):
    """Multiplies the rate by the same factor every `decay_steps` steps.

    lr = initial_learning_rate * decay_rate^(step / decay_steps); staircase: the exponent is rounded down.
    """

    initial_learning_rate: NotNegative
    decay_steps: Steps
    decay_rate: NotNegative
    staircase: bool = False

    def rate(self, step):
        return self.initial_learning_rate * self.decay_rate ** passed(step, self.decay_steps, self.staircase)


@schedules.register("InverseTimeDecay")
class InverseTimeDecay(Schedule):
    """Lowers the rate like 1/t: fast at first, then more and more slowly.

    lr = initial_learning_rate / (1 + decay_rate step / decay_steps); staircase: the quotient is rounded down.
    """

    initial_learning_rate: NotNegative
    decay_steps: Steps
    decay_rate: NotNegative
    staircase: bool = False

    def rate(self, step):
        times = passed(step, self.decay_steps, self.staircase)
        return self.initial_learning_rate / (1 + self.decay_rate * times)


@schedules.register("PiecewiseConstantDecay", "PiecewiseConstant")
class PiecewiseConstantDecay(Schedule):
    """Takes the rates of a list, each up to and including its boundary step.

    lr = values[i], where i is the number of boundaries below the step.
    """

    boundaries: Annotated[tuple[int | float, ...], BeforeValidator(listed), Field(min_length=1)]
    values: Annotated[tuple[NotNegative, ...], BeforeValidator(listed)]

    @model_validator
    def _one_value_more(self):
        if len(self.values) != len(self.boundaries) + 1:
            raise ValueError(
                f"values must have one more entry than boundaries: "
                f"{counted(len(self.boundaries), 'boundary needs', 'boundaries need')} "
                f"{len(self.boundaries) + 1} values, got {len(self.values)}"
            )
        if list(self.boundaries) != sorted(set(self.boundaries)):
            raise ValueError(f"boundaries must increase, got {list(self.boundaries)}")
        return self

    def length(self):
        return "boundaries", self.boundaries[-1]

    def rate(self, step):
        return self.values[bisect_left(self.boundaries, step)]


@schedules.register("PolynomialDecay")
class PolynomialDecay(Schedule):
    """Goes from one rate to another in `decay_steps` steps, along a power of the fraction that is left.

    lr = (initial_learning_rate - end_learning_rate) (1 - step / decay_steps)^power + end_learning_rate.
    cycle: at the end the rate jumps up and falls again, each time over a multiple of `decay_steps` that is 1 larger.
    """

    initial_learning_rate: NotNegative
    decay_steps: Steps
    end_learning_rate: NotNegative = 0.0001
    power: NotNegative = 1.0
    cycle: bool = False

    @property
    def repeats(self):
        return self.cycle

    @property
    def ends(self):
        return not self.cycle

    def rate(self, step):
        horizon = self.decay_steps
        if self.cycle:
            horizon *= max(1, math.ceil(step / self.decay_steps))
        left = 1 - min(step, horizon) / horizon
        drop = self.initial_learning_rate - self.end_learning_rate
        return drop * left**self.power + self.end_learning_rate


@schedules.register("CosineDecay")
class CosineDecay(Schedule):
    """Goes down half a cosine wave to `alpha` times the initial rate, after an optional linear warm-up.

    warm-up: lr = initial_learning_rate + (warmup_target - initial_learning_rate) step / warmup_steps;
    then: lr = top ((1 - alpha) (1 + cos(pi t / decay_steps)) / 2 + alpha),
    where top is warmup_target (without warm-up: initial_learning_rate) and t counts from the warm-up's end.
    Source: Loshchilov and Hutter 2017.
    """

    initial_learning_rate: NotNegative
    decay_steps: Steps
    alpha: Fraction = 0.0
    warmup_target: NotNegative | None = None
    warmup_steps: Annotated[int | float, Field(ge=0)] = 0

    ends = True

    @model_validator
    def _warmup_is_whole(self):
        if self.warmup_steps and self.warmup_target is None:
            raise ValueError("warmup_steps needs warmup_target, the rate at the end of the warm-up")
        return self

    def length(self):
        name = "warmup_steps + decay_steps" if self.warmup_steps else "decay_steps"
        return name, self.warmup_steps + self.decay_steps

    def rate(self, step):
        top = self.initial_learning_rate if self.warmup_target is None else self.warmup_target
        if step < self.warmup_steps:
            rise = top - self.initial_learning_rate
            return self.initial_learning_rate + rise * step / self.warmup_steps
        fraction = min((step - self.warmup_steps) / self.decay_steps, 1)
        return top * half_cosine(fraction, self.alpha)


@schedules.register("CosineDecayRestarts")
class CosineDecayRestarts(Schedule):
    """Repeats a cosine decay: each cycle is `t_mul` times as long and `m_mul` times as high as the one before.

    lr = initial_learning_rate ((1 - alpha) m_mul^i (1 + cos(pi fraction)) / 2 + alpha),
    in cycle i, of which `fraction` has passed.
    Source: Loshchilov and Hutter 2017 (SGDR).
    """

    initial_learning_rate: NotNegative
    first_decay_steps: Steps
    t_mul: Annotated[float, Field(ge=1)] = 2.0
    m_mul: NotNegative = 1.0
    alpha: Fraction = 0.0

    repeats = True

    def length(self):
        return "first_decay_steps", self.first_decay_steps

    def rate(self, step):
        cycle, fraction = self._position(step / self.first_decay_steps)
        height = (1 - self.alpha) * self.m_mul**cycle
        return self.initial_learning_rate * (height * half_cosine(fraction, 0) + self.alpha)

    def _position(self, time: float) -> tuple[int, float]:
        """(number of the cycle, fraction of it that has passed); time is measured in lengths of the first cycle."""
        if self.t_mul == 1:
            return int(time), time % 1
        # Adding the cycles' lengths is exact at a restart, where a logarithm may round either way.
        cycle, length = 0, 1.0
        while time >= length:
            time -= length
            length *= self.t_mul
            cycle += 1
        return cycle, time / length
