"""The quick check of arguments takes nothing that pydantic would refuse or change."""

import math
import subprocess
import sys
from typing import Annotated

import pydantic
import pytest

from nnctl.components.component import Declared
from nnctl.components.fast_checks import NO, Field
from nnctl.components.pydantic_model import twin, validated
from nnctl.config.json_schema import FAMILIES
from nnctl.config.loader import Settings
from nnctl.config.types import EngineSpec, InputSpec
from nnctl.data.config import DatasetSpec, ImageSpec, SequenceSpec, SplitSpec, TextSpec

CLASSES = [DatasetSpec, ImageSpec, SequenceSpec, SplitSpec, TextSpec, Settings, EngineSpec, InputSpec,
           *(cls for family in FAMILIES.values() for _, cls in family.items())]  # fmt: skip
VALUES = [
    None, True, False, 0, 1, -1, 2, 3, 10**6, 2**60, 10**400, 0.0, 0.5, 1.0, -0.5, 2.5, 1e300, math.nan,
    math.inf, "", "a", "relu", "adam", "Dense", "LSTM", "LeakyReLU", "same", "valid", "max", "all", "balanced",
    "standard", "drop", "a b", "ä", "a\n", [], [1], [1, 2], [3, 1], [0.25, 0.5], [1, 2, 3], [1.0, 2], [True],
    ["a"], ["a", "b"], [["a"]], [None, 3], [[1, 2], [3, 4]], (1, 2), (0.5, 1), ("a",), {}, {"a": "b"}, {"a": 1},
    {"a": True}, {"a": "drop"}, {"a": ["b"]}, {1: "b"}, {"validation": 0.1}, {"validation": 2}, {"column": "a"},
    {"id": "a"}, {"threads": 2}, {"relu": {"alpha": 1}}, {"Dense": {"units": 3}}, {"LSTM": {"units": 3}}, {"l2":
    0.1}, {"l2": {"l2": 0.1}}, {"ExponentialDecay": {"initial_learning_rate": 1, "decay_steps": 2, "decay_rate":
    0.5}}, SplitSpec(), b"a", 1j,
]  # fmt: skip


def both(cls, given):
    """(the quick check's answer, pydantic's) as fields' values; None where refused or left to the other."""
    quick = cls.quickly(given)
    try:
        slow = validated(cls, given)
    except Exception:
        slow = None
    return None if quick is NO else {name: getattr(quick, name) for name in cls.model_fields}, slow


@pytest.mark.parametrize("cls", CLASSES, ids=lambda cls: cls.__name__)
def test_what_is_taken_quickly_is_what_pydantic_makes_of_it(cls):
    needed = {}
    for name, argument in cls.model_fields.items():  # values for what a class cannot be without
        if argument.is_required():
            needed[name] = next(value for value in VALUES if fits(cls, name, value))
    cases = [needed, *({**needed, name: value} for name in cls.model_fields for value in VALUES)]
    cases += [{**needed, "no such argument": 1}, *({k: v for k, v in needed.items() if k != name} for name in needed)]
    for given in cases:
        quick, slow = both(cls, given)
        if quick is not None:
            assert quick == slow, given
            assert repr(quick) == repr(slow), given  # 1, 1.0 and True are equal, but not the same


def fits(cls, name, value):
    try:
        validated(cls, {name: value})
    except pydantic.ValidationError as error:
        return all(one["loc"][:1] != (name,) and one["loc"] for one in error.errors())
    except Exception:
        return False
    return True


def test_ready_configs_need_no_pydantic():
    code = """if True:
        import sys
        from nnctl.config import load
        for name in ("iris", "wine", "digits", "digits_cnn", "japanese_vowels_lstm", "two_inputs_two_outputs"):
            load(name)
            assert "pydantic" not in sys.modules, name
    """
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


def test_marks_of_pydantic_are_left_to_pydantic():
    class Plug(Declared):
        rate: Annotated[float, pydantic.Field(ge=0)] = 0.5
        share: float = pydantic.Field(0.25, lt=1)
        count: Annotated[int, Field(ge=1)] = 3

    assert Plug(rate=1).rate == 1.0 and Plug().share == 0.25 and Plug(share=0.5).share == 0.5
    for wrong in ({"rate": -1.0}, {"share": 2.0}, {"count": 0}):
        with pytest.raises(pydantic.ValidationError):
            Plug(**wrong)


def test_instances_are_immutable_equal_by_value_and_copied_with_changes():
    a = SplitSpec(validation=0.1)
    with pytest.raises(AttributeError):
        a.validation = 0.2
    with pytest.raises(AttributeError):
        del a.validation
    b = a.model_copy(update={"test": 0.5})
    assert (b.validation, b.test, a.test) == (0.1, 0.5, 0.2) and a == SplitSpec(validation=0.1) != b
    assert hash(a) == hash(SplitSpec(validation=0.1)) and SplitSpec.model_validate(a) is a
    assert twin(SplitSpec).__name__ == "SplitSpec" and repr(a).startswith("SplitSpec(validation=0.1, test=0.2, ")
