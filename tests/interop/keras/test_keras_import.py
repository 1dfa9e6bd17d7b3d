"""nnctl import: models saved by real Keras compute the same in nnctl, and what cannot be imported is refused."""

import json
import zipfile

import numpy as np
import pytest
from cli.small_runs import nnctl as command
from interop.keras.models import GOLDEN, RANDOM, one_layer, padded, random_graph, random_names
from interop.keras.real_keras import close, keras, outputs
from interop.keras.test_keras_file import OWN

import nnctl
from nnctl import config
from nnctl.engine.batch import Batch
from nnctl.engine.executor import Executor
from nnctl.engine.graph import Graph
from nnctl.engine.program import Program
from nnctl.errors import InputError
from nnctl.interop.keras.lowering import lower
from nnctl.interop.keras_file.archive import write_archive
from nnctl.interop.keras_import import import_keras
from nnctl.nn.layers import layers
from nnctl.training.weights_file import read_weights

L = keras.layers


def mlp():
    return keras.Sequential([keras.Input((4,)), L.Dense(8, "relu"), L.Dropout(0.1), L.Dense(3, "softmax")])


def cnn():
    return keras.Sequential([
        keras.Input((8, 8, 1)), L.Rescaling(1 / 16), L.Conv2D(4, 3, padding="same", use_bias=False),
        L.BatchNormalization(), L.ReLU(), L.MaxPooling2D(), L.SeparableConv2D(3, 2, activation=L.LeakyReLU(0.1)),
        L.GlobalAveragePooling2D(), L.Dense(2, kernel_regularizer=keras.regularizers.L2(0.01)),
    ])  # fmt: skip


def lstm():
    return keras.Sequential([
        keras.Input((6,)), L.Embedding(9, 4, mask_zero=True), L.LSTM(5, return_sequences=True), L.GRU(3),
        L.Dense(1, "sigmoid"),
    ])  # fmt: skip


def bidirectional():
    return keras.Sequential([
        keras.Input((5, 3)), L.Masking(), L.Bidirectional(L.LSTM(3, return_sequences=True)),
        L.Bidirectional(L.GRU(2), merge_mode="sum"), L.Dense(2),
    ])  # fmt: skip


def two_inputs():
    a, b = keras.Input((4,), name="a"), keras.Input((5, 3), name="b")
    sequence, h, c = L.LSTM(4, return_sequences=True, return_state=True, name="encoder")(L.Masking()(b))
    again = L.LSTM(4, name="decoder")(sequence, initial_state=[h, c])
    mixed = L.MultiHeadAttention(2, 3, name="attention")(sequence, sequence, use_causal_mask=True)
    joined = L.Concatenate()([L.Dense(4, "tanh")(a), again, L.GlobalAveragePooling1D()(mixed)])
    return keras.Model([a, b], [L.Dense(2, "softmax", name="kind")(joined), L.Dense(1, name="price")(h)])


def shared_layer():
    left, right = keras.Input((4,), name="left"), keras.Input((4,), name="right")
    code = L.Dense(3, "relu", name="code")
    return keras.Model([left, right], L.Dense(1, "sigmoid", name="same")(L.Subtract()([code(left), code(right)])))


MODELS = [mlp, cnn, lstm, bidirectional, two_inputs, shared_layer]


def imported(path, folder, dtype=np.float32):
    """The imported model as a program, with the file's weights."""
    done = import_keras(path, folder)
    spec = config.load(done.config)
    graph = Graph.build(spec.nodes, {name: each.shape for name, each in spec.inputs.items()}, spec.outputs)
    program = Program(graph, dtype=dtype, initialize=False)
    saved = read_weights(spec, str(done.weights)).layers if done.weights else {}
    for key, w in program.named_weights().items():
        layer, _, name = key.partition("/")
        w[...] = saved[layer][name]
    return spec, program


def predicted(program, xs):
    with Executor(program, {}, threads=1) as executor:
        found = executor.predict(Batch(dict(zip(program.graph.inputs, xs, strict=True)), {})).outputs
    return [found[name] for name in program.graph.outputs]


