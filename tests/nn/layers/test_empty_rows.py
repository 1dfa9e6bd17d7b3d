"""A row of padding alone (an empty text) has a finite answer and a finite gradient in every layer with a mask."""

import numpy as np
import pytest
from harness import prepare

from nnctl import config, kernels
from nnctl.engine.batch import Batch
from nnctl.engine.executor import Executor
from nnctl.engine.graph import Graph
from nnctl.engine.program import Program

WORDS = "{Embedding: {input_dim: 9, output_dim: 4, mask_zero: true}}"
REST = {
    "average": "[GlobalAveragePooling1D]",
    "average, kept axes": "[{GlobalAveragePooling1D: {keepdims: true}}, Flatten]",
    "largest": "[GlobalMaxPooling1D]",
    "flat": "[Flatten]",
    "average of a gru": "[{GRU: {units: 3, return_sequences: true}}, GlobalAveragePooling1D]",
    "largest of a gru": "[{GRU: {units: 3, return_sequences: true}}, GlobalMaxPooling1D]",
    "lstm": "[{LSTM: {units: 3}}]",
    "lstm backwards": "[{LSTM: {units: 3, go_backwards: true}}]",
    "simple rnn": "[{SimpleRNN: {units: 3}}]",
    "average of both directions": "[{Bidirectional: {layer: {LSTM: {units: 3, return_sequences: true}}}},"
    " GlobalAveragePooling1D]",
    "product of both directions": "[{Bidirectional: {layer: {GRU: {units: 3}}, merge_mode: mul}}]",
    "batch normalization": "[BatchNormalization, GlobalAveragePooling1D]",
    "layer normalization": "[LayerNormalization, GlobalAveragePooling1D]",
    "attention": "[{MultiHeadAttention: {num_heads: 2, key_dim: 2}}, GlobalAveragePooling1D]",
    "scored attention": "[{Attention: {from: [above, above]}}, GlobalAveragePooling1D]",
    "additive attention": "[{AdditiveAttention: {from: [above, above]}}, GlobalAveragePooling1D]",
    "each step": "[{TimeDistributed: {layer: {Dense: {units: 3}}}}, GlobalAveragePooling1D]",
    "convolution": "[{Conv1D: {filters: 3, kernel_size: 2}}, GlobalAveragePooling1D]",
    "local pooling": "[MaxPooling1D, GlobalAveragePooling1D]",
    "two averages": "[{GlobalAveragePooling1D: {name: mean, from: words}}, {GlobalMaxPooling1D: {from: words}},"
    " {Concatenate: {from: [mean, above]}}]",
    "sum of two": "[{Add: {from: [words, words]}}, GlobalAveragePooling1D]",
    "joined": "[{Concatenate: {from: [words, words]}}, GlobalAveragePooling1D]",
    "places": "[{PositionEmbedding: {sequence_length: 6}}, GlobalAveragePooling1D]",
}
ROWS = {
    "one": [[3, 4, 0, 0, 0, 0], [0, 0, 0, 0, 0, 0], [1, 2, 3, 4, 5, 6], [8, 0, 0, 0, 0, 0]],
    "all": [[0] * 6] * 4,
    "the only one": [[0] * 6],
}


@pytest.mark.parametrize("compiled", [False, pytest.param(True, marks=pytest.mark.skipif(
    not kernels.installed(), reason="Numba is not installed"))])  # fmt: skip
@pytest.mark.parametrize("rows", ROWS)
@pytest.mark.parametrize("rest", REST)
def test_a_row_of_padding_has_a_finite_answer_and_gradient(rest, rows, compiled):
    layers = f"[{WORDS.replace('{input_dim', '{name: words, input_dim')}, {REST[rest][1:]}"
    made = config.loads("dataset: iris\nloss: mse\nlayers: " + layers[:-1] + ", {Dense: {units: 1}}]")
    x = np.array(ROWS[rows], np.int32)
    graph = Graph.build(made.nodes, {made.nodes[0].sources[0]: x.shape[1:]}, made.outputs)
    program = Program(graph, dtype="float32", seed=3)
    executor = Executor(program, made.losses, threads=2, shard_rows=2)
    if compiled:
        executor.kernels = kernels.Kernels()
    [output] = made.outputs
    batch = Batch({graph.inputs[0]: x}, {output: np.ones((len(x), 1), np.float32)})
    with executor, np.errstate(all="raise", under="ignore"):
        result = executor.train_step(batch, 0)
        answered = executor.predict(batch)
    assert np.isfinite(result.loss)
    assert np.isfinite(result.outputs[output]).all()
    assert np.isfinite(answered.outputs[output]).all()
    assert np.isfinite(executor.gradients).all()


def test_the_average_of_nothing_is_zero_and_has_no_gradient():
    ran = prepare("GlobalAveragePooling1D", [np.ones((2, 3, 2))])
    x = np.arange(12.0).reshape(2, 3, 2)
    layer = ran.program.steps[-1].layer

    class Call:
        masks = (np.array([[True, True, False], [False, False, False]]),)
        empty = staticmethod(np.empty)

    y, saved = layer.forward({}, x, Call)
    np.testing.assert_array_equal(y, [[1, 2], [0, 0]])
    dx = layer.backward({}, {}, saved, np.array([[4.0, 6.0], [8.0, 10.0]]), Call)
    np.testing.assert_array_equal(dx, [[[2, 3], [2, 3], [0, 0]], [[0, 0], [0, 0], [0, 0]]])


@pytest.mark.parametrize("empty", ["train", "validation"])
def test_an_empty_text_trains_to_finite_metrics(tmp_path, empty):
    from nnctl.training.runner import train

    train_rows = ["good fine,a,train", "nice good,a,train", "bad poor,b,train", "poor awful,b,train"]
    rows = [*train_rows, "fine good,a,validation", "bad bad,b,validation", f"!!!,a,{empty}"]
    (tmp_path / "d.csv").write_text("\n".join(["text,label,p", *rows]) + "\n")
    made = config.loads(
        f"dataset: {{path: {tmp_path}/d.csv, target: label, text: {{column: text}}, "
        "ignore: [p], split: {column: p}}\n"
        f"layers: [{WORDS}, GlobalAveragePooling1D, {{Dense: {{units: 1, activation: sigmoid}}}}]\n"
        "loss: binary_crossentropy\nepochs: 2\n"
    )
    found = []
    train(made, folder=tmp_path / "run", subscribers=[lambda event: found.append(getattr(event, "metrics", {}))])
    epochs = [each for each in found if isinstance(each, dict) and "val_loss" in each]
    assert len(epochs) == 2 and all(np.isfinite(value) for each in epochs for value in each.values())
