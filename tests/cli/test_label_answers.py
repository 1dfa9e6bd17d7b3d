"""eval and predict for models that predict texts, or a value for each time step."""

import csv
import io
import json

import numpy as np
import pytest
from click.testing import CliRunner

from nnctl import cli

STEPS, CLASSES = 12, 4  # of the tiny data: a label is three steps of its own signal, a blank is one of none


def nnctl(*arguments):
    return CliRunner().invoke(cli.program, [str(a) for a in arguments])


def lines(rows, seed):
    """x (rows, steps, features), lengths, and the texts in it: a to c, each three steps long, with a step between."""
    rng = np.random.default_rng(seed)
    x, lengths, texts = np.zeros((rows, STEPS, 3), np.float32), np.zeros(rows, int), []
    for row in range(rows):
        labels = rng.integers(0, 3, rng.integers(1, 4))
        for at, label in enumerate(labels):
            x[row, 4 * at : 4 * at + 3, label] = 1
        lengths[row] = 4 * len(labels)
        texts.append("".join("abc"[label] for label in labels))
    return x + rng.normal(0, 0.05, x.shape).astype(np.float32), lengths, np.array(texts)


def write(folder, text, **arrays):
    np.savez(folder / "data.npz", **arrays)
    (folder / "config.yaml").write_text(text)
    result = nnctl("train", folder / "config.yaml", "--run", folder / "run")
    assert result.exit_code == 0, result.output
    return folder / "run"


