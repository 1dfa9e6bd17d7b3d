"""Whole files: every bundled config predicts as the NumPy engine does, and a batch trains it in the same way."""

import json
import runpy
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
import torch_code_cases as tc
from safetensors.numpy import save_file

from nnctl import config
from nnctl.data.catalog.download import find
from nnctl.interop.torch_code.data import Described
from nnctl.interop.torch_code.file import builder_of, file_of
from nnctl.training.batching import cast, make_batch
from nnctl.training.class_weights import with_class_weight
from nnctl.training.model import Model, load_data

pytest.importorskip("torch")
ROOT = Path(__file__).parents[3] / "configs"
CONFIGS = {path.relative_to(ROOT).with_suffix("").as_posix(): path for path in sorted(ROOT.rglob("*.yaml"))}
RUFF = shutil.which("ruff")


class Written:
    """The file of a config with its initial weights, and a batch of its training rows."""

    def __init__(self, spec, folder, rows=8):
        data = load_data(spec)
        self.model = Model.build(spec, data.input_shapes, data.targets)
        rng = np.random.default_rng(0)
        for w in self.model.program.named_weights().values():  # so that no bias is 0
            w += rng.uniform(0, 0.1, w.shape)
        self.described = Described(data.preprocessing)
        self.builder = builder_of(self.model, self.described.lengths)
        self.path = folder / "net.py"
        file = file_of(self.model, self.described, "net.safetensors")
        self.path.write_text(file.text, encoding="utf-8")
        save_file(file.weights, self.path.with_suffix(".safetensors"))
        split = cast(with_class_weight(data.train, spec, data.targets), self.model.program.dtype)
        self.batch = make_batch(split, slice(0, rows), ahead=True)
        self.given = data.train.weights

    def inputs(self):
        """The batch's inputs as the module takes them."""
        divisors = self.batch.divisors
        inputs = {name: (x / divisors[name]).astype(np.float32) if name in divisors else x
                  for name, x in self.batch.inputs.items()}  # fmt: skip
        return inputs, {name: self.lengths(name, x) for name, x in inputs.items() if name in self.described.lengths}

    def lengths(self, name, x):
        return self.batch.lengths.get(name, np.full(len(x), x.shape[1]))


@pytest.mark.parametrize("name", CONFIGS)
def test_a_bundled_config(name, tmp_path):
    spec = config.load(CONFIGS[name])
    if spec.dataset.name in ("fashion_mnist", "mnist") and find(spec.dataset.name) is None:
        pytest.skip(f"{spec.dataset.name} is not on this machine")
    written = Written(spec, tmp_path)
    module = runpy.run_path(str(written.path))["load"]()
    inputs, lengths = written.inputs()
    with written.model.executor as executor:
        expected = {name: y.copy() for name, y in executor.predict(written.batch).outputs.items()}
    tc.agree(tc.by_torch(written.builder, module, inputs, lengths), expected)
    runpy.run_path(str(written.path), run_name="__main__")
    if RUFF:
        for command in (["format", "--diff"], ["check"]):
            done = subprocess.run([RUFF, *command, "--isolated", written.path], capture_output=True, text=True,
                                  encoding="utf-8", check=False)  # fmt: skip
            assert done.returncode == 0, done.stdout + done.stderr


