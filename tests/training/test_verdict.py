"""The sentence at the end of a run: when there is one, what it says, and which key it names."""

import json

import numpy as np
import pytest
from click.testing import CliRunner

from nnctl import cli, config
from nnctl.training import verdict as verdicts
from nnctl.training.model import Model, load_data
from nnctl.training.runner import train
from nnctl.training.verdict import Outcome, verdict


def epochs(losses, val_losses, **others):
    """A row an epoch."""
    rows = [{"loss": loss, "val_loss": val} for loss, val in zip(losses, val_losses, strict=True)]
    return [row | {name: values[i] for name, values in others.items()} for i, row in enumerate(rows)]


def outcome(losses, val_losses, metrics, baseline, **others):
    history = epochs(losses, val_losses)
    best = int(np.nanargmin(val_losses)) + 1
    return Outcome(
        history, metrics, baseline, **({"best_epoch": best, "bigger": frozenset({"accuracy", "r2_score"})} | others)
    )


def two_outputs(metrics):
    """A model with the outputs a and a_b, whose loss is better than the baseline's."""
    base = {"loss": 2.0, "a_loss": 1.0, "a_b_loss": 1.0, "a_accuracy": 0.5, "a_b_mae": 6.0}
    return outcome([2.0, 1.5], [2.0, 1.5], {"loss": 1.5} | metrics, base, bigger=frozenset({"a_accuracy"}),
                   outputs=("a", "a_b"))  # fmt: skip


