"""Formulas with numbers come to the results beside them: losses, optimizers, activations, CTC's sums."""

import math
import re

import numpy as np
import pytest

from nnctl.nn.layers.base import layers
from nnctl.nn.optimizers import optimizers
from nnctl.reports.walkthrough import ctc, losses
from nnctl.reports.walkthrough.forward.activations import WRITTEN, with_number
from nnctl.reports.walkthrough.forward.table import FORWARD
from nnctl.reports.walkthrough.loss_gradients import DIFFERENCE
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
    "{sgd: {momentum: 0.9, nesterov: true, learning_rate: 0.1}}",
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
    silent = [name for name in optimizers.names() if name not in RULES and not formulas(optimizers.lookup(name))]
    assert silent == []


@pytest.mark.parametrize("name", WRITTEN)
@pytest.mark.parametrize("x", [-1.25, 0.5])
def test_an_activation_with_a_number(name, x):
    model = model_of(f"Activation: {{activation: {name}}}", HEAD)
    function = model.graph.nodes[0].layer.function
    assert value_of(with_number(function, x)) == pytest.approx(float(function.value(np.array([x]))[0]), rel=2e-3)


@pytest.mark.parametrize("loss, y, activation", [
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
    [(target, p)] = losses.positions(traced)
    assert losses.alone(traced.objective.loss, target, p) == pytest.approx(traced.value, rel=1e-4)
    numbers = losses.WRITTEN[loss](traced.objective.loss, target, p)[-1]
    assert value_of(numbers) == pytest.approx(traced.value, rel=2e-3)
    if loss in DIFFERENCE:
        expected = p - (np.eye(3)[2] if loss.startswith("sparse") else target)
        share = 3 if loss.startswith("binary") else 1
        np.testing.assert_allclose(traced.gradient[0], expected / share, atol=1e-6)


def test_ctc_sums_all_paths():
    model = model_of("Dense: {units: 4, activation: softmax}", shape=(5, 3), loss="ctc")
    row = row_of(model, y=[1, 1])
    [traced] = trace(model, row).losses
    p = ctc.probabilities_of(traced)
    sums, _before = ctc.lattice(p, [1, 1])
    assert -math.log(sums[-1, -2:].sum()) == pytest.approx(traced.value, rel=1e-5)
    path, probability = ctc.best_alignment(p, [1, 1])
    assert probability == pytest.approx(np.prod([p[t, c] for t, c in enumerate(path)]))
    every = [[c for c, before in zip(path, [None, *path], strict=False) if c not in (before, 0)]]
    assert every == [[1, 1]] and probability < sums[-1, -2:].sum()


def test_the_table_names_layers_that_exist():
    assert set(FORWARD) <= set(layers.names())
