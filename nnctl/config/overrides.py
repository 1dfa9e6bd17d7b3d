"""`--set key.path=value`: values from the command line, which replace those of the file.

A step of a path is a key, an index (`layers.0` or `layers[0]`), or the name of a layer or of an entry of a list
(`layers.hidden`, `callbacks.EarlyStopping`); keys that contain dots are quoted. The name of a component (`adam`,
`Dense`) may be left out of a path: `optimizer.learning_rate=0.01` sets an argument in `optimizer: {adam: {...}}`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

from nnctl.components.registry import Family, PluginError, UnknownName, normalised
from nnctl.config.layer_list import written_names
from nnctl.config.messages import did_you_mean, show_value
from nnctl.config.source_map import Findings, Path, Place, shorten, show_path
from nnctl.config.yaml_reader import read_value
from nnctl.errors import ConfigError, Problem
from nnctl.nn.layers.base import layers
from nnctl.nn.losses.base import losses
from nnctl.nn.optimizers import optimizers

_STEP = re.compile(r'(?:^|\.)"([^"]+)"|(?:^|\.)([^.\[\]"]+)|\[(\d{1,6})\]')
_MOST_STEPS = 32


class _Refused(Exception):
    """An override that cannot be applied: (message, hint)."""


def apply(found: Findings, overrides: Sequence[str]) -> None:
    """Sets every `key.path=value` in the document, in order; reports in `found` those that cannot be set."""
    for text in overrides:
        shown = f"--set {shorten(text)}"
        try:
            steps, value = _parse(text)
            path = _set(found.document.data, steps, value)
        except _Refused as refused:
            found.add_problem(Problem(refused.args[0], shown, refused.args[1]))
            continue
        places = found.document.places
        for below in [other for other in places if other[: len(path)] == path]:
            del places[below]
        places[path] = Place(0, 0, shown)


def _parse(text: str) -> tuple[list[str | int], Any]:
    key, equals, given = text.partition("=")
    if not equals:
        raise _Refused("expected key.path=value", "write --set epochs=20")
    steps = _steps(key.strip())
    try:
        return steps, read_value(given)
    except ConfigError as error:
        problem = error.problems[0]
        raise _Refused(f"the value {show_value(given)}: {problem.message}", problem.hint) from None


def _steps(key: str) -> list[str | int]:
    steps: list[str | int] = []
    end = 0
    while end < len(key) and (match := _STEP.match(key, end)):
        quoted, plain, index = match.groups()
        steps.append(quoted or plain or int(index))
        end = match.end()
    if not steps or end < len(key) or len(steps) > _MOST_STEPS:
        raise _Refused(f"{shorten(key)!r} is not a key path", "write keys with dots between: optimizer.adam.beta_1")
    return steps


def _set(data: Any, steps: Sequence[str | int], value: Any) -> Path:
    """Sets the value at the end of the steps, creating mappings where needed; returns its key path."""
    here: Any = data
    path: Path = ()
    for position, step in enumerate(steps):
        *between, key = _way(here, step, path)
        for inner in between:  # a layer inside a `repeat`, referred to by its name
            here = here[inner]
        path = (*path, *between, key)
        rest = steps[position + 1 :]
        if not rest:
            here[key] = value
            return path
        here, path = _enter(here, key, path, rest)
    raise AssertionError("unreachable: _steps gives at least one step")


def _way(here: Any, step: str | int, path: Path) -> Path:
    """The keys that one step follows from `here`."""
    if path == ("layers",) and isinstance(here, list) and not str(step).isdecimal():
        named = written_names(here)
        if step in named:
            return named[str(step)]
    return (_key(here, step, path),)


def _key(here: Any, step: str | int, path: Path) -> str | int:
    if isinstance(here, dict):
        return str(step)
    if isinstance(step, int) or step.isdecimal():
        if int(step) < len(here):
            return int(step)
        indices = f"0 to {len(here) - 1}" if here else "none"
        raise _Refused(f"{show_path(path)} has no entry {step}", f"its entries: {indices}")
    names = [_member_name(item) for item in here]
    known: Iterable[str | None] = written_names(here) if path == ("layers",) else names
    matching = [i for i, name in enumerate(names) if name and normalised(name) == normalised(step)]
    if len(matching) == 1:
        return matching[0]
    if matching:
        raise _Refused(
            f"{show_path(path)} has {len(matching)} entries called {step}",
            f"give the index: {'.'.join(map(str, (*path, matching[0])))}",
        )  # fmt: skip  (zsh expands [0])
    raise _Refused(f"{show_path(path)} has no entry {shorten(step)!r}",
                   did_you_mean(step, [name for name in known if name]))  # fmt: skip


def _member_name(item: Any) -> str | None:
    name = next(iter(item)) if isinstance(item, dict) and len(item) == 1 else item
    return name if isinstance(name, str) else None


def _enter(here: Any, key: str | int, path: Path, rest: Sequence[str | int]) -> tuple[Any, Path]:
    """The container at here[key], ready for the steps that follow, and its path."""
    inner = here[int(key)] if isinstance(here, list) else here.get(key)
    if path[-1:] == (key,) and (holder := _family(path[:-1])):
        inner = _spelled_out(holder, str(key), inner)
    if inner is None:
        inner = {}
    elif isinstance(inner, str):
        inner = {"name": inner} if path == ("dataset",) else {inner: {}}
    elif not isinstance(inner, dict | list):
        raise _Refused(f"{show_path(path)} is {show_value(inner)}, which has no keys",
                       f"set it as a whole: --set {show_path(path)}=...")  # fmt: skip
    following = str(rest[0])
    name = _member_name(inner) if isinstance(inner, dict) else None
    if name is None or normalised(following) == normalised(name) or not _is_member(path, here, key):
        here[key] = inner
        return inner, path
    family = _family(path)
    if (_names_one(family, following) and not _is_argument(family, name, rest)) if family else len(rest) > 1:
        here[key] = {}  # replaces the member: optimizer.sgd.momentum=0.9 where the file has adam
        return here[key], path
    here[key] = inner
    if not isinstance(inner[name], dict):
        spelled_out = _spelled_out(family, name, inner[name]) if family else {}
        inner[name] = spelled_out if isinstance(spelled_out, dict) else {}
    return inner[name], (*path, name)


def _is_argument(family: Family, name: str, rest: Sequence[str | int]) -> bool:
    """Whether the steps lead to an argument of the component with that name, and not to another component that is
    called the same: the `activation` of a Dense, the `dropout` of an LSTM, the `momentum` of sgd."""
    argument = str(rest[0])
    if not _names_one(family, name) or argument not in family.lookup(name[:200]).model_fields:
        return False
    return len(rest) == 1 or str(rest[1]) not in family.lookup(argument).model_fields


def _spelled_out(family: Family, name: str, given: Any) -> Any:
    """`adam: 0.01` as `adam: {learning_rate: 0.01}`, so that setting another argument keeps this one."""
    return family.lookup(name[:200]).spelled_out(given) if _names_one(family, name) else given


def _is_member(path: Path, here: Any, key: str | int) -> bool:
    """Whether the value names a component: because of its place in the config, or because it was a name alone."""
    in_list = len(path) == 2 and path[0] in ("callbacks", "metrics", "weighted_metrics") and isinstance(path[1], int)
    return in_list or _family(path) is not None or (isinstance(here[key], str) and path != ("dataset",))


def _family(path: Path) -> Family | None:
    if path == ("optimizer",):
        return optimizers
    if path == ("loss",):
        return losses
    # layers.0, and inside of a `repeat` layers.0.repeat.layers.1
    return layers if path[:1] == ("layers",) and path[-2:-1] == ("layers",) and isinstance(path[-1], int) else None


def _names_one(family: Family, name: str) -> bool:
    try:
        family.lookup(name[:200])
    except UnknownName:
        return False
    except PluginError:  # reported when the config is built
        return True
    return True