def random_inputs(shapes, words=False):
    rng = np.random.default_rng(0)
    xs = [rng.integers(0, 9, (4, *s)) if words else rng.normal(size=(4, *s)).astype(np.float32) for s in shapes]
    return [np.where(np.arange(x.shape[1])[:, None] > 2, 0, x) if x.ndim == 3 else x for x in xs]  # with padding


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("make", MODELS)
def test_a_model_of_keras(make, tmp_path):
    model = make()
    for variable in model.weights:
        if "seed" not in variable.path:
            variable.assign(np.random.default_rng(1).uniform(0.1, 0.7, variable.shape))
    model.save(tmp_path / "model.keras")
    _, program = imported(tmp_path / "model.keras", tmp_path / "out")
    xs = random_inputs([x.shape[1:] for x in model.inputs], words=make is lstm)
    for found, expected in zip(predicted(program, xs), outputs(model, xs), strict=True):
        close(found, expected)


@pytest.mark.parametrize("name", [name for name in GOLDEN.cases if layers.build(GOLDEN.cases[name]).kind not in OWN])
def test_every_layer_comes_back(name, tmp_path):
    case = one_layer(name)
    write_archive(tmp_path / "model.keras", lower(case.program, "model"))
    spec, program = imported(tmp_path / "model.keras", tmp_path / "out")
    [node], [before] = spec.nodes, case.program.graph.nodes
    assert node.layer == before.layer
    assert {key: w.tolist() for key, w in program.named_weights().items()} == {
        key: w.tolist() for key, w in case.program.named_weights().items()
    }


@pytest.mark.parametrize("number", range(0, len(RANDOM), 2), ids=random_names()[::2])
def test_a_random_graph_comes_back(number, tmp_path):
    case = random_graph(RANDOM[number])
    lowered = lower(case.program, "model", tuple(case.lengths))
    if any(not layer.is_layer and layer.made.name == "Add" for layer in lowered.layers.values()):
        pytest.skip("an operation ends a mask, and nnctl has no operations")
    write_archive(tmp_path / "model.keras", lowered)
    _, program = imported(tmp_path / "model.keras", tmp_path / "out", np.float64)
    for found, expected in zip(predicted(program, padded(case, lowered)), case.outputs(), strict=True):
        close(found, expected, 1e-9)