@pytest.fixture(scope="module", params=["softmax", "linear"])
def ctc(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp("ctc")
    x, lengths, texts = lines(160, seed=0)
    text = f"""
    dataset: {{path: {folder}/data.npz, split: {{validation: 0.1, test: 0.2}}}}
    layers:
      - Bidirectional: {{layer: {{LSTM: {{units: 12, return_sequences: true}}}}}}
      - Dense: {{units: {CLASSES}, activation: {request.param}}}
    loss: ctc
    metrics: [label_error_rate, exact_match]
    optimizer: {{adam: {{learning_rate: 0.03}}}}
    epochs: 25
    batch_size: 16
    """
    return write(folder, text, x=x, lengths=lengths, y=texts)


def test_eval_shows_the_metrics_of_the_config_and_no_confusion_matrix(ctc):
    result = nnctl("eval", ctc)
    assert result.exit_code == 0, result.output
    for word in ("loss", "label_error_rate", "exact_match"):
        assert word in result.output
    assert "predicted" not in result.output


@pytest.mark.parametrize("options", [[], ["--decode", "greedy"], ["--decode", "beam"], ["--beam-width", 3]])
def test_eval_can_decode_in_both_ways(ctc, options):
    found = json.loads(nnctl("eval", ctc, "--json", *options).stdout)
    assert found["metrics"]["label_error_rate"] < 0.1
    assert found["confusion"] == {}


@pytest.mark.parametrize("options", [[], ["--decode", "beam", "--beam-width", 5]])
def test_predict_writes_texts_and_their_probabilities(ctc, tmp_path, options):
    x, lengths, texts = lines(30, seed=1)
    np.savez(tmp_path / "new.npz", x=x, lengths=lengths)
    result = nnctl("predict", ctc, tmp_path / "new.npz", *options)
    assert result.exit_code == 0, result.output
    rows = list(csv.DictReader(io.StringIO(result.stdout)))
    assert list(rows[0]) == ["y", "probability"]
    right = [row["y"] == text for row, text in zip(rows, texts, strict=True)]
    assert np.mean(right) > 0.8
    shares = np.array([float(row["probability"]) for row in rows])
    assert (shares > 0).all() and (shares <= 1 + 1e-6).all() and shares[right].mean() > 0.5

    records = json.loads(nnctl("predict", ctc, tmp_path / "new.npz", "--json", *options).stdout)
    assert [record["y"] for record in records] == [row["y"] for row in rows]


def test_predictions_do_not_depend_on_padding(ctc, tmp_path):
    x, lengths, _ = lines(8, seed=2)
    files = {"short": x, "wild": np.where(np.arange(STEPS)[:, None] < lengths[:, None, None], x, 1)}
    said = []
    for name, values in files.items():
        np.savez(tmp_path / f"{name}.npz", x=values, lengths=lengths)
        said.append(nnctl("predict", ctc, tmp_path / f"{name}.npz").stdout)
    assert said[0] == said[1]


def test_labels_that_do_not_fit_are_reported_before_training(tmp_path):
    x, lengths, texts = lines(40, seed=3)
    texts = texts.astype("U10")
    texts[4] = "aabbccaabb"  # 10 labels and 5 blanks between
    np.savez(tmp_path / "data.npz", x=x, lengths=lengths, y=texts)
    config = tmp_path / "config.yaml"
    config.write_text(f"""
    dataset: {{path: {tmp_path}/data.npz, split: {{validation: 0, test: 0}}}}
    layers: [{{LSTM: {{units: 4, return_sequences: true}}}}, {{Dense: {{units: {CLASSES}}}}}]
    loss: ctc
    """)
    for command in ("train", "check"):
        result = nnctl(command, config, *(["--run", tmp_path / "run"] if command == "train" else []))
        assert result.exit_code == 2
        for words in ("row 5 ", "'aabbccaabb'", "at least 15 time steps", f"gives {lengths[4]} there", "hint:"):
            assert words in result.stderr
    assert not (tmp_path / "run").exists()


def test_time_steps_removed_by_pooling_are_taken_into_account(tmp_path):
    """6 steps are enough for three labels, but the 3 that remain are not enough for a repeated label."""
    x, _, texts = lines(40, seed=4)
    texts[:] = "abc"
    texts[7] = "aab"
    np.savez(tmp_path / "data.npz", x=x[:, :6], y=texts)
    config = tmp_path / "config.yaml"
    config.write_text(f"""
    dataset: {{path: {tmp_path}/data.npz, split: {{validation: 0, test: 0}}}}
    layers: [{{MaxPooling1D: {{pool_size: 2}}}}, {{Dense: {{units: {CLASSES}}}}}]
    loss: ctc
    """)
    result = nnctl("train", config, "--run", tmp_path / "run")
    assert result.exit_code == 2
    assert "row 8 " in result.stderr and "at least 4 time steps" in result.stderr and "gives 3 there" in result.stderr


# (the last layers, what the message says, what the hint says)
MISFITS = [
    (
        "{LSTM: {units: 4}}, {Dense: {units: 4}}",
        "expects the classes of each time step, (steps, 4)",
        "return_sequences",
    ),
    ("{Dense: {units: 3}}", "have 3 classes (a, b, c) and ctc adds the blank", "set units: 4"),
    ("{Dense: {units: 4, activation: sigmoid}}", "softmax or logits, but the last layer", "activation: softmax"),
    ("{LSTM: {units: 4, return_sequences: true, activation: softmax}}", "which is not the case in 'lstm'", "logits"),
]


@pytest.mark.parametrize(("layers", "message", "hint"), MISFITS)
def test_last_layers_that_do_not_fit_ctc_are_refused(tmp_path, layers, message, hint):
    x, _, texts = lines(30, seed=5)
    texts[:3] = "abc"
    np.savez(tmp_path / "data.npz", x=x, y=texts)
    (tmp_path / "config.yaml").write_text(f"dataset: {{path: {tmp_path}/data.npz}}\nlayers: [{layers}]\nloss: ctc\n")
    result = nnctl("check", tmp_path / "config.yaml")
    assert result.exit_code == 2
    assert message in " ".join(result.stderr.split()) and hint in result.stderr


def test_decode_works_only_with_ctc(tagged):
    result = nnctl("eval", tagged, "--decode", "beam")
    assert result.exit_code == 2 and "for runs with loss: ctc" in result.stderr
    assert nnctl("eval", tagged, "--decode", "greedy", "--beam-width", 3).exit_code == 2


def test_accuracy_of_texts_is_refused_with_a_hint(tmp_path):
    x, _, texts = lines(30, seed=6)
    texts[0] = "abc"
    np.savez(tmp_path / "data.npz", x=x, y=texts)
    (tmp_path / "config.yaml").write_text(
        f"dataset: {{path: {tmp_path}/data.npz}}\nlayers: [{{Dense: {{units: 4}}}}]\nloss: ctc\nmetrics: accuracy\n"
    )
    result = nnctl("check", tmp_path / "config.yaml")
    assert result.exit_code == 2 and "label_error_rate or exact_match" in result.stderr


# One answer for each time step


@pytest.fixture(scope="module")
def tagged(tmp_path_factory):
    """A class for each time step; rows of 3 to 6 steps."""
    folder = tmp_path_factory.mktemp("tagged")
    rng = np.random.default_rng(0)
    y = rng.integers(0, 3, (120, 6))
    x = np.eye(3, dtype=np.float32)[y] + rng.normal(0, 0.05, (120, 6, 3)).astype(np.float32)
    text = f"""
    dataset: {{path: {folder}/data.npz, split: {{validation: 0.1, test: 0.2}}}}
    layers: [{{SimpleRNN: {{units: 8, return_sequences: true}}}}, {{Dense: {{units: 3, activation: softmax}}}}]
    loss: sparse_categorical_crossentropy
    optimizer: {{adam: {{learning_rate: 0.05}}}}
    epochs: 12
    """
    return write(folder, text, x=x, lengths=rng.integers(3, 7, 120), y=y)


def test_eval_of_time_steps_ignores_padding(tagged):
    found = json.loads(nnctl("eval", tagged, "--json").stdout)
    [matrix] = (np.array(matrix) for matrix in found["confusion"].values())
    with np.load(tagged.parent / "data.npz") as data:
        lengths = data["lengths"]
    assert found["rows"] * 3 <= matrix.sum() < found["rows"] * 6 and len(lengths) == 120
    assert found["metrics"]["accuracy"] == pytest.approx(np.trace(matrix) / matrix.sum(), abs=1e-6)
    assert nnctl("eval", tagged).exit_code == 0


def test_predict_of_time_steps_has_one_column_per_step(tagged, tmp_path):
    y = np.array([[0, 1, 2, 2, 1, 0], [2, 2, 1, 0, 0, 0]])
    np.savez(tmp_path / "new.npz", x=np.eye(3, dtype=np.float32)[y], lengths=[6, 4])
    result = nnctl("predict", tagged, tmp_path / "new.npz")
    assert result.exit_code == 0, result.output
    rows = list(csv.DictReader(io.StringIO(result.stdout)))
    assert list(rows[0]) == [f"y_{step}" for step in range(6)] + [f"probability_{step}" for step in range(6)]
    assert [rows[0][f"y_{step}"] for step in range(6)] == list("012210")
    assert [rows[1][f"y_{step}"] for step in range(6)] == ["2", "2", "1", "0", "", ""]
    assert rows[1]["probability_5"] == "" and float(rows[1]["probability_0"]) > 0.5
    for form in ("json", "npz", "parquet"):
        assert nnctl("predict", tagged, tmp_path / "new.npz", "-o", tmp_path / f"out.{form}").exit_code == 0


def test_numbers_for_each_time_step(tmp_path):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(80, 5, 2)).astype(np.float32)
    text = f"""
    dataset: {{path: {tmp_path}/data.npz, split: {{validation: 0.1, test: 0.2}}}}
    layers: [{{Dense: {{units: 1}}}}]
    loss: mse
    epochs: 2
    """
    run = write(tmp_path, text, x=x, lengths=rng.integers(2, 6, 80), y=x.sum(axis=2, keepdims=True))
    assert nnctl("eval", run).exit_code == 0
    rows = list(csv.DictReader(io.StringIO(nnctl("predict", run, tmp_path / "data.npz").stdout)))
    assert len(rows) == 80 and list(rows[0]) == [f"y_{step}" for step in range(5)]
    assert any(row["y_4"] == "" for row in rows) and all(row["y_1"] for row in rows)


