"""Formulas with numbers come to the results beside them: losses, optimizers, activations, CTC's sums."""

import dataclasses
import math
import re

import numpy as np
import pytest

from nnctl.engine.batch import Batch
from nnctl.nn.layers.base import layers
from nnctl.nn.optimizers import optimizers
from nnctl.reports.walkthrough import ctc, losses
from nnctl.reports.walkthrough.forward.activations import WRITTEN, formula, with_number
from nnctl.reports.walkthrough.forward.table import FORWARD
from nnctl.reports.walkthrough.loss_gradients import DIFFERENCE, write_loss_gradients
from nnctl.reports.walkthrough.loss_positions import positions
from nnctl.reports.walkthrough.page import Page
from nnctl.reports.walkthrough.rules import RULES, written
from nnctl.reports.walkthrough.trace import trace
from nnctl.reports.walkthrough.update import formulas, update_of
from tests.reports.walkthrough.walked import HEAD, model_of, row_of


def value_of(numbers):
    """What a formula in numbers comes to."""
    text = numbers.replace("×", "*").replace("^", "**").replace(", else", " else")
    text = re.sub(r"\|([^|]*)\|", r"abs(\1)", text)
    text = re.sub(r"log ([\d.e-]+)", r"log(\1)", text)
    return eval(text, {"sqrt": math.sqrt, "log": math.log, "exp": math.exp})


@pytest.mark.parametrize("optimizer", [
    "sgd", "momentum", "nesterov", "adagrad", "rmsprop", "adam", "adamw", "nadam", "{adam: {weight_decay: 0.1}}",
    "{sgd: {momentum: 0.9, nesterov: true, learning_rate: 0.1}}", "{sgd: {momentum: 0.9, weight_decay: 0.5}}",
    "{rmsprop: {centered: true}}", "{rmsprop: {momentum: 0.9, weight_decay: 0.5}}",
    "{rmsprop: {momentum: 0.9, centered: true, epsilon: 0.01}}", "{adam: {amsgrad: true}}",
    "{nadam: {weight_decay: 0.5, clipnorm: 0.1}}", "{adagrad: {weight_decay: 0.5, initial_accumulator_value: 0.3}}",
])  # fmt: skip
def test_an_optimizers_rule_comes_to_the_new_weight(optimizer):
    model = model_of("Dense: {units: 5, activation: tanh}", HEAD, optimizer=optimizer)
    traced = trace(model, row_of(model))
    update = update_of(model, traced)
    at = int(np.abs(update.gradients).argmax())
    lines = written(update, at)
    for left, _symbols, numbers, result in lines:
        assert value_of(numbers) == pytest.approx(result, rel=2e-3), left
    assert lines[-1][3] == update.after[at] != update.before[at]


def test_other_optimizers_show_their_docstrings_formulas():
    assert formulas(optimizers.lookup("lion")) == ["w <- w - lr sign(b1 m + (1 - b1) g)", "m <- b2 m + (1 - b2) g"]
    assert formulas(optimizers.lookup("lars"))[0] == "r = trust_coefficient ||w|| / (||g|| + eps)"
    silent = [name for name in optimizers.names() if name not in RULES and not formulas(optimizers.lookup(name))]
    assert silent == []


@pytest.mark.parametrize("name", WRITTEN)
@pytest.mark.parametrize("x", [-1.25, 0.5])
def test_an_activation_with_a_number(name, x):
    model = model_of(f"Activation: {{activation: {name}}}", HEAD)
    function = model.graph.nodes[0].layer.function
    assert value_of(with_number(function, x)) == pytest.approx(float(function.value(np.array([x]))[0]), rel=2e-3)