IRIS = {"dataset": "iris", "loss": "sparse_categorical_crossentropy"}
DENSE = {"Dense": {"units": 3, "activation": "softmax"}}
VOWELS = {"dataset": {"name": "japanese_vowels", "normalize": "standard"}, "loss": "sparse_categorical_crossentropy"}
# What is trained for a step of gradient descent, with the learning rate 1.
STEPS = {
    "plain": IRIS | {"layers": [{"Dense": {"units": 4, "activation": "tanh"}}, DENSE]},
    "regularized": IRIS | {"layers": [
        {"Dense": {"units": 4, "kernel_regularizer": "l2", "bias_regularizer": "l1"}},
        {"Dense": {"units": 3, "activation": "softmax", "kernel_regularizer": {"l1_l2": {"l1": 0.1, "l2": 0.2}}}},
    ]},
    "class weights": IRIS | {"layers": [DENSE], "class_weight": {"setosa": 2.0, "virginica": 0.5}},
    "balanced": IRIS | {"layers": [DENSE], "class_weight": "balanced"},
    "balanced one-hot": {"dataset": "iris", "loss": "categorical_crossentropy", "layers": [DENSE],
                         "class_weight": "balanced"},
    "sample weights": IRIS | {"dataset": {"name": "iris", "weight": "sepal_width"}, "layers": [DENSE]},
    "from probabilities": IRIS | {"layers": [{"Dense": {"units": 3, "activation": "sigmoid"}}]},
    "frozen": IRIS | {"layers": [{"Dense": {"units": 4, "trainable": False}}, "BatchNormalization",
                                 {"BatchNormalization": {"trainable": False, "center": False}}, DENSE]},
    "half of a normalization": IRIS | {"layers": [
        {"Dense": {"units": 4}}, {"BatchNormalization": {"center": False}}, {"LayerNormalization": {"scale": False}},
        {"GroupNormalization": {"groups": 2, "center": False}}, {"LayerNormalization": {"center": False}}, DENSE,
    ]},
    "two outputs": ROOT / "two_inputs_two_outputs.yaml",
    "autoencoder": ROOT / "autoencoder.yaml",
    "images": {"dataset": "digits_images", "loss": "sparse_categorical_crossentropy", "layers": [
        {"Conv2D": {"filters": 3, "kernel_size": 3, "strides": 2, "padding": "same", "activation": "relu",
                    "kernel_regularizer": "l2"}},
        {"SeparableConv2D": {"filters": 4, "kernel_size": 2, "depthwise_regularizer": "l1",
                             "pointwise_regularizer": "l2", "bias_regularizer": "l2"}},
        "Flatten", {"Dense": {"units": 10, "activation": "softmax"}},
    ]},
    "padding": VOWELS | {"layers": [
        {"Bidirectional": {"layer": {"GRU": {"units": 4, "kernel_regularizer": "l2", "recurrent_regularizer": "l1"}}}},
        {"Dense": {"units": 9, "activation": "softmax"}},
    ]},
    "two directions": VOWELS | {"layers": [
        {"Bidirectional": {"layer": {"GRU": {"units": 4, "reset_after": False, "recurrent_regularizer": "l1"}}}},
        {"Dense": {"units": 9, "activation": "softmax"}},
    ]},
    "attention": VOWELS | {"layers": [
        {"MultiHeadAttention": {"num_heads": 2, "key_dim": 3, "kernel_regularizer": "l2"}}, "GlobalAveragePooling1D",
        {"Dense": {"units": 9, "activation": "softmax"}},
    ]},
    "texts": {"dataset": {"name": "reviews", "text": {"column": "review"}}, "loss": "binary_crossentropy", "layers": [
        {"Embedding": {"input_dim": 200, "output_dim": 4, "mask_zero": True, "embeddings_regularizer": "l2"}},
        {"GRU": {"units": 3}}, {"Dense": {"units": 1, "activation": "sigmoid"}},
    ]},
    "ctc": {"dataset": "digit_lines", "loss": "ctc", "layers": [
        {"Conv1D": {"filters": 4, "kernel_size": 3, "padding": "same"}},
        {"GRU": {"units": 4, "return_sequences": True}}, {"Dense": {"units": 11, "activation": "softmax"}},
    ]},
    "ctc with padding": {"dataset": "digit_lines", "loss": "ctc", "layers": [
        {"GRU": {"units": 4, "return_sequences": True}}, {"Dense": {"units": 11, "activation": "softmax"}},
    ]},
}  # fmt: skip


