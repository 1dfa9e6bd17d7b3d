"""What the verdict suggests is valid: as YAML in place of the config's keys, and as a command; and the headline."""

import functools

import pytest
import yaml
from evidence import curves, evaluation, evidence, importance, output, scores

from nnctl import config as configs
from nnctl.reports.findings.config_values import config_values, values_set, written_config
from nnctl.reports.findings.rules import changes
from nnctl.reports.findings.verdict import command_of, one_line, verdict_of, yaml_of

CONFIGS = ("iris", "cars", "digits_cnn", "reviews_text", "siamese", "two_inputs_two_outputs", "residual_cnn")
ADVICE = {
    "epochs": lambda found: changes.epochs(found, 77, "x"),
    "learning_rate": lambda found: changes.learning_rate(found, 0.1, "x"),
    "early_stopping": lambda found: changes.early_stopping(found, 5, "x"),
    "balanced": lambda found: changes.balanced("x"),
    "dropout": lambda found: changes.dropout(found, 0.3, "x"),
    "wider": lambda found: changes.wider(found, "x"),
    "without_column": lambda found: changes.without_column(found, "age", "x"),
    "validation": lambda found: changes.validation(found, 0.15, "x"),
}
COMMAND = {"command": ["/usr/bin/nnctl", "train", "iris", "--run", "runs/a b", "--epochs", "5", "--set", "seed=2"]}


@functools.cache
def run_config(name):
    config = configs.load(name)
    text = configs.dump(config.resolved, config.origins)  # as the run's folder has it
    return config, text, evidence(written=written_config(text), resolved=config.resolved)


@pytest.mark.parametrize("name", CONFIGS)
def test_what_the_user_has_written_is_the_whole_config(name):
    config, text, found = run_config(name)
    again = configs.loads(configs.dump(found.written, {}))
    assert {**again.resolved, "name": config.name} == config.resolved
    assert len(config_values(configs.dump(found.written, {}))) < len(config_values(text)) / 2


def test_components_without_arguments_are_written():
    made = configs.loads("""
dataset: iris
layers:
  - Dense: {units: 8, activation: relu, kernel_regularizer: l2}
  - BatchNormalization
  - Dense: {units: 3, activation: softmax}
loss: sparse_categorical_crossentropy
optimizer: Adam
callbacks: [EarlyStopping]
""")
    text = configs.dump(made.resolved, made.origins)
    assert written_config(text) == {
        "dataset": {"name": "iris"},
        "layers": [
            {"Dense": {"units": 8, "activation": "relu", "kernel_regularizer": "l2"}}, "BatchNormalization",
            {"Dense": {"units": 3, "activation": "softmax"}},
        ],
        "loss": {"dense_1": "sparse_categorical_crossentropy"}, "optimizer": "adam", "callbacks": ["EarlyStopping"],
    }  # fmt: skip
    assert {(each["key"], each["value"], each["origin"]) for each in values_set(config_values(text))} >= {
        ("optimizer", "adam", "line 8"), ("loss.dense_1", "sparse_categorical_crossentropy", "line 7"),
        ("layers[0].Dense.kernel_regularizer", "l2", "line 4"), ("layers[1]", "BatchNormalization", "line 5"),
        ("callbacks[0]", "EarlyStopping", "line 9"),
    }  # fmt: skip


@pytest.mark.parametrize("name", CONFIGS)
@pytest.mark.parametrize("advice", ADVICE)
def test_yaml_that_is_merged_is_valid(name, advice):
    _, _, found = run_config(name)
    given = ADVICE[advice](found)
    if not given.changes:
        assert advice in ("dropout", "wider", "learning_rate")  # of graphs, and of schedules
        return
    merged = {**found.written, **yaml.safe_load(yaml_of(given.changes))}
    before, after = found.resolved, configs.loads(configs.dump(merged, {})).resolved
    assert {key for key in after if after[key] != before[key]} <= {*given.changes, "name"} | (
        {"outputs", "loss", "loss_weights", "metrics", "weighted_metrics"} if "layers" in given.changes else set()
    )
    assert any(after[key] != before[key] for key in given.changes)
    if given.sets:
        overrides = [f"{key}={one_line(value)}" for key, value in given.sets.items()]
        assert configs.load(name, overrides).resolved == {**after, "name": before["name"]}


