"""The JSON Schema accepts what nnctl accepts, and rejects what an editor should mark."""

import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from configs import config_text
from nnctl import config
from nnctl.cli import program
from nnctl.config.json_schema import FAMILIES
from nnctl.config.yaml_reader import read
from nnctl.errors import ConfigError
from nnctl.nn.losses import losses

jsonschema = pytest.importorskip("jsonschema")

GOOD = {"dataset": "iris", "layers": [{"Dense": {"units": 3}}], "loss": "mse"}
EXPONENTIAL = {"initial_learning_rate": 0.1, "decay_steps": 10, "decay_rate": 0.9}
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


@pytest.mark.parametrize(
    "change",
    [
        {"loss": "foo"},
        {"loss": {"hubr": {"delta": 1.0}}},
        {"layers": ["Dens"]},
        {"layers": [{"Dens": {"units": 3}}]},
        {"layers": [{"Dense": {"units": 3, "activation": "rleu"}}]},
        {"layers": [{"Dense": {"units": 3, "kernel_initializer": "he_norml"}}]},
        {"layers": [{"Dense": {"units": 3, "kernel_regularizer": "l3"}}]},
        {"layers": [{"TimeDistributed": {"layer": "Dens"}}]},
        {"optimizer": "adm"},
        {"optimizer": {"adam": {"learning_rate": -0.1}}},
        {"optimizer": {"adam": {"learning_rate": {"ExponentialDecy": {}}}}},
        {"metrics": ["acuracy"]},
        {"callbacks": ["EarlyStoping"]},
        {"class_weight": "balance"},
        {"keep": "first"},
        {"engine": {"dtype": "float16"}},
        {"engine": {"fuse": ["all"]}},
        {"dataset": {"path": "a.csv", "split": {"tests": 0.1}}},
        {"dataset": {"path": "a.csv", "missing": {"b": "mode"}}},
    ],
    ids=str,
)
def test_what_nnctl_refuses_is_marked(validator, change):
    text = json.dumps({**GOOD, **change})  # JSON is YAML
    with pytest.raises(ConfigError):
        config.loads(text)
    assert not validator.is_valid({**GOOD, **change})


@pytest.mark.parametrize(
    "change",
    [
        {"loss": "MeanSquaredError"},
        {"loss": {"Mean-Squared Error": {}}},
        {"loss": ["mse"]},
        {"loss": {"dense": "mse"}},
        {"loss_weights": 2},
        {"optimizer": "Adam"},
        {"optimizer": {"Adam": {"learning_rate": {"exponential_decay": EXPONENTIAL}}}},
        {"optimizer": {"adam": 0.01}},
        {"optimizer": None, "metrics": None, "epochs": None},
        {"layers": [{"dense": {"units": 3, "activation": "ReLU"}}]},
        {"layers": [{"convolution_2d": {"filters": 3, "kernel_size": 3}}, "flatten"]},
        {"layers": [{"Dense": {"units": 3, "kernel_regularizer": {"l1": 0.1, "l2": 0.2}}}]},
        {"layers": [{"Repeat": {"times": 2, "layers": ["re_lu"]}}]},
        {"layers": [{"input_layer": [4]}, {"Dense": {"units": 3}}]},
        {"metrics": "MAE"},
        {"callbacks": "early_stopping"},
        {"dataset": {"path": "a.csv", "missing_values": -999}},
    ],
    ids=str,
)
def test_what_nnctl_takes_is_valid(validator, change):
    config.loads(json.dumps({**GOOD, **change}))
    validator.validate({**GOOD, **change})


@pytest.mark.parametrize("noun", FAMILIES)
def test_every_spelling_of_every_name_is_valid(noun):
    schema = {**config.schema(), "$ref": f"#/$defs/{noun}"}
    for key in ("properties", "required", "additionalProperties", "type"):
        del schema[key]
    member = jsonschema.Draft202012Validator(schema)
    for name in FAMILIES[noun]:
        for alias in (name, *FAMILIES[noun].aliases(name)):
            for spelling in (alias, alias.upper(), alias.lower(), alias.replace("_", "-"), f" {alias} "):
                assert member.is_valid(spelling), spelling
                assert FAMILIES[noun].lookup(spelling) is FAMILIES[noun][name]
        assert not member.is_valid(name + "x")


def test_a_plugins_members_are_valid(validator, monkeypatch):
    known = dict(losses._members), dict(losses._names)
    monkeypatch.setattr(losses, "_members", known[0])
    monkeypatch.setattr(losses, "_names", known[1])
    losses.register("twice")(type("Twice", (losses["mse"],), {"__doc__": "Twice the loss."}))
    jsonschema.Draft202012Validator(config.schema()).validate({**GOOD, "loss": "Twice"})
    assert not validator.is_valid({**GOOD, "loss": "Twice"})


def test_every_property_has_a_title_and_a_description():
    schema, missing = config.schema(), []

    def look(part, path):
        if isinstance(part, list):
            for index, item in enumerate(part):
                look(item, f"{path}/{index}")
        elif isinstance(part, dict):
            for key, value in part.items():
                if key == "properties":
                    if part.get("additionalProperties") is not False:
                        missing.append(f"{path}: additionalProperties")
                    missing.extend(
                        f"{path}/{name}"
                        for name, kind in value.items()
                        if not kind.get("title") or not kind.get("description", "").endswith((".", ")"))
                    )
                look(value, f"{path}/{key}")

    look(schema, "")
    assert missing == []


def test_init_writes_the_schema_that_its_first_line_names(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert CliRunner().invoke(program, ["init", "regress"]).exit_code == 0
    first, *_ = Path("regress.yaml").read_text(encoding="utf-8").splitlines()
    named = re.fullmatch(r"# yaml-language-server: \$schema=(\S+)", first)[1]
    assert json.loads(Path(named).read_text(encoding="utf-8")) == json.loads(json.dumps(config.schema()))
    config.load("regress.yaml")