def write_sequences(folder):
    """Sequences of 1 to 6 steps, with a class at each."""
    rng = np.random.default_rng(0)
    rows = ["id,t,a,b,kind"]
    for number in range(30):
        for t in range(rng.integers(1, 7)):
            a, b = rng.normal(size=2)
            rows.append(f"{number},{t},{a:.3f},{b:.3f},{'nvp'[int(a > 0) + int(a > 1)]}")
    (folder / "steps.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    return {"path": str(folder / "steps.csv"), "target": "kind", "features": ["a", "b"],
            "sequence": {"id": "id", "order": "t", "target": "each"}}  # fmt: skip


EACH_STEP = {"loss": "sparse_categorical_crossentropy", "optimizer": {"sgd": {"learning_rate": 1.0}}, "epochs": 1,
             "batch_size": "all"}  # fmt: skip


@pytest.mark.parametrize("layers", [
    [DENSE],
    [{"GRU": {"units": 3, "return_sequences": True}}, DENSE],
    [{"Bidirectional": {"layer": {"SimpleRNN": {"units": 2, "return_sequences": True, "activation": "relu",
                                                "use_bias": False}}, "merge_mode": "sum"}}, DENSE],
    [{"Conv1D": {"filters": 3, "kernel_size": 3, "padding": "causal"}}, DENSE],
], ids=["dense", "gru", "both directions", "mask ended"])  # fmt: skip
def test_a_step_of_training_on_steps(layers, tmp_path):
    step_of_training(config.loads(json.dumps(EACH_STEP | {"dataset": write_sequences(tmp_path), "layers": layers})),
                     tmp_path)  # fmt: skip


def spec_of(case):
    changes = {"optimizer": {"sgd": {"learning_rate": 1.0}}, "epochs": 1, "batch_size": "all", "callbacks": []}
    if isinstance(STEPS[case], Path):
        return config.load(STEPS[case], [f"{key}={json.dumps(value)}" for key, value in changes.items()])
    return config.loads(json.dumps({"metrics": []} | STEPS[case] | changes))


@pytest.mark.parametrize("case", STEPS)
def test_a_step_of_training(case, tmp_path):
    step_of_training(spec_of(case), tmp_path)


def step_of_training(spec, folder):
    """Trains the generated module and the NumPy engine on a batch, and compares their weights."""
    import torch

    written = Written(spec, folder, rows=30)
    names = runpy.run_path(str(written.path))
    module = names["load"]()
    inputs, lengths = written.inputs()
    given = {written.builder.inputs[name]: torch.from_numpy(x) for name, x in inputs.items()}
    given |= {written.builder.lengths_of[name]: torch.from_numpy(n) for name, n in lengths.items()}
    targets = [torch.from_numpy(np.array(y)) for y in written.batch.targets.values()]
    targets = [y.long() if y.dtype == torch.int32 else y for y in targets]
    more = {"sample_weight": torch.from_numpy(written.given[:30])} if written.described.preprocessing.weight else {}
    names["train"](module, *(given[name] for name in written.builder.in_training), *targets, **more)

    model = written.model
    if model.spec.class_weight == "balanced":  # the file counts the classes of the rows that it is given
        written.batch = make_batch(balanced(written.batch), slice(None))
    with model.executor as executor:
        executor.train_step(written.batch, 0)
        np.subtract(model.program.parameters, executor.gradients, out=model.program.parameters)
    expected = builder_of(model, written.described.lengths).state
    for name, w in module.state_dict().items():
        if not name.endswith(("running_var", "num_batches_tracked")):  # PyTorch averages the unbiased variance
            far = 5e-5 * max(1, np.abs(expected[name]).max(initial=0))
            np.testing.assert_allclose(w.numpy(), expected[name], rtol=0, atol=far, err_msg=name)


def balanced(batch):
    """The batch as a split, with the weights that `balanced` gives its own rows."""
    from nnctl.data.dataset import Split

    [y] = batch.targets.values()
    classes = y if y.ndim == 1 else y.argmax(axis=1)
    counts = np.bincount(classes)
    weights = len(classes) / (np.count_nonzero(counts) * np.maximum(counts, 1))
    return Split(batch.inputs, batch.targets, weights[classes].astype(np.float32))
