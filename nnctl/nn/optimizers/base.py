"""What an optimizer is: its arguments, its state, and a rule on any slice of the flat weights."""

import math
from collections.abc import Callable
from typing import Annotated, Any, ClassVar

import numpy as np

from nnctl.components.fast_checks import Field, field_validator, model_validator
from nnctl.components.registry import Declared, Family, one_of
from nnctl.nn.schedules import schedules

Array = np.ndarray

optimizers = Family("optimizer")

Rate: Any = one_of(schedules, scalar=True)  # a number or a schedule
Fraction = Annotated[float, Field(ge=0, lt=1)]
Positive = Annotated[float, Field(gt=0)]
NotNegative = Annotated[float, Field(ge=0)]


class Optimizer(Declared):
    """Base of all optimizers.

    Order of a step: clip, weight decay (w <- w - w weight_decay lr), rule.
    clipnorm: longest gradient of one variable. global_clipnorm: of all variables together; longer ones are
    shortened, their direction kept. clipvalue: largest size of one entry.

    per_variable: whether the rule looks at a variable as a whole, for its norm or its shape. It is then called once
        for each variable, on NumPy, and not on blocks of the flat weights.
    scaling_rule: how people change its learning rate with the batch size: "linear", or "square root", for optimizers
        that divide by the size of the gradients, as Adam does.
    """

    per_variable: ClassVar[bool] = False
    scaling_rule: ClassVar[str] = "square root"
    learning_rate: Rate = 0.001
    clipnorm: Positive | None = None
    global_clipnorm: Positive | None = None
    clipvalue: Positive | None = None
    weight_decay: NotNegative | None = None

    bare = ("learning_rate",)

    @field_validator("learning_rate")
    @classmethod
    def _in_range(cls, value):
        if isinstance(value, float) and not 0 <= value < math.inf:
            raise ValueError(f"learning_rate must be finite and at least 0, or a schedule, got {value}")
        return value

    @model_validator
    def _one_kind_of_clipping(self):
        kinds = ("clipnorm", "global_clipnorm", "clipvalue")
        given = [kind for kind in kinds if getattr(self, kind) is not None]
        if len(given) > 1:
            raise ValueError(f"only one kind of clipping is allowed, got {' and '.join(given)}: keep one")
        return self

    def rate(self, step: int) -> float:
        """The learning rate of the 0-based step; infinite where a schedule's is too large for a float."""
        given: Any = self.learning_rate
        if isinstance(given, float):
            return given
        try:
            return given.rate(step)
        except OverflowError:
            return math.inf

    def slots(self) -> dict[str, float]:
        """The state arrays by name, each laid out like the weights, and what fills them at the start."""
        return {}

    def memory(self) -> dict[str, float]:
        """The numbers that `scalars` keeps from step to step, as they are at the start."""
        return {}

    def scalars(self, lr: float, step: int, memory: dict[str, float]) -> tuple[float, ...]:
        """The numbers the formula takes at the 0-based step. Called once a step, in order."""
        return (lr,)

    def formula(self) -> Callable[..., tuple[Array, ...]]:
        """The rule that these arguments choose."""
        return self.rule

    @staticmethod
    def rule(*arrays_and_scalars: Any, **variable: Any) -> tuple[Array, ...]:
        """(w, *slots) after the step, as new arrays, from w, its gradient g, the slots, then the scalars.

        The arrays are any slice of the flat weights, and the rule works entry by entry. With `per_variable` they are
        one variable, in its own shape, and the rule also takes its name: `name="dense/kernel"`.
        """
        raise NotImplementedError


def norm(*arrays: Array) -> float:
    """The 2-norm of all entries together."""
    length = math.sqrt(sum(float(np.dot(flat, flat)) for flat in map(np.ravel, arrays)))
    if math.isinf(length):  # in float32 the squares of what exceeds 1.8e19 overflow
        length = math.sqrt(sum(float(np.square(array, dtype=np.float64).sum()) for array in arrays))
    return length
