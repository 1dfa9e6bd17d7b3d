"""Training from the weights of a run or of a file: by value, and what does not fit is refused."""

import json

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from nnctl import config
from nnctl.errors import InputError, NnctlError, RunError
from nnctl.training import runner
from nnctl.training.dry_run import check
from nnctl.training.model_file import load_model
from nnctl.training.run_folder import INITIAL

BODY = {"Dense": {"units": 5, "activation": "relu", "name": "body"}}
NORM = {"BatchNormalization": {"name": "norm"}}
HEAD = {"Dense": {"units": 3, "activation": "softmax", "name": "head"}}


def spec(*layers, weights=None, **more):
    given = {
        "dataset": "iris", "layers": layers or [BODY, NORM, HEAD], "loss": "sparse_categorical_crossentropy",
        "optimizer": {"sgd": {"learning_rate": 0.01}}, "epochs": 2, "weights": weights, **more,
    }  # fmt: skip
    return config.loads(json.dumps(given), "c.yaml")


def weights_of(folder):
    model, _ = load_model(folder / "model.safetensors", "last")
    return {key: values.copy() for key, values in model.program.named_weights().items()}


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    folder = tmp_path_factory.mktemp("source") / "a"
    runner.train(spec(seed=7, epochs=3), folder=folder)
    return folder


FROZEN = [{name: {**arguments, "trainable": False}} for layer in (BODY, NORM, HEAD)
          for name, arguments in layer.items()]  # fmt: skip


def trained(folder, *layers, notes=None, **more):
    """The weights after training, for layers that are frozen and so keep those that they start with."""
    events = []
    runner.train(spec(*layers, **more), folder=folder, subscribers=[events.append])
    if notes is not None:
        notes += events[0].notes
    return weights_of(folder)


def test_all_weights_of_a_run(source, tmp_path):
    notes = []
    weights = trained(tmp_path / "b", *FROZEN[:2], HEAD, weights=str(source), notes=notes)
    expected = load_model(source / "model.safetensors")[0].program.named_weights()  # the best, which eval uses
    for key in ("body/kernel", "body/bias", "norm/gamma", "norm/moving_mean", "norm/moving_variance"):
        np.testing.assert_array_equal(weights[key], expected[key])
    assert 0 < np.abs(weights["head/kernel"] - expected["head/kernel"]).max() < 0.1  # trained on, from there
    [note] = [note for note in notes if "start" in note]
    assert note.startswith(f"body, norm, head start with the weights of {source} (weights of epoch ")


@pytest.mark.parametrize("name", ["model.safetensors", "plain.safetensors", INITIAL])
def test_a_file(name, source, tmp_path):
    path = source / name
    if name == "plain.safetensors":
        path = tmp_path / name
        save_file({key: w.astype(np.float16) for key, w in weights_of(source).items()}, path)
    elif name == INITIAL:
        trained(tmp_path / "b", *FROZEN, weights=str(source))
        path = tmp_path / "b" / INITIAL
    weights = trained(tmp_path / "c", *FROZEN, weights={"from": str(path)})
    expected = load_model(source / "model.safetensors", "last" if "plain" in name else None)[0].program.named_weights()
    for key, values in expected.items():
        np.testing.assert_allclose(weights[key], values, atol=2e-3 if "plain" in name else 0)


def test_layers_that_do_not_match_start_from_the_initializers(source, tmp_path):
    notes = []
    wide = {"Dense": {"units": 4, "name": "head2", "trainable": False}}
    other = {"Dense": {"units": 3, "activation": "softmax", "name": "head", "trainable": False}}
    layers = (FROZEN[0], FROZEN[1], wide, other)
    weights = trained(tmp_path / "b", *layers, weights=str(source), notes=notes)
    fresh = trained(tmp_path / "c", *layers)
    np.testing.assert_array_equal(weights["body/kernel"], load_file(source / "model.safetensors")["body/kernel"])
    assert (weights["body/kernel"] != fresh["body/kernel"]).all()
    for key in ("head/kernel", "head2/kernel", "head2/bias"):
        np.testing.assert_array_equal(weights[key], fresh[key])
    [note] = [note for note in notes if "start" in note]
    assert note.endswith("; head2 (not in the file), head (its kernel is (5, 3) in the file and (4, 3) here) start from"
                         " the initializers")  # fmt: skip