# Hinge losses


@pytest.mark.parametrize("loss", ["hinge", "squared_hinge"])
def test_hinge_predicts_the_second_class_above_0_and_gives_no_probabilities(loss, tmp_path):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(200, 2))
    kinds = np.where(x[:, 0] > x[:, 1], "up", "down")
    rows = "\n".join(f"{a},{b},{kind}" for (a, b), kind in zip(x, kinds, strict=True))
    (tmp_path / "data.csv").write_text(f"a,b,kind\n{rows}\n")
    (tmp_path / "config.yaml").write_text(f"""
    dataset: {{path: {tmp_path}/data.csv, target: kind, split: {{validation: 0.1, test: 0.2}}}}
    layers: [{{Dense: {{units: 1}}}}]
    loss: {loss}
    optimizer: {{adam: {{learning_rate: 0.05}}}}
    epochs: 20
    """)
    run = tmp_path / "run"
    assert nnctl("train", tmp_path / "config.yaml", "--run", run).exit_code == 0
    found = json.loads(nnctl("eval", run, "--json").stdout)
    [matrix] = (np.array(matrix) for matrix in found["confusion"].values())
    assert found["metrics"]["accuracy"] == pytest.approx(np.trace(matrix) / matrix.sum())
    assert found["metrics"]["accuracy"] > 0.9
    said = list(csv.DictReader(io.StringIO(nnctl("predict", run, tmp_path / "data.csv").stdout)))
    assert list(said[0]) == ["kind"]
    assert np.mean([row["kind"] == kind for row, kind in zip(said, kinds, strict=True)]) > 0.9
