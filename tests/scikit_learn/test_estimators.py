"""NetClassifier and NetRegressor with configs, in pipelines and searches, kept without their files."""

import copy
import pickle

import numpy as np
import pytest

pytest.importorskip("sklearn", reason="nnctl.sklearn needs scikit-learn")

from sklearn.base import clone
from sklearn.datasets import load_diabetes, load_digits, load_iris
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler

import nnctl
from nnctl.errors import ConfigError, InputError, RunError, TrainingError
from nnctl.sklearn import NetClassifier, NetRegressor

X, Y = load_iris(return_X_y=True)
SMALL = {"layers": [{"Dense": {"units": 8, "activation": "tanh"}}, {"Dense": {"units": 3, "activation": "softmax"}}],
         "loss": "sparse_categorical_crossentropy", "optimizer": {"adam": {"learning_rate": 0.05}}, "epochs": 30,
         "seed": 3}  # fmt: skip


def test_the_default_networks_learn():
    names = np.array(["setosa", "versicolor", "virginica"])[Y]
    assert cross_val_score(NetClassifier(random_state=0), X, names).mean() > 0.93
    x, y = load_diabetes(return_X_y=True)
    assert cross_val_score(NetRegressor(hidden_layer_sizes=(8,), random_state=0), x, 1e4 + 1e3 * y).mean() > 0.4


@pytest.mark.parametrize("Net", [NetClassifier, NetRegressor])
def test_a_fitted_network_says_what_it_knows(Net):
    net = Net(hidden_layer_sizes=(5, 4), epochs=7, random_state=0).fit(X, Y)
    assert net.n_features_in_ == 4 and len(net.history_) == 7 and net.run_.ended.epochs == 7
    assert [node.layer.units for node in net.run_.model.graph.nodes] == [5, 4, 3 if Net is NetClassifier else 1]
    assert net.history_[-1]["loss"] < net.history_[0]["loss"]
    assert net.run_.evaluate({"x": X, "y": Y})["loss"] < net.history_[0]["loss"]


def test_classes_are_those_of_y():
    names = np.array(["b", "a", "c"], dtype=object)[Y]
    net = NetClassifier(random_state=0).fit(X, names)
    assert net.classes_.tolist() == ["a", "b", "c"]
    assert (net.predict(X) == names).mean() > 0.9
    probabilities = net.predict_proba(X)
    np.testing.assert_array_equal(net.classes_[probabilities.argmax(axis=1)], net.predict(X))
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, rtol=1e-12)


def test_the_config_is_a_dict_a_file_or_a_name(tmp_path):
    as_dict = NetClassifier(SMALL).fit(X, Y)
    lines = [
        "dataset: {path: elsewhere.csv, target: kind, categorical: [color], missing: drop}",
        *(f"{key}: {value}" for key, value in SMALL.items()),
    ]
    (tmp_path / "c.yaml").write_text("\n".join(lines).replace("'", '"'), encoding="utf-8")
    as_file = NetClassifier(tmp_path / "c.yaml").fit(X, Y)
    np.testing.assert_array_equal(as_file.predict_proba(X), as_dict.predict_proba(X))
    assert as_dict.score(X, Y) > 0.9
    dataset = as_dict.run_.config["dataset"]  # all samples are trained on, standardized
    assert dataset["normalize"] == {"x": "standard"} and as_dict.run_.preprocessing.rows["train"] == 150
    digits = load_digits()
    net = NetClassifier("digits_cnn", epochs=1).fit(digits.images[:300, ..., None], digits.target[:300])
    assert net.run_.model.graph.shapes["input"] == (8, 8, 1) and net.predict(digits.images[:2, ..., None]).shape == (2,)


def test_the_config_decides_of_its_data():
    given = {"dataset": {"normalize": "none", "split": {"validation": 0.2}}, "epochs": 5}
    net = NetClassifier({**SMALL, **given}).fit(X, Y)
    assert net.run_.preprocessing.rows == {"train": 120, "validation": 30, "test": 0}
    assert net.run_.preprocessing.inputs["input"].scale == (1.0,)
    assert "val_loss" in net.history_[0] and net.run_.weights.weights == "best"


def test_arguments_take_the_place_of_the_configs():
    rate = {"optimizer.adam.learning_rate": 0.5}
    net = NetClassifier(SMALL, epochs=2, batch_size=50, overrides=rate, random_state=1).fit(X, Y)
    config = net.run_.config
    assert (config["epochs"], config["batch_size"]) == (2, 50)
    assert config["optimizer"]["adam"]["learning_rate"] == 0.5 and config["seed"] != SMALL["seed"]
    assert NetClassifier(SMALL).fit(X, Y).run_.config["seed"] == 3