def test_a_column_that_is_left_out_is_in_no_input():
    _, _, found = run_config("two_inputs_two_outputs")
    given = changes.without_column(found, "weight", "x").changes
    assert given["dataset"]["ignore"] == ["weight"] and given["inputs"]["body"]["columns"] == ["year", "acceleration"]
    configs.loads(configs.dump({**found.written, **given}, {}))
    alone = evidence(written={"dataset": {"name": "iris"}, "inputs": {"a": {"columns": ["x"]}}})
    assert changes.without_column(alone, "x", "x").changes == {}


def test_the_changes_themselves():
    found = evidence()
    assert changes.learning_rate(found, 1 / 3, "x").changes == {"optimizer": {"adam": {"learning_rate": 0.003}}}
    assert changes.learning_rate(found, 0.1, "x").sets == {"optimizer.adam.learning_rate": 0.001}
    layers = changes.dropout(found, 0.3, "x").changes["layers"]
    assert [next(iter(layer)) for layer in layers] == ["Dense", "Dropout", "Dense"]
    assert changes.wider(found, "x").changes["layers"][0]["Dense"]["units"] == 32
    assert changes.wider(found, "x").changes["layers"][1]["Dense"]["units"] == 3
    assert changes.without_column(found, "<script>", "x").changes["dataset"]["ignore"] == ["<script>"]
    assert found.written["layers"][0]["Dense"]["units"] == 16  # nothing is changed in place


@pytest.mark.parametrize("last", [
    [{"Dense": {"units": 3}}, {"Activation": {"activation": "softmax"}}],
    [{"Dense": {"units": 3}}, "Softmax"],
    [{"TimeDistributed": {"layer": {"Dense": {"units": 3}}}}, "Flatten"],
])  # fmt: skip
def test_layers_without_weights_after_the_outputs(last):
    first = {"Dense": {"units": 8, "activation": "relu"}}
    found = evidence(written={"layers": [first, *last]})
    assert changes.dropout(found, 0.3, "x").changes["layers"] == [first, {"Dropout": {"rate": 0.3}}, *last]
    twice = {"Dense": {"units": 16, "activation": "relu"}}
    assert changes.wider(found, "x").changes["layers"] == [twice, *last]
    assert changes.wider(evidence(written={"layers": last}), "x").changes == {}
    assert changes.dropout(evidence(written={"layers": last}), 0.3, "x").changes == {}


def test_units_that_a_reshape_needs_stay():
    layers = [{"Dense": {"units": 16}}, {"Reshape": {"target_shape": [4, 4, 1]}},
              {"Conv2D": {"filters": 1, "kernel_size": 3}}]  # fmt: skip
    assert changes.wider(evidence(written={"layers": layers}), "x").changes == {}


@pytest.mark.parametrize("more, steps", [
    ({}, 1400), ({"cycle": True}, None), ({"warmup_steps": 100, "warmup_target": 0.01}, 1500),
])  # fmt: skip
def test_more_epochs_go_with_a_longer_schedule(more, steps):
    name = "PolynomialDecay" if "cycle" in more else "CosineDecay"
    optimizer = {"adam": {"learning_rate": {name: {"initial_learning_rate": 0.01, "decay_steps": 700} | more}}}
    found = evidence(written={**evidence().written, "optimizer": optimizer},
                     resolved={"optimizer": optimizer, "epochs": 10})  # fmt: skip
    given = changes.epochs(found, 20, "x")
    assert given.changes["epochs"] == given.sets["epochs"] == 20
    assert given.sets.get(f"optimizer.adam.learning_rate.{name}.decay_steps") == steps
    if steps:
        assert given.changes["optimizer"]["adam"]["learning_rate"][name]["decay_steps"] == steps
    assert optimizer["adam"]["learning_rate"][name]["decay_steps"] == 700  # nothing is changed in place