@pytest.mark.parametrize("activation, text", [
    ("{relu: {negative_slope: 0.1, threshold: 0.5}}", "z if z > 0.5, else 0.1 × (z - 0.5)"),
    ("{relu: {max_value: 2}}", "min(z, 2) if z > 0, else 0"),
    ("{gelu: {approximate: true}}", "z (1 + tanh(sqrt(2 / pi) (z + 0.044715 z^3))) / 2"),
    ("log_softmax", "z_i - log sum_j exp(z_j)"),
    ("silu", "z sigmoid(z)"),
])  # fmt: skip
def test_an_activations_formula_has_its_arguments(activation, text):
    assert formula(model_of(f"Activation: {{activation: {activation}}}", HEAD).graph.nodes[0].layer.function) == text


@pytest.mark.parametrize("x", [-1.25, 0.25, 3.0])
def test_relu_with_arguments_in_numbers(x):
    model = model_of("ReLU: {negative_slope: 0.1, threshold: 0.5, max_value: 2}", HEAD)
    function = model.graph.nodes[0].layer.function
    assert value_of(with_number(function, x)) == pytest.approx(float(function.value(np.array([x]))[0]), rel=2e-3)


SMOOTHED = "label_smoothing: 0.2"


@pytest.mark.parametrize("loss, y, activation", [
    (f"{{sparse_categorical_crossentropy: {{{SMOOTHED}}}}}", 2, "softmax"),
    (f"{{categorical_crossentropy: {{{SMOOTHED}, from_logits: true}}}}", [0, 0, 1], "linear"),
    (f"{{binary_crossentropy: {{{SMOOTHED}}}}}", [0, 1, 1], "sigmoid"),
    ("{binary_crossentropy: {from_logits: true}}", [0, 1, 1], "linear"),
    ("sparse_categorical_crossentropy", 2, "softmax"),
    ("categorical_crossentropy", [0, 0, 1], "softmax"),
    ("binary_crossentropy", [0, 1, 1], "sigmoid"),
    ("mse", [0.5, -1, 2], "linear"),
    ("mae", [0.5, -1, 2], "linear"),
])  # fmt: skip
def test_a_loss_comes_to_its_value(loss, y, activation):
    model = model_of(f"Dense: {{units: 3, activation: {activation}}}", loss=loss)
    row = row_of(model, y=np.array(y, np.float32) if isinstance(y, list) else y)
    [traced] = trace(model, row).losses
    [at] = positions(traced)
    kind = traced.objective.loss.kind
    assert at.loss == pytest.approx(traced.value, rel=1e-6) and traced.unweighted == at.loss
    numbers = losses.WRITTEN[kind](traced.objective.loss, at)[-1]
    assert value_of(numbers) == pytest.approx(traced.value, rel=2e-3)
    if kind in DIFFERENCE:
        share = 3 if kind.startswith("binary") else 1
        np.testing.assert_allclose(traced.gradient[0], (at.p - at.y) / share, atol=1e-6)


def written_losses(row, *layers, weight=1.0, **options):
    """The formulas about a row's loss and about the gradient that begins there."""
    model = model_of(*layers, **options)
    page, traced = Formulas(), trace(model, row(model))
    losses.write_losses(traced, weight, dict.fromkeys(model.graph.outputs), False, page)
    write_loss_gradients(traced, weight, page)
    return page, traced


class Formulas(Page):
    """Keeps the formulas by their left sides, and the sentences."""

    def __init__(self):
        super().__init__()
        self.found, self.sentences = {}, []

    def text(self, text):
        self.sentences.append(text)

    def formula(self, left, *rights):
        self.found.setdefault(left, []).append(rights)

    def array(self, name, values, note=""):
        pass


def weighted(model):
    row = row_of(model, y=[2, 0, 1, 1, 0], length=3)
    return dataclasses.replace(row, weights=np.array([2.5], np.float32))


