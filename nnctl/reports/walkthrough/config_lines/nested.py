"""Keys below the top level: those of the data, and the arguments of layers, losses, optimizers and the like."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from nnctl.components.registry import Declared, Family, UnknownName
from nnctl.config.argument_docs import descriptions, summary
from nnctl.config.argument_texts import INITIAL_WEIGHTS, TOP_LEVEL, WIRING
from nnctl.config.callbacks import callbacks
from nnctl.config.source_map import Path
from nnctl.config.types import EngineSpec
from nnctl.data.config import DatasetSpec, ImageSpec, InputSpec, SequenceSpec, SplitSpec, TextSpec
from nnctl.nn.activations import activations
from nnctl.nn.initializers import initializers
from nnctl.nn.layers.base import layers
from nnctl.nn.losses.base import losses
from nnctl.nn.metrics.base import metrics
from nnctl.nn.optimizers import optimizers
from nnctl.nn.regularizers import regularizers
from nnctl.nn.schedules import schedules
from nnctl.reports.number_format import count
from nnctl.reports.walkthrough.config_lines.context import Context
from nnctl.reports.walkthrough.config_lines.data_keys import DATA_KEYS
from nnctl.translation import N_, _

# The family whose members a key takes.
FAMILIES: dict[str, tuple[Family, ...]] = {
    "activation": (activations,),
    "recurrent_activation": (activations,),
    "callbacks": (callbacks,),
    "layers": (layers,),
    "layer": (layers,),
    "backward_layer": (layers,),
    "learning_rate": (schedules,),
    "loss": (losses,),
    "metrics": (metrics, losses),
    "weighted_metrics": (metrics, losses),
    "optimizer": (optimizers,),
}
SPECS: dict[str, type[Declared]] = {
    "image": ImageSpec,
    "sequence": SequenceSpec,
    "split": SplitSpec,
    "text": TextSpec,
}

REPEAT = N_("These layers follow one another several times; each repetition takes the output of the one before.")
# Arguments that a first reader needs more words for.
SAID = {
    "learning_rate": N_("How far each update goes. Too large, and training jumps about; too small, and it takes long."),
}


def _from(value: Any) -> str:
    names = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
    return _("It takes the output of {names}.").format(names=names)


# Keys of layers whose value is the sentence.
WRITTEN: dict[str, Callable[[Any], str]] = {
    "from": _from,
    "name": lambda value: _("It is called {name}.").format(name=value),
}


def texts_of_keys() -> list[str]:
    """The texts that are translated by their value: those of keys, for the catalogues."""
    specs: list[type[Declared]] = [DatasetSpec, EngineSpec, InputSpec, *SPECS.values()]
    of_keys = (text for cls in specs for text in descriptions(cls).values())
    return list(dict.fromkeys([*TOP_LEVEL.values(), *of_keys, *WIRING.values(), *INITIAL_WEIGHTS.values()]))


def nested_sentence(at: Context, path: Path, value: Any) -> str:
    """What a key below the top level means, with this value; empty if nothing needs to be said."""
    if own := OWN.get(".".join(map(str, path))):
        return own(at)
    names = [step for step in path if isinstance(step, str)]
    if isinstance(path[-1], int) and names[0] not in ("callbacks", "metrics", "weighted_metrics"):
        return ""  # an item of a list, which its key has explained
    if path[0] == "dataset" and len(path) == 2 and value is not None and path[1] in DATA_KEYS:
        return DATA_KEYS[str(path[1])](value)
    if path[0] == "dataset":
        return _of_class(DatasetSpec, path[1:], SPECS)
    if path[0] == "engine":
        return _of_class(EngineSpec, path[1:], {})
    if path[0] == "inputs":
        return _of_class(InputSpec, path[2:], {})
    if path[0] == "weights":
        return _(INITIAL_WEIGHTS.get(str(path[1]), "")) if len(path) == 2 else ""
    return _of_component(value, names)


def _of_class(cls: type[Declared], path: Path, inner: dict[str, type[Declared]]) -> str:
    if not path or not isinstance(path[0], str):
        return ""
    key = path[0]
    if len(path) > 1 and key in inner:
        return _of_class(inner[key], tuple(step for step in path[1:] if isinstance(step, str)), {})
    return _(descriptions(cls).get(key, "")) if len(path) == 1 else ""


def _of_component(value: Any, names: list[str]) -> str:
    """What the last name is: an argument of the component before it, or a component."""
    cls: type[Declared] | None = None
    families: tuple[Family, ...] = FAMILIES.get(names[0], ())
    argument = ""
    for name in names[1:]:
        own = cls is not None and (name in cls.model_fields or (names[0] == "layers" and name in WIRING))
        found = None if own else _member(families, name)
        cls, argument = (found, "") if found else (cls, name)
        families = families_of(name) or families
    if names[0] == "layers" and names[-2] == "shared" and names[-1] in WRITTEN:
        return WRITTEN[names[-1]](value)
    if names[1:] in (["repeat", "times"], ["repeat", "layers"], ["repeat"]):
        return _(REPEAT if names[-1] == "repeat" else WIRING[names[-1]])
    if cls is None or not argument:
        inner = cls if len(names) > 2 or names[0] in ("callbacks", "metrics", "weighted_metrics") else None
        return _(summary(inner)) if inner else _named(families, value)
    if names[0] == "layers" and argument in WRITTEN:
        return WRITTEN[argument](value)
    text = SAID.get(argument) or descriptions(cls).get(argument) or WIRING.get(argument, "")
    named = _named(families_of(argument), value)
    return named or _(text)


def families_of(argument: str) -> tuple[Family, ...]:
    """The families whose members an argument takes."""
    if argument in FAMILIES:
        return FAMILIES[argument]
    if argument.endswith("_initializer"):
        return (initializers,)
    return (regularizers,) if argument.endswith("_regularizer") else ()


def _named(families: tuple[Family, ...], value: Any) -> str:
    """What the component is that a value names; empty if it names none."""
    cls = _member(families, value) if isinstance(value, str) else None
    return _(summary(cls)) if cls else ""


def _member(families: tuple[Family, ...], name: str) -> type[Declared] | None:
    for family in families:
        try:
            return family.lookup(name)
        except UnknownName:
            continue
    return None


def _share(split: str) -> Callable[[Context], str]:
    def sentence(at: Context) -> str:
        rows = at.data.rows
        total = sum(rows.values())
        n = rows.get(split, 0)
        if not n:
            return _("No rows are for validation.") if split == "validation" else _("No rows are for the test.")
        if split == "validation":
            text = _("{n} of the {total} rows are for validation: they are not trained on, and show after each epoch "
                     "how well the model does on rows that it has not seen.")  # fmt: skip
        else:
            text = _("{n} of the {total} rows are for the test: they are looked at once, at the end.")
        return text.format(n=count(n), total=count(total))

    return sentence


OWN: dict[str, Callable[[Context], str]] = {
    "dataset.split.validation": _share("validation"),
    "dataset.split.test": _share("test"),
}
