"""The JSON Schema takes what nnctl takes, and marks what an editor should."""

import json
from pathlib import Path

import pytest

from configs import config_text
from nnctl import config
from nnctl.config.yaml_reader import read

jsonschema = pytest.importorskip("jsonschema")

ROOT = Path(__file__).parents[2]
FILES = sorted([*(ROOT / "configs").glob("*.yaml"), *(ROOT / "nnctl" / "cli" / "templates").glob("*.yaml")])


@pytest.fixture(scope="module")
def validator():
    schema = config.schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


@pytest.mark.parametrize("path", FILES, ids=[path.stem for path in FILES])
def test_every_ready_config_is_valid_and_its_resolved_form_too(validator, path):
    validator.validate(read(path.read_bytes(), path.name).data)
    validator.validate(json.loads(json.dumps(config.load(path).resolved)))


@pytest.mark.parametrize(
    ("layer", "valid"),
    [
        ("Dense: {units: 3, from: [a, b], name: x}", True),
        ("Dense: {units: 3, unit: 4}", False),
        ("Dense: {units: 0}", False),
        ("LSTM: {units: 3, initial_state: encoder}", True),
        ("LSTM: {units: 3, from: [x, encoder.h, encoder.c]}", True),
        ("Dense: {units: 3, initial_state: encoder}", False),
        ("Bidirectional: {layer: {LSTM: {units: 3}}, from: a}", True),
        ("Bidirectional: {layer: {LSTM: {units: 3, from: a}}}", False),
        ("Bidirectional: {layer: {LSTM: {unit: 3}}}", False),
        ("shared: tower", True),
        ("shared: {layer: tower, from: a}", True),
        ("shared: {from: a}", False),
        ("Dense: {shared: tower}", True),
        ("Input: {shape: [3], name: a}", True),
        ("repeat: {times: 3, layers: [Flatten, {repeat: {times: 2, layers: [ReLU]}}]}", True),
        ("repeat: {times: 3}", False),
        ("repeat: {times: 0, layers: [Flatten]}", False),
        ("repeat: {times: 3, layers: [{Dense: {unit: 3}}]}", False),
    ],
)
def test_entries_of_the_list(validator, layer, valid):
    assert validator.is_valid(read(config_text(layer).strip(), "config").data) is valid