def test_a_weighted_sequence_comes_to_the_mean_first_and_is_then_multiplied():
    page, traced = written_losses(weighted, HEAD, shape=(5, 3), weight=2.5, targets=(5,))
    (mean, total), (product, result) = page.found["L"]
    assert value_of(mean) == pytest.approx(float(total), rel=2e-3) and mean.endswith(" / 3")
    assert product == f"2.500 × {total}" and float(result) == pytest.approx(2.5 * float(total), rel=2e-3)
    assert float(result) == pytest.approx(traced.total, rel=1e-3)
    [(symbols, numbers, gradient)] = page.found["dL/dz[1,3]"]
    assert symbols == "2.500 × (p[1,3] - y[1,3]) / 3" and value_of(numbers) == pytest.approx(float(gradient), rel=2e-3)


def test_of_several_outputs_each_gradient_says_whose_it_is():
    def row(model):
        return Batch({"input": np.ones((1, 4), np.float32)}, {"a": np.array([1]), "b": np.array([2])})

    page, _traced = written_losses(
        row, "Dense: {units: 3, activation: softmax, from: input, name: a}",
        "Dense: {units: 3, activation: softmax, from: input, name: b}", outputs=["a", "b"],
        loss="{a: sparse_categorical_crossentropy, b: sparse_categorical_crossentropy}",
    )  # fmt: skip
    assert [text for text in page.sentences if text.startswith("Output ")] == ["Output a:", "Output b:"]


def test_a_loss_without_a_written_formula_is_multiplied_by_the_weight_once():
    def row(model):
        given = row_of(model, y=np.array([0.5, -1, 2], np.float32))
        return dataclasses.replace(given, weights=np.array([2.5], np.float32))

    page, traced = written_losses(row, "Dense: {units: 3}", loss="huber", weight=2.5)
    (alone,), (product, total) = page.found["L"]
    assert product == f"2.500 × {alone}" and float(total) == pytest.approx(traced.total, rel=1e-3)


@pytest.mark.parametrize("loss, y, function", [
    ("sparse_categorical_crossentropy", 1, "softmax"), ("binary_crossentropy", [0.0, 1.0, 0.0], "sigmoid"),
])  # fmt: skip
def test_a_probability_that_float32_rounds_to_0_or_1_has_its_logarithm(loss, y, function):
    def row(model):
        model.program.view("dense/kernel")[...] = 0
        model.program.view("dense/bias")[...] = [150, 0, -20]
        return row_of(model, y=np.array(y, np.float32) if isinstance(y, list) else y)

    page, traced = written_losses(row, f"Dense: {{units: 3, activation: {function}}}", loss=loss)
    [(_symbols, numbers, total)] = page.found["L"]
    assert "log 0 " not in numbers + " " and float(total) == pytest.approx(traced.total, rel=1e-3)
    assert value_of(numbers) == pytest.approx(float(total), rel=1e-3) and float(total) > 40


def test_ctc_sums_all_paths():
    model = model_of("Dense: {units: 4, activation: softmax}", shape=(5, 3), loss="ctc")
    row = row_of(model, y=[1, 1])
    [traced] = trace(model, row).losses
    p = ctc.probabilities_of(traced)
    sums = ctc.lattice(p, [1, 1])
    assert -math.log(sums[-1, -2:].sum()) == pytest.approx(traced.value, rel=1e-5)
    path, logarithm = ctc.best_alignment(p, [1, 1])
    probability = math.exp(logarithm)
    assert probability == pytest.approx(np.prod([p[t, c] for t, c in enumerate(path)]))
    every = [[c for c, before in zip(path, [None, *path], strict=False) if c not in (before, 0)]]
    assert every == [[1, 1]] and probability < sums[-1, -2:].sum()


def test_the_best_path_of_many_steps_is_found_where_its_probability_is_too_small_for_a_float():
    p = np.full((900, 3), 0.1)
    p[:450, 1], p[450:, 2] = 0.2, 0.2
    path, logarithm = ctc.best_alignment(p, [1, 2])
    assert path == [1] * 450 + [2] * 450
    assert logarithm == pytest.approx(900 * math.log(0.2)) and math.exp(logarithm) == 0


def test_the_table_names_layers_that_exist():
    assert set(FORWARD) <= set(layers.names())
