"""No message of pydantic reaches a user: every key with values of a wrong type, out of range, or unknown."""

import itertools
import json
import math
import re

import pytest

from nnctl import config as spec
from nnctl.components.registry import Declared
from nnctl.config.components import build_declared
from nnctl.config.json_schema import FAMILIES
from nnctl.config.loader import KEYS, Settings
from nnctl.config.source_map import Document, Findings
from nnctl.config.types import EngineSpec, InputSpec
from nnctl.data import config as data_spec
from nnctl.errors import ConfigError

WRONG = [
    "x", "", "a\nb", -1, 1.5, 10**30, True, [], [1, 2, 3], ["a", "b"], [None], [[1]], {"a": 1}, {}, {"a": {"b": 1}},
    {"a": [1]}, math.nan, math.inf, [1.5, -2], [{"a": 1}],
]  # fmt: skip
TOLD = re.compile(  # what is allowed
    r"expected|must be|unknown|is required|has no argument|is above|only one|needs|takes|at least|want|differ|more"
    r"|gives|wrapped|least"
)
PYDANTIC = re.compile(
    r"input should|extra inputs|not permitted|should match|pattern|valid (string|integer|number|boolean|list|tuple|dict"
    r"|mapping|date|time)|field required|instance of|type=|value error|assertion|should have|at most \d+ items"
    r"|unable to|none is not|could not convert|object has no|nonetype|\bdict(ionary)?\b|\btuple\b|\bfloat\(\)",
    re.IGNORECASE,
)
SPECS = [c for c in vars(data_spec).values() if isinstance(c, type) and issubclass(c, Declared) and c is not Declared]
GROUPS = {noun: [cls for _, cls in family.items()] for noun, family in FAMILIES.items()} | {
    "dataset and the rest": [*SPECS, Settings, EngineSpec, InputSpec]
}


def problems_of(cls, given):
    found = Findings(Document("c.yaml", given))
    build_declared(found, cls, given, ())
    try:
        found.stop_if_any()
    except ConfigError as error:
        return error.problems
    return ()


def looked_at(problems, given):
    for problem in problems:
        for text in (problem.message, problem.hint or ""):
            assert not PYDANTIC.search(text), (text, given)
            assert len(text) < 2500 and "\n" not in text, (text, given)
    return problems


@pytest.mark.parametrize("group", GROUPS)
def test_every_field_says_what_is_allowed_in_plain_words(group):
    few = group == "layer"  # 700 fields: each with every fourth value
    for number, cls in enumerate(GROUPS[group]):
        for value in WRONG[number % 4 :: 4] if few else WRONG:
            looked_at(problems_of(cls, value), value)
            for name in cls.model_fields:
                for problem in looked_at(problems_of(cls, {name: value}), {cls.__name__: {name: value}}):
                    assert TOLD.search(problem.message), problem.message


@pytest.mark.parametrize("group", GROUPS)
def test_a_key_that_is_not_known_is_answered_with_the_nearest_or_with_all(group):
    for cls in GROUPS[group]:
        for name in cls.model_fields:
            misspelt = name[:-1] + "zz" if len(name) > 3 else name + "z"
            if misspelt in cls.model_fields:
                continue
            [problem, *_] = looked_at(problems_of(cls, {misspelt: 1}), {misspelt: 1})
            assert misspelt in problem.message and re.search("did you mean|known:|write|belongs", problem.hint), problem


CONFIG = {
    "dataset": "iris",
    "layers": [{"Dense": {"units": 3, "activation": "softmax"}}],
    "loss": "sparse_categorical_crossentropy",
}
INSIDE = [(key,) for key in KEYS] + [
    ("dataset", key) for key in ("text", "sequence", "image", "split", "missing", "normalize", "path", "target", "name")
] + [
    ("dataset", "text", "column"), ("dataset", "sequence", "id"), ("dataset", "image", "size"),
    ("dataset", "split", "time"),
    ("inputs", "a"), ("inputs", "a", "shape"), ("outputs", 0), ("loss_weights", "dense"), ("metrics", "dense"),
    ("metrics", 0),
    ("optimizer", "adam", "learning_rate", "ExponentialDecay"), ("callbacks", 0), ("class_weight", "setosa"),
    ("engine", "fuse"),
]  # fmt: skip


@pytest.mark.parametrize("path", INSIDE, ids=lambda path: ".".join(map(str, path)))
def test_a_whole_config_with_a_wrong_value_anywhere(path):
    for value, unknown in itertools.product(WRONG, [False, True]):
        config = json.loads(json.dumps(CONFIG))
        given = {"unknown_key": value} if unknown else value
        here, keys = config, list(path)
        if len(keys) > 1 and isinstance(here.get(keys[0]), str):
            here[keys[0]] = {}
        for key, following in itertools.pairwise(keys):
            inner = [{}] if isinstance(following, int) else {}
            here[key] = inner if not here.get(key) else here[key]
            here = here[key]
        here[keys[-1]] = given
        try:
            spec.loads(json.dumps(config).replace("NaN", ".nan").replace("Infinity", ".inf"))
        except ConfigError as error:
            looked_at(error.problems, config)


def test_what_a_name_may_be_is_said():
    with pytest.raises(ConfigError) as caught:
        spec.loads(json.dumps(CONFIG | {"name": "a/b"}))
    assert "letters, digits" in caught.value.problems[0].message


@pytest.mark.parametrize("given, says, hint", [
    ({"text": {"columm": "t"}}, "unknown key 'columm'", "did you mean column?"),
    ({"text": {"column": "t", "vocabulary": 2}}, "must be at least 3, got 2", None),
    ({"image": {"size": [28, 28, 1]}}, "expected a list of 2 whole numbers, got [28, 28, 1]", None),
    ({"image": {"size": 28}}, "expected a list of 2 whole numbers, got 28", "write [28, 28]"),
    ({"image": {"colour": "rgb"}}, "unknown key 'colour'", "did you mean color?"),
    ({"sequence": {"order": "t"}}, "is required, but missing", "add `id: ...`"),
    ({"sequence": "id"}, "expected a mapping, got 'id'", "its keys: id, order, length"),
    ({"text": "review"}, "expected a mapping, got 'review'", "its keys: column, "),
    ({"split": 0.2}, "expected a mapping, got 0.2", "its keys: validation, test, "),
    ({"split": {"validaton": 0.2}}, "unknown key 'validaton'", "did you mean validation?"),
    ({"split": {"validation": 20}}, "must be at least 0 and below 1, got 20", None),
    ({"features": 3}, "expected text or a list of texts, got 3", "put it in quotes: '3'"),
])  # fmt: skip
def test_messages_of_dataset(given, says, hint):
    [problem, *_] = problems_of(data_spec.DatasetSpec, {"path": "d.csv", **given})
    assert says in problem.message
    assert hint is None or hint in problem.hint


@pytest.mark.parametrize("value", [[None], ["a", "b"], [[1]], None])
def test_a_value_that_a_layer_cannot_convert_is_a_message(value):
    for name in ("height_factor", "fill_value"):
        with pytest.raises(ConfigError):
            spec.loads(json.dumps(CONFIG | {"layers": [{"RandomTranslation": {"width_factor": 0.1, name: value}}]}))