def test_sizes_and_overrides_in_other_forms():
    def summary(**arguments):
        return NetClassifier(epochs=1, random_state=0, **arguments).fit(X, Y).run_.config

    assert summary(hidden_layer_sizes=16) == summary(hidden_layer_sizes=np.array([16])) == summary(
        hidden_layer_sizes=[8], overrides="layers.0.Dense.units=16")  # fmt: skip


def test_random_state():
    def probabilities(state):
        return NetClassifier(epochs=3, random_state=state).fit(X, Y).predict_proba(X)

    np.testing.assert_array_equal(probabilities(1), probabilities(1))
    np.testing.assert_array_equal(probabilities(np.random.RandomState(1)), probabilities(1))
    assert (probabilities(1) != probabilities(2)).any() and (probabilities(None) != probabilities(None)).any()


BINARY = [{"Dense": {"units": 1, "activation": "sigmoid"}}]
ONEHOT = [{"Dense": {"units": 3, "activation": "softmax"}}]


@pytest.mark.parametrize(("layers", "loss", "classes"), [
    (BINARY, "binary_crossentropy", 2), (ONEHOT, "categorical_crossentropy", 3),
])  # fmt: skip
def test_losses_with_other_labels(layers, loss, classes):
    kept = classes > Y
    names = np.array(["no", "yes", "perhaps"])[Y[kept]]
    config = {"layers": layers, "loss": loss, "optimizer": {"adam": {"learning_rate": 0.1}}, "epochs": 60}
    net = NetClassifier(config).fit(X[kept], names)
    assert net.score(X[kept], names) > 0.9 and net.predict_proba(X[kept]).shape == (kept.sum(), classes)
    np.testing.assert_array_equal(net.classes_[net.predict_proba(X).argmax(axis=1)], net.predict(X))


def test_without_probabilities():
    config = {
        "layers": [{"Dense": {"units": 1}}],
        "loss": "hinge",
        "epochs": 50,
        "optimizer": {"sgd": {"learning_rate": 0.1}},
    }
    net = NetClassifier({**config, "optimizer": {"sgd": {"learning_rate": 0.1}}}).fit(X[:100], Y[:100])
    assert net.score(X[:100], Y[:100]) > 0.9
    with pytest.raises(InputError, match="no probabilities"):
        net.predict_proba(X)


def test_several_targets_and_their_units():
    targets = np.stack([X[:, 3] * 1000, X[:, 2] - 50], axis=1)
    net = NetRegressor(random_state=0).fit(X[:, :2], targets)
    predicted = net.predict(X[:, :2])
    assert predicted.shape == (150, 2) and net.score(X[:, :2], targets) > 0.6
    np.testing.assert_allclose(predicted.mean(axis=0), targets.mean(axis=0), rtol=0.05)


@pytest.mark.parametrize("Net", [NetClassifier, NetRegressor])
@pytest.mark.parametrize("config", [None, {**SMALL, "engine": {"dtype": "float64"}, "batch_size": "all"}])
def test_a_weight_is_a_number_of_samples(Net, config):
    if Net is NetRegressor and config:
        config = {
            **config,
            "layers": [{"Dense": {"units": 1}}],
            "loss": "mse",
            "dataset": {"normalize": {"y": "standard"}},
        }
    weights = np.random.default_rng(0).integers(0, 4, 150)
    weighted = Net(config, random_state=0, epochs=20).fit(X, Y, weights)
    repeated = Net(config, random_state=0, epochs=20, batch_size="all").fit(
        X.repeat(weights, axis=0), Y.repeat(weights)
    )
    plain = Net(config, random_state=0, epochs=20, batch_size="all").fit(X, Y)
    method = "predict_proba" if Net is NetClassifier else "predict"
    found, expected, other = (getattr(net, method)(X) for net in (weighted, repeated, plain))
    np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-9)
    assert np.abs(found - other).max() > 1e-3


def test_a_data_frame_names_the_features():
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame(X, columns=["a", "b", "c", "d"])
    net = NetClassifier(epochs=2, random_state=0).fit(frame, Y)
    assert net.feature_names_in_.tolist() == ["a", "b", "c", "d"]
    net.predict(frame)
    with pytest.raises(ValueError, match="feature names"):
        net.predict(frame[["b", "a", "c", "d"]])


def test_on_the_engine_torch():
    pytest.importorskip("torch", reason="it is the engine of PyTorch")
    engine = {"engine.backend": "torch", "engine.device": "cpu"}
    net = NetClassifier(epochs=5, random_state=0, overrides=engine).fit(X, Y)
    expected = NetClassifier(epochs=5, random_state=0).fit(X, Y).predict_proba(X)
    np.testing.assert_allclose(pickle.loads(pickle.dumps(net)).predict_proba(X), expected, rtol=1e-6)


