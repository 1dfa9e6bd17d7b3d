"""Every component that the package declares can be named in a config; what is forgotten is named."""

import importlib
import json
import pkgutil
import subprocess
import sys

import pytest
from contract import check_rows, golden

import nnctl.nn
from nnctl.config.json_schema import FAMILIES
from nnctl.nn.activations import Activation
from nnctl.nn.initializers import Initializer
from nnctl.nn.layers import Layer
from nnctl.nn.losses import Loss
from nnctl.nn.metrics import Metric
from nnctl.nn.optimizers import Optimizer
from nnctl.nn.regularizers import Regularizer
from nnctl.nn.schedules import Schedule
from nnctl.training.callbacks import Callback

# family -> (its base class, the file that lists its members)
HOMES = {
    "layer": (Layer, "nnctl/nn/layers/__init__.py"),
    "loss": (Loss, "nnctl/nn/losses/__init__.py"),
    "metric": (Metric, "nnctl/nn/metrics/__init__.py"),
    "optimizer": (Optimizer, "nnctl/nn/optimizers/__init__.py"),
    "activation": (Activation, "nnctl/nn/activations/__init__.py"),
    "initializer": (Initializer, "nnctl/nn/initializers.py"),
    "regularizer": (Regularizer, "nnctl/nn/regularizers.py"),
    "schedule": (Schedule, "nnctl/nn/schedules.py"),
    "callback": (Callback, "nnctl/config/callbacks.py"),
}


def modules():
    """All that may declare a component, imported."""
    found = [module.name for module in pkgutil.walk_packages(nnctl.nn.__path__, "nnctl.nn.")]
    return [importlib.import_module(name) for name in (*found, "nnctl.training.callbacks")]


def file_of(cls):
    return cls.__module__.replace(".", "/") + ".py"


def unregistered(base, registered, declared):
    """The classes below `base` that are not registered, and not the base of one that is; `_Name` is internal."""
    known = {home for cls in registered for home in cls.__mro__}
    return [cls for cls in declared if issubclass(cls, base) and cls not in known and cls.__name__[0] != "_"]


@pytest.fixture(scope="module")
def listed():
    """What configs can name before any module of components is imported, by family."""
    code = "import json; from nnctl.config.json_schema import FAMILIES\n"
    code += "print(json.dumps({noun: family.names() for noun, family in FAMILIES.items()}))"
    return json.loads(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout)


@pytest.fixture(scope="module")
def declared():
    return [cls for module in modules() for cls in vars(module).values()
            if isinstance(cls, type) and cls.__module__ == module.__name__]  # fmt: skip


def test_every_family_has_a_home():
    assert HOMES.keys() == FAMILIES.keys()


@pytest.mark.parametrize("noun", HOMES)
def test_every_component_is_registered(noun, declared):
    base, _ = HOMES[noun]
    # of all families: the metrics made of losses have a base that is both
    registered = [cls for family in FAMILIES.values() for _, cls in family.items()]
    forgotten = unregistered(base, registered, declared)
    family = "losses" if noun == "loss" else f"{noun}s"
    assert not forgotten, "\n".join(
        f"{file_of(cls)} declares {cls.__name__}, which no config can name: write @{family}.register(NAME) above it, "
        f"or begin its name with _ if it is internal"
        for cls in forgotten
    )


@pytest.mark.parametrize("noun", HOMES)
def test_every_component_is_listed(noun, listed, declared):
    _, file = HOMES[noun]
    own = [cls for _, cls in FAMILIES[noun].items() if cls.__module__.startswith("nnctl.")]
    lost = [cls for cls in own if cls.kind not in listed[noun]]
    assert not lost, "\n".join(
        f"{file_of(cls)} registers {cls.kind!r}, but nothing imports it when a config names it: add it to {file}"
        for cls in lost
    )


def test_what_is_forgotten_is_found():
    class Forgotten(Optimizer):
        pass

    class Base(Optimizer):
        pass

    class _Internal(Optimizer):
        pass

    class Known(Base):
        pass

    assert unregistered(Optimizer, [Known], [Base, Known, Forgotten, _Internal]) == [Forgotten]


def test_a_missing_row_is_named():
    with pytest.raises(AssertionError) as caught:
        check_rows(FAMILIES["optimizer"], set(FAMILIES["optimizer"]) - {"lion"}, golden("optimizers"))
    assert "the optimizer lion has no row: add one to CASES in tests/golden/optimizers.py" in str(caught.value)
    assert "OPTIMIZERS in tests/golden/not_in_keras.py" in str(caught.value)
    with pytest.raises(AssertionError, match="no schedule is registered as Rising"):
        check_rows(FAMILIES["schedule"], [*FAMILIES["schedule"], "Rising"], golden("schedules"))