def test_named_layers_only(source, tmp_path):
    weights = trained(tmp_path / "b", *FROZEN, weights={"from": str(source), "layers": ["body"]})
    fresh = trained(tmp_path / "c", *FROZEN)
    theirs = load_file(source / "model.safetensors")
    np.testing.assert_array_equal(weights["body/kernel"], theirs["body/kernel"])
    np.testing.assert_array_equal(weights["head/kernel"], fresh["head/kernel"])
    np.testing.assert_array_equal(weights["norm/moving_mean"], fresh["norm/moving_mean"])


def test_other_names(source, tmp_path):
    mine = {"Dense": {"units": 5, "name": "features", "trainable": False}}
    named = {"from": str(source), "layers": {"body": "features"}}
    weights = trained(tmp_path / "b", mine, HEAD, weights=named)
    np.testing.assert_array_equal(weights["features/kernel"], load_file(source / "model.safetensors")["body/kernel"])


def test_the_layers_order_in_the_mapping_does_not_matter(source, tmp_path):
    one = trained(tmp_path / "a", *FROZEN, weights={"from": str(source), "layers": ["norm", "body", "head"]})
    other = trained(tmp_path / "b", *FROZEN, weights=str(source))
    for key, values in one.items():
        np.testing.assert_array_equal(values, other[key])


WIDE = {"Dense": {"units": 6, "name": "body"}}
REFUSED = {
    "nothing fits": ([WIDE, {"Dense": {"units": 3, "name": "top", "activation": "softmax"}}], None,
                     "has weights for none of the layers (body: its kernel is (4, 5) in the file and (4, 6) here"),
    "another shape": ([WIDE, HEAD], ["body"], "'body' do not fit: its kernel is (4, 5) in the file and (4, 6) here"),
    "another layer": ([NORM, {"Dense": {"units": 3, "activation": "softmax", "name": "head"}}], {"body": "norm"},
                      "it has bias, kernel in the file and beta, gamma, moving_mean, moving_variance here"),
    "not there": ([BODY, HEAD], {"boddy": "body"}, "has no layer 'boddy'"),
    "no weights": ([BODY, {"Dropout": {"rate": 0.1, "name": "drop"}}, HEAD], ["drop"],
                   "layer 'drop' (Dropout) has no weights"),
    "shared": ([BODY, {"Dense": {"units": 5, "name": "mid"}}, {"shared": {"layer": "mid", "name": "again"}}, HEAD],
               {"body": "again"}, "layer 'again' has the weights of 'mid'"),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_what_does_not_fit_is_refused(case, source, tmp_path):
    layers, names, message = REFUSED[case]
    given = spec(*layers, weights={"from": str(source), "layers": names})
    for go in (lambda: runner.train(given, folder=tmp_path / "b"), lambda: check(given)):
        with pytest.raises(InputError) as caught:
            go()
        [problem] = caught.value.problems
        assert message in problem.message, problem.message
        assert "c.yaml:1" in problem.where and "weights." in problem.where and problem.hint
    assert not (tmp_path / "b").exists()


def test_files_that_cannot_be_read_are_refused(source, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "noise.safetensors").write_bytes(b"\x10\x00\x00\x00\x00\x00\x00\x00noise")
    save_file({"fc1.weight": np.ones(3, np.float32)}, "torch.safetensors")
    save_file({"body/kernel": np.full((4, 5), np.nan, np.float32), "body/bias": np.ones(5, np.float32)},
              "nan.safetensors")  # fmt: skip
    content = bytearray((source / "model.safetensors").read_bytes())
    content[-1] ^= 1
    (tmp_path / "damaged.safetensors").write_bytes(content)
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "notes.txt").touch()
    for name, message in {
        "nowhere": "there is no file or folder 'nowhere'", "noise.safetensors": "cannot be read",
        "torch.safetensors": "has no arrays named layer/weight", "nan.safetensors": "body/kernel is not an array of",
        "damaged.safetensors": "its checksum is not that of its content", "folder": "config.yaml is missing",
    }.items():  # fmt: skip
        with pytest.raises(NnctlError) as caught:
            runner.train(spec(weights={"from": name, "layers": ["body"]}), folder=tmp_path / "b")
        assert message in caught.value.problems[0].message, caught.value
        assert caught.value.exit_code == 2