BASE = {"loss": 0.69, "accuracy": 0.5}
GOOD = outcome([0.7, 0.5, 0.3], [0.7, 0.5, 0.35], {"loss": 0.35, "accuracy": 0.9}, BASE)
CASES = {
    "good": (GOOD, None),
    "nothing trained": (Outcome([], {}, BASE), None),
    "no baseline": (outcome([0.7, 0.3], [0.7, 0.4], {"loss": 0.4}, {}), None),
    "loss no better, accuracy better": (outcome([0.7, 0.6], [0.8, 0.75], {"loss": 0.75, "accuracy": 0.6}, BASE), None),
    "accuracy no better, loss better": (outcome([0.7, 0.6], [0.7, 0.6], {"loss": 0.6, "accuracy": 0.5}, BASE), None),
    "no better, not learning": (
        outcome([0.7, 0.695, 0.694], [0.7, 0.695, 0.692], {"loss": 0.692, "accuracy": 0.5}, BASE),
        "No better than the baseline (validation loss 0.692, baseline 0.69), and the training loss does not fall:"
        " change the optimizer's learning_rate, or epochs",
    ),
    "no better, falling still": (
        outcome([5, 4, 3], [5, 4, 3], {"loss": 3, "r2_score": -4.0}, {"loss": 1, "r2_score": 0.0}),
        "epochs: 15",
    ),
    "no better, falling still, but validation rises": (
        outcome([0.7, 0.68, 0.66, 0.64, 0.6], [0.7, 0.75, 0.8, 0.85, 0.9], {"loss": 0.7, "accuracy": 0.5}, BASE),
        "though the training loss is 0.6: the model does not generalize; add a Dropout",
    ),
    "no better, falling still, with a schedule": (
        outcome([5, 4, 3], [5, 4, 3], {"loss": 3, "r2_score": -4.0}, {"loss": 1, "r2_score": 0.0},
                remedies=frozenset({"decay"})),
        "epochs: 15 and 5 times as many decay_steps",
    ),
    "no better, fell and stays": (
        outcome([5, 1, 1.0, 1.0, 1.0, 1.0], [5, 1, 1, 1, 1, 1], {"loss": 1.0}, {"loss": 1.0}), "more units",
    ),
    "no better, but learnt by heart": (
        outcome([0.7, 0.1], [0.7, 0.9], {"loss": 0.7, "accuracy": 0.5}, BASE), "does not generalize; add a Dropout",
    ),
    "no better, dropout there": (
        outcome([0.7, 0.1], [0.7, 0.9], {"loss": 0.7, "accuracy": 0.5}, BASE, remedies=frozenset({"regularization"})),
        "fewer units",
    ),
    "no better on test": (
        outcome([0.7, 0.7], [0.7, 0.7], {"loss": 0.7}, BASE, split="test"),
        "(test loss 0.7, baseline 0.69)",
    ),
    "not finite": (outcome([0.7, 0.7], [np.nan, 0.7], {"loss": np.nan, "accuracy": 0.5}, BASE), "No better"),
    "one output no better": (
        two_outputs({"a_loss": 0.3, "a_accuracy": 0.9, "a_b_loss": 0.995, "a_b_mae": 5.99}),
        "Output a_b is no better than the baseline (validation a_b_loss 0.995, baseline 1): raise its factor in"
        " loss_weights, or check that the features tell something about it",
    ),
    "one metric of each output better": (
        two_outputs({"a_loss": 0.9, "a_accuracy": 0.4, "a_b_loss": 1.2, "a_b_mae": 2.0}), None,
    ),
    "a class never predicted": (
        Outcome(GOOD.history, GOOD.metrics, BASE, never={"b": 12}, bigger=GOOD.bigger),
        'Class "b" (12) is never predicted on the validation rows that have it: balance the classes with class_weight:'
        " balanced",
    ),
    "classes never predicted": (
        Outcome(GOOD.history, GOOD.metrics, BASE, never={"b": 12, "c": 6, "d": 5, "e": 9}, bigger=GOOD.bigger),
        'Classes "b" (12), "c" (6), "d" (5) and 1 more are never predicted',
    ),
    "of a few rows": (Outcome(GOOD.history, GOOD.metrics, BASE, never={"b": 4}, bigger=GOOD.bigger), None),
    "weighed already": (
        Outcome(
            GOOD.history, GOOD.metrics, BASE,
            never={"b": 12}, bigger=GOOD.bigger, remedies=frozenset({"class_weight"}),
        ),
        "train longer (epochs:)",
    ),
    "not rare": (
        Outcome(GOOD.history, GOOD.metrics, BASE, never={"b": 12}, usual=12.0, bigger=GOOD.bigger),
        "give the model more units",
    ),
    "rare": (
        Outcome(GOOD.history, GOOD.metrics, BASE, never={"b": 12}, usual=60.0, bigger=GOOD.bigger),
        "class_weight: balanced",
    ),
    "overfit at the end": (
        outcome([0.6, 0.3, 0.1, 0.01], [0.6, 0.4, 0.5, 0.8], {"loss": 0.4, "accuracy": 0.8}, BASE),
        "Validation is far worse than training (loss 0.8 against 0.01) and was best at epoch 2: stop there, with"
        " callbacks: [{EarlyStopping: {patience: 2, restore_best_weights: true}}]",
    ),
    "overfit from the start": (
        outcome([0.6, 0.1], [0.6, 0.5], {"loss": 0.5, "accuracy": 0.8}, BASE), "(loss 0.5 against 0.1): add a Dropout",
    ),
    "stopped early": (
        outcome([0.6, 0.3, 0.1, 0.01], [0.6, 0.4, 0.5, 0.8], {"loss": 0.4, "accuracy": 0.8}, BASE,
                remedies=frozenset({"early stopping"})), None,
    ),
    "far in ratio, near in size": (
        outcome([0.6, 0.001], [0.6, 0.05], {"loss": 0.05, "accuracy": 1.0}, BASE), None,
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_verdict(case):
    given, said = CASES[case]
    found = verdict(given)
    assert (found is None) == (said is None), found
    assert said is None or said in found
    assert found is None or ("\n" not in found and not found.endswith("."))


def test_only_one_thing_is_said():
    bad = outcome([0.7, 0.1], [0.7, 0.9], {"loss": 0.9, "accuracy": 0.4}, BASE, never={"b": 50})
    assert verdict(bad).startswith("No better than the baseline")


def run(tmp_path, rows, layers, more=""):
    (tmp_path / "d.csv").write_text("a,b,y,s\n" + "".join(",".join(map(str, row)) + "\n" for row in rows))
    (tmp_path / "c.yaml").write_text(
        f"dataset: {{path: {tmp_path}/d.csv, target: y, split: {{column: s}}, ignore: []}}\n{layers}\n{more}"
    )
    return train(config.load(tmp_path / "c.yaml"), folder=tmp_path / "run")


BINARY = (
    "layers: [{Dense: {units: 1, activation: sigmoid}}]\nloss: binary_crossentropy\noptimizer: {adam: 0.05}\nepochs: 40"
)


@pytest.mark.parametrize("schedule, decays", [
    ("{CosineDecay: {initial_learning_rate: 0.1, decay_steps: 9}}", True),
    ("{PolynomialDecay: {initial_learning_rate: 0.1, decay_steps: 9}}", True),
    ("{PolynomialDecay: {initial_learning_rate: 0.1, decay_steps: 9, cycle: true}}", False),
    ("{ExponentialDecay: {initial_learning_rate: 0.1, decay_steps: 9, decay_rate: 0.9}}", False),
    ("0.1", False),
])  # fmt: skip
def test_a_learning_rate_that_ends_is_known(schedule, decays):
    built = config.loads(f"dataset: iris\n{BINARY.replace('adam: 0.05', f'adam: {{learning_rate: {schedule}}}')}\n"
                         .replace("binary", "sparse_categorical").replace("1, activation: sigmoid",
                                                                          "3, activation: softmax"))  # fmt: skip
    data = load_data(built)
    model = Model.build(built, data.input_shapes, data.targets)
    assert ("decay" in verdicts._remedies(model)) is decays


def test_a_class_that_is_never_predicted_is_named(tmp_path):
    rng = np.random.default_rng(0)
    rows = []
    for split, n in (("train", 300), ("val", 120)):
        x = rng.normal(size=(n, 2)).round(3)
        rare = np.arange(n) % 10 == 0  # one row in ten, a little apart: better than the baseline, but never above 0.5
        x[rare, 0] += 0.8
        rows += [(*x[i], "sick" if rare[i] else "healthy", split) for i in range(n)]
    ended = run(tmp_path, rows, BINARY)
    assert (
        ended.verdict
        and 'Class "sick" (12) is never predicted' in ended.verdict
        and "class_weight: balanced" in ended.verdict
    )


def test_targets_that_have_nothing_to_do_with_the_features_are_no_better_than_the_baseline(tmp_path):
    rng = np.random.default_rng(1)
    rows = [(*rng.normal(size=2).round(3), ("no", "yes")[i % 2], "train" if i < 80 else "val") for i in range(120)]
    result = CliRunner().invoke(cli.program, ["train", "iris", "--epochs", "1", "--run", str(tmp_path / "i"), "--json"])
    ended = json.loads(result.stdout.splitlines()[-1])
    assert "verdict" in ended
    verdict_of_noise = run(tmp_path, rows, BINARY, "\n").verdict
    assert verdict_of_noise is None or verdict_of_noise.startswith(("No better", "Class", "Validation"))


def test_a_good_run_has_none_and_a_bad_one_prints_it(tmp_path):
    rows = [(i % 7, (i * 3) % 5, ("low", "high")[i % 7 > 3], "train" if i < 100 else "val") for i in range(140)]
    assert run(tmp_path, rows, BINARY).verdict is None
    layers = "layers: [{Dense: {units: 64, activation: relu}}, {Dense: {units: 1}}]"
    overfit = f"{layers}\nloss: mse\noptimizer: {{adam: 0.02}}\nepochs: 150"
    rng = np.random.default_rng(2)
    rows = [
        (*rng.normal(size=2).round(3), round(float(rng.normal()), 3), "train" if i < 12 else "val") for i in range(30)
    ]
    (tmp_path / "d.csv").write_text("a,b,y,s\n" + "".join(",".join(map(str, row)) + "\n" for row in rows))
    (tmp_path / "c.yaml").write_text(
        f"dataset: {{path: {tmp_path}/d.csv, target: y, split: {{column: s}}}}\n{overfit}\n"
    )
    result = CliRunner().invoke(cli.program, ["train", str(tmp_path / "c.yaml"), "--run", str(tmp_path / "o")])
    assert result.exit_code == 0
    assert "No better than the baseline" in result.output or "Validation is far worse" in result.output


@pytest.mark.parametrize("last", [
    "[{Dense: {units: 1}}]\nloss: {binary_crossentropy: {from_logits: true}}", "[{Dense: {units: 1}}]\nloss: hinge",
    "[{Dense: {units: 2}}]\nloss: {sparse_categorical_crossentropy: {from_logits: true}}",
])  # fmt: skip
def test_logits_and_margins_are_read_by_their_own_boundary(tmp_path, last):
    rows = [(i % 7, (i * 3) % 5, ("low", "high")[i % 7 > 3], "train" if i < 100 else "val") for i in range(140)]
    more = "metrics: [accuracy, auc]\noptimizer: {adam: 0.05}\nepochs: 30"
    assert run(tmp_path, rows, f"layers: {last}", more).verdict is None
