"""Losses: Keras' numbers, central differences, and the fused paths."""

import numpy as np
import pytest
from contract import check_rows, golden
from golden import read

from nnctl.errors import ShapeError
from nnctl.nn.activations import activations
from nnctl.nn.losses import losses

GOLDEN = read("losses")
cases = pytest.mark.parametrize("case", GOLDEN.cases)
FUSED = [name for name, loss in losses.items() if loss.fuses and loss.labels != "sequence"]
SMOOTH = [{name: {"label_smoothing": 0.2}} for name in FUSED if "label_smoothing" in losses[name].model_fields]


def parts(case, dtype=np.float64):
    loss = losses.build(GOLDEN.cases[case])
    y = GOLDEN[f"{case}/y"]
    return loss, y if y.dtype.kind == "i" else y.astype(dtype), GOLDEN[f"{case}/p"].astype(dtype)


def test_every_loss_has_a_golden_case():
    cases = GOLDEN.cases | read("ctc").cases  # test_ctc.py
    check_rows(losses, {losses.build(config).kind for config in cases.values()}, golden("losses"))


@cases
def test_values_agree_with_keras(case):
    loss, y, p = parts(case)
    before = p.copy()
    each, _ = loss.forward(y, p)
    np.testing.assert_allclose(each, GOLDEN[f"{case}/each"], rtol=1e-5, atol=1e-7)
    np.testing.assert_allclose(each.mean(), GOLDEN[f"{case}/mean"], rtol=1e-5)
    np.testing.assert_array_equal(p, before)


@cases
def test_gradients_agree_with_keras(case):
    loss, y, p = parts(case)
    each, saved = loss.forward(y, p)
    dp = loss.backward(saved, np.full(each.shape, 1 / each.size))
    np.testing.assert_allclose(dp, GOLDEN[f"{case}/dp"], rtol=1e-5, atol=1e-7)


@cases
def test_float32_agrees_and_stays_float32(case):
    loss, y, p = parts(case, np.float32)
    each, saved = loss.forward(y, p)
    dp = loss.backward(saved, np.full(each.shape, 1 / each.size, np.float32))
    assert each.dtype == dp.dtype == np.float32
    np.testing.assert_allclose(each, GOLDEN[f"{case}/each"], rtol=1e-5, atol=2e-6)
    np.testing.assert_allclose(dp, GOLDEN[f"{case}/dp"], rtol=1e-5, atol=2e-6)


@cases
def test_gradients_agree_with_central_differences(case):
    loss, y, p = parts(case)
    each, saved = loss.forward(y, p)
    dl = np.random.default_rng(1).normal(size=each.shape)
    dp = loss.backward(saved, dl)
    for index in np.ndindex(p.shape):
        eps = 1e-5 * max(min(abs(p[index]), abs(1 - p[index])), 1e-3)  # logarithms bend most near 0
        sides = []
        for sign in (1, -1):
            moved = p.copy()
            moved[index] += sign * eps
            sides.append((loss.forward(y, moved)[0] * dl).sum())
        assert dp[index] == pytest.approx((sides[0] - sides[1]) / (2 * eps), rel=1e-6, abs=1e-7)


@pytest.mark.parametrize("config", FUSED + SMOOTH, ids=str)
@pytest.mark.parametrize("shape", [(6, 5), (3, 4, 5)])
def test_fused_is_what_it_replaces(config, shape):
    """forward_logits(z) is forward(softmax(z)), and its gradient is that through the activation."""
    rng = np.random.default_rng(2)
    loss = losses.build(config)
    function = activations.build(loss.fuses)
    z = rng.normal(0, 2, shape)
    labels = {
        "integer": rng.integers(0, 5, shape[:-1]),
        "onehot": np.eye(5)[rng.integers(0, 5, shape[:-1])],
        "binary": rng.integers(0, 2, shape).astype(float),
    }
    y = labels[loss.labels]
    p = function.value(z)
    each, saved = loss.forward(y, p)
    dl = rng.normal(size=each.shape)
    dz = function.gradient(z, p, loss.backward(saved, dl))

    q = np.empty_like(z)
    fused, kept = loss.forward_logits(y, z.copy(), q)
    np.testing.assert_allclose(fused, each, rtol=1e-9)
    np.testing.assert_allclose(q, p, rtol=1e-12)
    np.testing.assert_allclose(loss.backward_logits(kept, dl), dz, rtol=1e-8, atol=1e-10)


@pytest.mark.parametrize("name", FUSED)
def test_fused_is_exact_where_probabilities_are_beyond_the_clip(name):
    """The loss of a certain wrong answer is its logit, and its gradient is not 0."""
    loss = losses.build(name)
    z = np.array([[1000.0, -1000.0]], np.float32)
    y = {"integer": np.array([1]), "onehot": np.array([[0.0, 1.0]]), "binary": np.array([[0.0, 1.0]])}[loss.labels]
    with np.errstate(over="raise", invalid="raise", divide="raise"):
        each, saved = loss.forward_logits(y, z.copy(), np.empty_like(z))
        gradient = loss.backward_logits(saved, np.ones(1, np.float32))
    assert each[0] == pytest.approx(2000 if loss.labels != "binary" else 1000)
    assert abs(gradient[0, 1]) == pytest.approx(1 if loss.labels != "binary" else 0.5)


@pytest.mark.parametrize("from_logits", [False, True])
def test_smoothed_class_numbers_are_smoothed_one_hots(from_logits):
    """Keras smooths one-hot targets only; class numbers must give the same."""
    arguments = {"label_smoothing": 0.3, "from_logits": from_logits}
    rng = np.random.default_rng(3)
    y, p = rng.integers(0, 5, 6), rng.uniform(0.1, 1, (6, 5))
    found, wanted = [], []
    for name, target, into in [("sparse_categorical_crossentropy", y, found),
                               ("categorical_crossentropy", np.eye(5)[y], wanted)]:  # fmt: skip
        loss = losses.build({name: arguments})
        each, saved = loss.forward(target, p)
        into += [each, loss.backward(saved, np.ones(6))]
    np.testing.assert_allclose(found[0], wanted[0], rtol=1e-12)
    np.testing.assert_allclose(found[1], wanted[1], rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("name", ["hinge", "squared_hinge"])
def test_hinges_take_either_spelling_of_the_labels(name):
    """0 and 1 are -1 and 1, row by row: a shard must not come out otherwise than the batch it is cut from."""
    loss = losses.build(name)
    p = np.array([[0.3], [-0.4], [2.0]])
    np.testing.assert_array_equal(
        loss.forward(np.array([0.0, 1.0, 0.0]), p)[0], loss.forward(np.array([-1.0, 1.0, -1.0]), p)[0]
    )


@pytest.mark.parametrize("y", [np.zeros(3), np.zeros((3, 1)), np.zeros((3, 2, 3)), np.zeros((2, 3))])
@pytest.mark.parametrize("name", ["mse", "categorical_crossentropy", "cosine_similarity"])
def test_targets_that_do_not_fit_are_never_stretched(name, y):
    with pytest.raises(ShapeError, match=r"predictions of shape \(3, 3\)"):
        losses.build(name).forward(y, np.full((3, 3), 1 / 3))


def test_a_column_of_targets_goes_with_a_row_of_them():
    """(rows,) against (rows, 1) is aligned, not stretched to (rows, rows)."""
    loss = losses.build("mse")
    each, _ = loss.forward(np.array([1.0, 2.0]), np.array([[1.0], [4.0]]))
    np.testing.assert_allclose(each, [0, 4])