# In scikit-learn's tools


def test_a_grid_search_over_a_pipeline():
    search = GridSearchCV(
        make_pipeline(MinMaxScaler(), NetClassifier(epochs=20, random_state=0)),
        {"netclassifier__hidden_layer_sizes": [(), (16,)], "netclassifier__learning_rate": [1e-5, 0.05]}, cv=3,
    ).fit(X, Y)  # fmt: skip
    assert search.best_score_ > 0.9 and search.best_params_["netclassifier__learning_rate"] == 0.05
    sizes = GridSearchCV(NetRegressor(random_state=0), {"epochs": np.arange(2, 4), "batch_size": np.array([30])}, cv=2)
    assert sizes.fit(X, Y).best_params_ == {"epochs": 3, "batch_size": 30}
    over_configs = GridSearchCV(NetClassifier(SMALL, epochs=2), {"overrides": [{"batch_size": 8}, {"batch_size": 64}]})
    assert len(over_configs.fit(X, Y).cv_results_["params"]) == 2


def test_a_clone_is_not_fitted():
    net = NetClassifier(SMALL, overrides={"epochs": 2}).fit(X, Y)
    again = clone(net)
    assert again.get_params() == net.get_params() and again.set_params(epochs=3).epochs == 3
    with pytest.raises(NotFittedError):
        again.predict(X)


# Files


def test_by_default_nothing_is_written(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    NetClassifier(epochs=2).fit(X, Y)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("saved", [False, True])
@pytest.mark.parametrize("keep", [lambda net: pickle.loads(pickle.dumps(net)), copy.deepcopy])
def test_a_fitted_network_is_kept_without_its_run(keep, saved, tmp_path):
    run_dir = tmp_path / "run" if saved else None
    net = NetRegressor(epochs=3, random_state=0, run_dir=run_dir).fit(X, Y)
    expected = net.predict(X)
    if saved:
        (tmp_path / "run").rename(tmp_path / "elsewhere")
    again = keep(net)
    np.testing.assert_array_equal(again.predict(X), expected)
    assert again.history_ == net.history_ and again.run_.config == net.run_.config


def test_a_run_that_is_saved(tmp_path):
    net = NetClassifier(epochs=3, random_state=0, run_dir=tmp_path / "run").fit(X, Y)
    run = nnctl.load(tmp_path / "run")
    np.testing.assert_array_equal(run.predict_proba(X), net.predict_proba(X))
    unsaved = NetClassifier(epochs=3, random_state=0).fit(X, Y)
    np.testing.assert_array_equal(unsaved.predict_proba(X), net.predict_proba(X))
    assert net.history_ == unsaved.history_ and (tmp_path / "run" / "metrics.csv").read_text().count("\n") == 4
    with pytest.raises(RunError, match="not empty"):
        net.fit(X, Y)


def test_verbose(capsys):
    NetClassifier(epochs=2, random_state=0, verbose=True).fit(X, Y)
    first, second = capsys.readouterr().out.splitlines()
    assert first.startswith("epoch 1: loss 1.") and ", accuracy 0." in second


# Errors


def test_messages():
    with pytest.raises(ValueError, match="needs 2 classes or more, but y has 1 class: 7"):
        NetClassifier().fit(X, np.full(150, 7))
    with pytest.raises(ValueError, match=r"non-zero|weight 0"):
        NetClassifier().fit(X, Y, np.zeros(150))
    with pytest.raises(ConfigError, match="unknown layer 'Dens'"):
        NetClassifier({**SMALL, "layers": ["Dens"]}).fit(X, Y)
    with pytest.raises(InputError, match="gives 2 values"):
        NetClassifier({**SMALL, "layers": [{"Dense": {"units": 2, "activation": "softmax"}}]}).fit(X, Y)
    with pytest.raises(InputError, match="NetClassifier cannot be trained with mse\n  hint: use a loss such as sparse"):
        NetClassifier({**SMALL, "loss": "mse"}).fit(X, Y)
    for loss in ("sparse_categorical_crossentropy", "categorical_crossentropy"):
        with pytest.raises(
            InputError, match=f"NetRegressor cannot be trained with {loss}\n  hint: use a loss such as mse"
        ):
            NetRegressor({**SMALL, "loss": loss}).fit(X, Y.astype(float))
    with pytest.raises(ConfigError, match=r"layers\[0\].Dense.units: expected a whole number, got 'a'"):
        NetClassifier(hidden_layer_sizes=("a",)).fit(X, Y)
    with pytest.raises(TrainingError, match=r"overflowed|not finite"):
        NetClassifier({**SMALL, "optimizer": {"sgd": {"learning_rate": 1e30}}}).fit(X, Y)