def test_early_stopping_replaces_another_and_leaves_the_rest():
    found = evidence(
        written={"callbacks": [{"EarlyStopping": {"patience": 9}}, {"ReduceLROnPlateau": {"patience": 2}}]}
    )
    kinds = [next(iter(each)) for each in changes.early_stopping(found, 3, "x").changes["callbacks"]]
    assert kinds == ["ReduceLROnPlateau", "EarlyStopping"]


def test_the_command_trains_again_with_the_change():
    assert command_of({"epochs": 10}, COMMAND) == "nnctl train iris --set seed=2 --set epochs=10"
    given = command_of({"callbacks": [{"EarlyStopping": {"patience": 3, "restore_best_weights": True}}]}, COMMAND)
    assert given.endswith("'callbacks=[{EarlyStopping: {patience: 3, restore_best_weights: true}}]'")
    for option in (["--run", "a"], ["--run-dir", "a"], ["--run-dir=a"]):  # the folder of the run is not empty
        in_folder = {"command": ["nnctl", "train", "iris", *option]}
        assert command_of({"epochs": 10}, in_folder) == "nnctl train iris --set epochs=10"
    assert command_of({"epochs": 10}, {"command": ["nnctl", "train", "--resume", "runs/a"]}) is None
    assert command_of({"epochs": 10}, {"command": ["notebook.py"]}) is None


@pytest.mark.parametrize(
    ("parts", "grade", "words"),
    [
        ({"state": "running"}, "unknown", "still training"),
        ({}, "unknown", "could not be evaluated"),
        ({"reason": "nan", "evaluation": evaluation(0.9, 0.5)}, "poor", "no longer a number"),
        ({"evaluation": evaluation(0.5, 0.5)}, "poor", "not clearly better than"),
        ({"evaluation": evaluation(0.97, 0.5)}, "good", "very good"),
        ({"evaluation": evaluation(0.8, 0.5)}, "good", "clearly better"),
        ({"evaluation": evaluation(0.55, 0.5)}, "fair", "only a little better"),
        ({"evaluation": evaluation(0.9, 0.5), "history": curves([1, 0.8, 0.6, 0.4, 0.2])}, "fair", "becoming better"),
        ({"evaluation": evaluation(0.99, 0.5), "history": curves([1, 0.8, 0.6, 0.4, 0.2])}, "good", "very good"),
        (
            {"evaluation": evaluation(0.9, 0.5), "outputs": [output(per_class=[scores("a", 9, 0, 0.0)])]},
            "fair",
            "wrong",
        ),
        ({"evaluation": evaluation(0.995, 0.5), "importance": importance(a=0.5, b=0.0)}, "fair", "too good"),
    ],
)
def test_the_headline(parts, grade, words):
    verdict = verdict_of(evidence(**parts), COMMAND)
    assert verdict["grade"] == grade and words in verdict["headline"]


def test_the_most_serious_finding_comes_first_and_each_change_once():
    history = curves([1.0, 1.0, 1.0, 1.0, 1.0])
    verdict = verdict_of(evidence(history=history, evaluation=evaluation(0.5, 0.5), reason="nan"), COMMAND)
    order = [each["severity"] for each in verdict["sentences"]]
    assert order == sorted(order, key=["problem", "warning", "good", "note"].index)
    rates = [each for each in verdict["suggestions"] if each["yaml"] and "learning_rate" in each["yaml"]]
    assert [each["rule"] for each in rates] == ["diverged"]  # not "not_learning", which wants a larger one
