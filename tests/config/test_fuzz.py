"""Any graph in a config is a network, or its problems are reported, each with its place."""

import copy
import json

from hypothesis import given, settings
from hypothesis import strategies as st

from nnctl import config
from nnctl.errors import ConfigError

WHOLE = {
    "dataset": {"path": "data.npz"},
    "inputs": {"left": {"shape": [5, 4]}, "right": [5, 4]},
    "layers": [
        {"LSTM": {"units": 3, "return_state": True, "from": "left", "name": "encoder"}},
        {"LSTM": {"units": 3, "from": "right", "initial_state": "encoder", "name": "decoder"}},
        {"shared": {"layer": "encoder", "from": ["right", "encoder.h", "encoder.c"], "name": "again"}},
        {"repeat": {"times": 2, "layers": [
            {"Dense": {"units": 3, "name": "inner", "from": "above"}},
            {"repeat": {"times": 2, "layers": [
                {"Dense": {"units": 3}}, {"Add": {"from": ["above", "before", "inner"]}},
            ]}},
        ]}},
        {"Bidirectional": {"layer": {"GRU": {"units": 3}}, "from": "left", "name": "both"}},
        {"Add": {"from": ["encoder", "decoder", "again", "add_3"]}},
        "Flatten",
        {"Dense": {"units": 1, "name": "last"}},
    ],
    "outputs": ["last", "both"],
    "loss": {"last": "mse", "both": "mse"},
}  # fmt: skip

CHANGED = ("layers", "inputs", "outputs")

words = st.sampled_from([
    "left", "encoder", "encoder.h", "encoder.", ".h", ".", "above", "before", "repeat", "shared", "Dense", "inner",
    "{i}", "inner_1", "add_3", "last", "Input", "", "times", "layers", "a" * 101, "ä b", "from", "initial_state",
])  # fmt: skip
leaves = words | st.none() | st.booleans() | st.integers(-2, 3) | st.just(10**9) | st.just(0.5)
values = st.recursive(
    leaves, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=3), max_leaves=6
)


def places(data, path=()):
    """Every key path of a config."""
    items = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    for key, value in items:
        yield (*path, key)
        yield from places(value, (*path, key))


@settings(deadline=None, max_examples=300)
@given(st.data())
def test_no_value_anywhere_breaks_the_reader(data):
    whole = copy.deepcopy(WHOLE)
    for _ in range(data.draw(st.integers(1, 3))):
        path = data.draw(
            st.sampled_from([path for path in places(whole) if path[0] in ("layers", "inputs", "outputs")])
        )
        here = whole
        for key in path[:-1]:
            here = here[key]
        if data.draw(st.booleans()) and isinstance(here, dict):
            here[data.draw(words)] = here.pop(path[-1])
        else:
            here[path[-1]] = data.draw(values)
    try:
        checked = config.loads(json.dumps(whole, ensure_ascii=False))
    except ConfigError as error:
        assert all(problem.where and problem.message for problem in error.problems)
    else:
        assert config.loads(config.dump(checked.resolved, checked.origins)).resolved == checked.resolved


def test_what_is_changed_there_is_a_network():
    assert len(config.loads(json.dumps(WHOLE)).nodes) == 3 + 2 * (1 + 2 * 2) + 4
