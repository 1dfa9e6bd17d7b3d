"""What is done as one gives what it gives one after the other: each fusion off, and all of them."""

import numpy as np
import pytest

from nnctl import config, kernels
from nnctl.engine.batch import Batch
from nnctl.engine.executor import Executor
from nnctl.engine.fusions.names import FUSIONS
from nnctl.engine.graph import Graph
from nnctl.engine.program import Program
from nnctl.errors import ConfigError
from nnctl.training import runner
from nnctl.training.events import EpochEnded, IterationEnded, IterationsEnded

CONFIGS = {
    "images": """
dataset: digits_images
layers:
  - Conv2D: {filters: 5, kernel_size: 3, activation: relu, padding: same}
  - Conv2D: {filters: 6, kernel_size: 3, activation: relu}
  - MaxPooling2D
  - Conv2D: {filters: 4, kernel_size: 2, activation: tanh}
  - MaxPooling2D
  - Flatten
  - Dense: {units: 10, activation: softmax}
loss: sparse_categorical_crossentropy
batch_size: 128
""",
    "residual": """
dataset: digits_images
layers:
  - Conv2D: {filters: 6, kernel_size: 3, activation: relu, padding: same}
  - repeat:
      times: 2
      layers:
        - Conv2D: {filters: 6, kernel_size: 3, padding: same, activation: relu}
        - Conv2D: {filters: 6, kernel_size: 3, padding: same}
        - Add: {from: [above, before]}
        - ReLU
  - Flatten
  - Dense: {units: 10, activation: softmax}
loss: sparse_categorical_crossentropy
batch_size: 128
""",
    "sequences": """
dataset: digits_images
layers:
  - Reshape: {target_shape: [8, 8]}
  - Bidirectional: {layer: {LSTM: {units: 6, return_sequences: true}}}
  - GRU: {units: 7}
  - Dense: {units: 10, activation: softmax}
loss: sparse_categorical_crossentropy
batch_size: 128
""",
    "vectors": """
dataset: wine
layers:
  - Dense: {units: 9, activation: relu}
  - Dense: {units: 8, activation: tanh, use_bias: false}
  - Dense: {units: 3, activation: softmax}
loss: categorical_crossentropy
optimizer: {nadam: {learning_rate: {cosine_decay: {initial_learning_rate: 0.01, decay_steps: 30}}, weight_decay: 0.01}}
metrics: [accuracy, auc]
batch_size: 16
""",
}


def losses_of(name, folder, fuse, **engine):
    """An epoch's metrics, every epoch."""
    built = config.loads(CONFIGS[name] + f"epochs: 2\nengine: {{fuse: [{', '.join(fuse)}], threads: 2}}\n")
    epochs = []
    runner.train(built, folder=folder, subscribers=[lambda e: epochs.append(e) if isinstance(e, EpochEnded) else None])
    return np.array([list(event.metrics.values()) for event in epochs])


# NumPy takes longest for convolutions, and makes few of their steps in one
SLOW = {("images", "numpy"), ("residual", "numpy")}
EACH = [pytest.param(name, kernel_set, marks=pytest.mark.slow if (name, kernel_set) in SLOW else ())
        for name in CONFIGS for kernel_set in ("numpy", "numba")]  # fmt: skip


@pytest.mark.parametrize(("name", "kernel_set"), EACH)
def test_each_off_and_on_agree(name, kernel_set, tmp_path, monkeypatch):
    if kernel_set == "numba" and not kernels.installed():
        pytest.skip("Numba is not installed")
    monkeypatch.setenv(kernels.SWITCH, kernel_set)
    expected = losses_of(name, tmp_path / "all", FUSIONS)
    for off in (*FUSIONS, None):
        fuse = [fusion for fusion in FUSIONS if fusion != off] if off else []
        found = losses_of(name, tmp_path / f"without {off}", fuse)
        np.testing.assert_allclose(found, expected, rtol=2e-3, atol=1e-5, err_msg=f"without {off or 'any'}")
        np.testing.assert_allclose(found[0, 0], expected[0, 0], rtol=2e-5, err_msg=f"without {off or 'any'}")


def test_an_unknown_one_is_told():
    with pytest.raises(ConfigError, match=r"engine\.fuse"):
        config.loads(CONFIGS["vectors"] + "engine: {fuse: [chains]}")


@pytest.mark.skipif(not kernels.installed(), reason="Numba is not installed")
def test_steps_in_one_go_are_told_one_by_one_to_who_asks(tmp_path, monkeypatch):
    monkeypatch.setenv(kernels.SWITCH, "numba")
    told = {}
    for name, fuse in (("chain", FUSIONS), ("steps", [fusion for fusion in FUSIONS if fusion != "chain"])):
        seen = told[name] = []

        def listen(event, seen=seen):
            if isinstance(event, IterationsEnded):
                each = list(event.each())
                assert each[-1].metrics == pytest.approx(event.last.metrics, rel=1e-12)
                seen += each
            elif isinstance(event, IterationEnded):
                seen.append(event)

        built = config.loads(CONFIGS["vectors"] + f"epochs: 2\nengine: {{fuse: [{', '.join(fuse)}]}}\n")
        runner.train(built, folder=tmp_path / name, subscribers=[listen])
    assert len(told["chain"]) == len(told["steps"]) > 10
    for one, other in zip(told["chain"], told["steps"], strict=True):
        assert (one.epoch, one.iteration, one.step) == (other.epoch, other.iteration, other.step)
        assert one.learning_rate == other.learning_rate
        assert one.batch_loss == pytest.approx(other.batch_loss, rel=1e-4)
        assert one.metrics == pytest.approx(other.metrics, rel=1e-4)


def test_residual_blocks_are_steps_of_their_own():
    def steps(fuse):
        built = config.loads(CONFIGS["residual"])
        return [
            step.name
            for step in Program(Graph.build(built.nodes, {"input": (8, 8, 1)}, built.outputs), fuse=fuse).steps
        ]

    assert steps(FUSIONS)[:5] == ["conv2d", "conv2d_1", "conv2d_2+add+re_lu", "conv2d_3", "conv2d_4+add_1+re_lu_1"]
    assert {"conv2d_2", "add", "re_lu"} < set(steps([fusion for fusion in FUSIONS if fusion != "convolution"]))


def test_an_output_whose_sigmoid_moved_behind_a_pooling_keeps_the_bias():
    built = config.loads("""
dataset: digits_images
layers:
  - Conv2D: {filters: 1, kernel_size: 3, activation: sigmoid, bias_initializer: ones}
  - GlobalMaxPooling2D
loss: binary_crossentropy
""")
    images, y = np.random.default_rng(0).random((4, 8, 8, 1), np.float32), np.float32([[0], [1], [0], [1]])
    found = []
    for fuse in (FUSIONS, ()):
        program = Program(Graph.build(built.nodes, {"input": (8, 8, 1)}, built.outputs), fuse=fuse)
        executor = Executor(program, built.losses)
        result = executor.train_step(Batch({"input": images}, {built.outputs[0]: y}), 0)
        found.append((result.loss, result.outputs[built.outputs[0]].copy(), executor.gradients.copy()))
    for fused, plain in zip(*found, strict=True):
        np.testing.assert_allclose(fused, plain, rtol=1e-5, atol=1e-7)