def test_imported_and_trained_on(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(0)
    x = rng.normal(size=(200, 4))
    y = (x @ [1, -2, 0.5, 1] > 0).astype(int)
    np.savetxt("data.csv", np.column_stack([x, y]), delimiter=",", header="a,b,c,d,y", comments="")
    model = keras.Sequential([keras.Input((4,)), L.Dense(8, "relu"), L.Dense(1, "sigmoid")])
    model.compile(keras.optimizers.Adam(0.02), "binary_crossentropy", metrics=["accuracy"])
    model.fit(x, y, epochs=3, verbose=0)
    model.save("m.keras")
    before = model.evaluate(x, y, verbose=0)[0]
    done = command("import", "m.keras", "--dataset", "data.csv", "--target", "y")
    assert done.exit_code == 0, done.output
    text = (tmp_path / "m" / "config.yaml").read_text()
    assert "optimizer: {adam: {learning_rate: 0.02}}" in text and "metrics: [accuracy]" in text
    run = nnctl.train("m/config.yaml", epochs=1, folder=tmp_path / "run")
    first = json.loads((tmp_path / "run" / "events.jsonl").read_text().splitlines()[0])
    assert first and run.evaluate("data.csv")["loss"] < before  # it went on from where Keras was


def of(**parts):
    """A Sequential model with a Dense layer, changed."""
    dense = {"module": "keras.layers", "class_name": "Dense", "config": {"name": "d", "units": 2},
             "registered_name": None} | parts  # fmt: skip
    first = {"module": "keras.layers", "class_name": "InputLayer", "registered_name": None,
             "config": {"name": "x", "batch_shape": [None, 3]}}  # fmt: skip
    return {"module": "keras", "class_name": "Sequential", "config": {"name": "m", "layers": [first, dense]}}


def written(path, config, weights=None):
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("config.json", json.dumps(config))
        archive.writestr("model.weights.h5", weights or b"nothing")
    return path


REFUSED = {
    "lambda": (of(class_name="Lambda", config={"name": "d"}), "layer 'd': nnctl has no layer Lambda"),
    "custom": (of(module="mine", class_name="Own", registered_name="mine>Own"), "mine.Own is not a part of Keras"),
    "posing": (of(class_name="Dense", module="os.path"), "os.path.Dense is not a part of Keras"),
    "constraint": (of(config={"name": "d", "units": 2, "kernel_constraint": {"class_name": "NonNeg"}}),
                   "Dense has kernel_constraint: NonNeg, which nnctl does not have"),
    "activation": (of(config={"name": "d", "units": 2, "activation": "glu"}), "nnctl has no activation 'glu'"),
    "units": (of(config={"name": "d", "units": -2}), "Dense has arguments that nnctl does not take"),
    "subclassed": ({"class_name": "Mine", "config": {}}, "the model is a Mine"),
    "no layers": ({"class_name": "Sequential", "config": {"name": "m", "layers": []}}, "never been built"),
    "list": ([1, 2], "config.json is not as Keras writes it"),
    "number": (of(config=3), "config.json is not as Keras writes it"),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_refused(case, tmp_path):
    given, message = REFUSED[case]
    path = tmp_path / "model.keras"
    keras.Sequential([keras.Input((3,)), L.Dense(2)]).save(path)
    with zipfile.ZipFile(path) as archive:
        weights = archive.read("model.weights.h5")
    with pytest.raises(InputError) as error:
        import_keras(written(path, given, weights), tmp_path / "out")
    assert message in str(error.value) and not (tmp_path / "out").exists()


OPERATIONS = {
    "number": (lambda x: L.Dense(2)(x) + 1.0, "the operation Add with a number"),
    "weights": (lambda x: keras.ops.average(x, weights=L.Dense(3)(x)), "the operation Average of keras.ops"),
    "concatenate": (lambda x: L.Dense(1)(keras.ops.concatenate([x, L.Dense(3)(x)])), "as if it were a tensor"),
    "mask": (lambda x: L.LSTM(2)(L.Dense(4)(x), mask=keras.ops.any(keras.ops.not_equal(x, 3.0), axis=-1)),
             "not the mask of a Masking or an Embedding"),
}  # fmt: skip


@pytest.mark.parametrize("case", OPERATIONS)
def test_an_operation_is_refused(case, tmp_path):
    make, message = OPERATIONS[case]
    x = keras.Input((5, 3) if case == "mask" else (3,))
    keras.Model(x, make(x)).save(tmp_path / "m.keras")
    with pytest.raises(InputError, match=message):
        import_keras(tmp_path / "m.keras", tmp_path / "out")


def test_a_sum_of_two_tensors_is_a_layer(tmp_path):
    x = keras.Input((3,))
    model = keras.Model(x, L.Dense(2, name="one")(x) * L.Dense(2, name="two")(x) - L.Dense(2, name="three")(x))
    model.save(tmp_path / "m.keras")
    _, program = imported(tmp_path / "m.keras", tmp_path / "out")
    xs = random_inputs([(3,)])
    close(predicted(program, xs)[0], outputs(model, xs)[0])


def test_broken_files_give_one_line(tmp_path):
    whole = tmp_path / "whole.keras"
    mlp().save(whole)
    content = whole.read_bytes()
    for name, broken in {"text": b"not a zip", "half": content[: len(content) // 2], "empty": b""}.items():
        path = tmp_path / f"{name}.keras"
        path.write_bytes(broken)
        done = command("import", path)
        assert done.exit_code == 2 and "not a .keras file, or damaged" in done.output and "Traceback" not in done.output
    done = command("import", written(tmp_path / "weights.keras", of()))
    assert done.exit_code == 2 and "not a .keras file, or damaged" in done.output
    done = command("import", tmp_path / "missing.keras")
    assert done.exit_code == 2 and "there is no such file" in done.output


def test_links_to_other_files_are_not_followed(tmp_path):
    import h5py

    with h5py.File(tmp_path / "secret.h5", "w") as file:
        file["kernel"] = np.ones((3, 2), np.float32)
    with h5py.File(tmp_path / "weights.h5", "w") as file:
        file["layers/dense/vars/0"] = h5py.ExternalLink(str(tmp_path / "secret.h5"), "kernel")
    path = written(tmp_path / "model.keras", of(), (tmp_path / "weights.h5").read_bytes())
    with pytest.raises(InputError, match="layers/dense/vars/0 is missing"):
        import_keras(path, tmp_path / "out")


def test_an_existing_config_is_kept(tmp_path):
    mlp().save(tmp_path / "m.keras")
    assert command("import", tmp_path / "m.keras").exit_code == 0
    (tmp_path / "m" / "config.yaml").write_text("mine")
    assert command("import", tmp_path / "m.keras").exit_code == 2
    assert (tmp_path / "m" / "config.yaml").read_text() == "mine"