@pytest.mark.parametrize("there", ["beside", "here", "both"])
def test_a_relative_path_is_beside_the_config_or_from_here(there, source, tmp_path, monkeypatch):
    (tmp_path / "elsewhere").mkdir()
    weights = weights_of(source)
    if there != "here":
        save_file(weights, tmp_path / "w.safetensors")
    if there == "both":
        weights = {key: np.zeros_like(values) for key, values in weights.items()}
    if there != "beside":
        save_file(weights, tmp_path / "elsewhere" / "w.safetensors")
    (tmp_path / "c.yaml").write_text(json.dumps(spec().resolved | {"weights": "w.safetensors"}))
    monkeypatch.chdir(tmp_path / "elsewhere")
    runner.train(config.load(tmp_path / "c.yaml"), folder=tmp_path / "b")
    assert np.abs(load_file(tmp_path / "b" / INITIAL)["body/kernel"]).max() > 0


# Resuming


def stopping(spec_, folder, after):
    """A run that ends after so many iterations."""
    steps = []

    def listen(event):
        if type(event).__name__ in ("IterationEnded", "IterationsEnded"):
            steps.append(event)
            if len(steps) == after:
                raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        runner.train(spec_, folder=folder, subscribers=[listen])


@pytest.mark.parametrize("checkpoints", [True, False])
def test_a_resumed_run_is_the_same_without_the_file(checkpoints, source, tmp_path):
    save_file(weights_of(source), tmp_path / "w.safetensors")
    given = spec(weights=str(tmp_path / "w.safetensors"))
    runner.train(given, folder=tmp_path / "whole")
    stopping(given, tmp_path / "stopped", 1)
    assert not list((tmp_path / "stopped" / "checkpoints").glob("*/manifest.json"))
    if checkpoints:  # one epoch, then on
        runner.train(spec(weights=str(tmp_path / "w.safetensors"), epochs=1), folder=tmp_path / "one")
    (tmp_path / "w.safetensors").unlink()
    name = "one" if checkpoints else "stopped"
    runner.resume(tmp_path / name, overrides=["epochs=2"] if checkpoints else [])
    for key, values in weights_of(tmp_path / "whole").items():
        np.testing.assert_array_equal(weights_of(tmp_path / name)[key], values)


def test_what_a_run_began_with_cannot_be_changed(source, tmp_path):
    runner.train(spec(weights=str(source), epochs=1), folder=tmp_path / "b")
    with pytest.raises(RunError, match="the initial weights of a run cannot be changed"):
        runner.resume(tmp_path / "b", overrides=["weights.from=elsewhere", "epochs=3"])


def test_damaged_initial_weights_are_noticed(source, tmp_path):
    stopping(spec(weights=str(source)), tmp_path / "b", 1)
    content = bytearray((tmp_path / "b" / INITIAL).read_bytes())
    content[-1] ^= 1
    (tmp_path / "b" / INITIAL).write_bytes(content)
    with pytest.raises(RunError, match="the initial weights are damaged"):
        runner.resume(tmp_path / "b")


def test_a_run_that_was_killed_before_its_config_was_written(source, tmp_path):
    runner.train(spec(weights=str(source), epochs=1), folder=tmp_path / "b")
    (tmp_path / "c").mkdir()
    (tmp_path / "b" / INITIAL).rename(tmp_path / "c" / INITIAL)
    with pytest.raises(RunError, match="start it again"):
        runner.resume(tmp_path / "c")
    fresh = trained(tmp_path / "c", epochs=1)  # a new run takes the folder, and nothing of what is left there
    assert not (tmp_path / "c" / INITIAL).exists()
    for key, values in trained(tmp_path / "d", epochs=1).items():
        np.testing.assert_array_equal(fresh[key], values)


def test_a_run_without_weights_from_elsewhere_has_no_such_file(source):
    assert not (source / INITIAL).exists()
