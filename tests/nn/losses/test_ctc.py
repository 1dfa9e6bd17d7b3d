"""CTC: Keras' numbers, the sum over every single path, lengths, and numbers far out."""

import itertools

import numpy as np
import pytest
from golden import read
from hypothesis import given, settings
from hypothesis import strategies as st

from nnctl import kernels
from nnctl.nn.activations import activations
from nnctl.nn.losses import losses
from nnctl.nn.losses.ctc import States, sum_over_paths

GOLDEN = read("ctc")
CTC = losses.build("ctc")


def loss_and_gradient(y, z, lengths=None):
    """The loss of each row, and the gradient of their sum."""
    each, saved = CTC.forward(y, z, lengths)
    return each, CTC.backward(saved, np.ones(len(y), z.dtype))


def read_path(path):
    """The labels of a path: repeats dropped, then blanks."""
    return tuple(label for label, _ in itertools.groupby(path) if label)


def by_hand(y, z):
    """-ln of the sum over every path of one row."""
    p = activations.build("softmax").value(z)
    wanted, steps = tuple(label for label in y if label), range(len(p))
    paths = itertools.product(range(p.shape[1]), repeat=len(p))
    return -np.log(sum(np.prod(p[steps, list(path)]) for path in paths if read_path(path) == wanted))


def fewest(y):
    """The fewest steps that the labels fit into."""
    y = [label for label in y if label]
    return len(y) + sum(a == b for a, b in itertools.pairwise(y))


@pytest.mark.parametrize("case", GOLDEN.cases)
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_agrees_with_keras(case, dtype):
    y, z = GOLDEN[f"{case}/y"], GOLDEN[f"{case}/z"].astype(dtype)
    before = z.copy()
    each, gradient = loss_and_gradient(y, z)
    assert each.dtype == gradient.dtype == dtype
    np.testing.assert_allclose(each, GOLDEN[f"{case}/each"], rtol=2e-6)
    np.testing.assert_allclose(gradient / len(y), GOLDEN[f"{case}/dz"], rtol=1e-4, atol=2e-6)  # Keras' are float32
    np.testing.assert_array_equal(z, before)


def test_the_published_example():
    each, _ = loss_and_gradient(GOLDEN["published/y"], GOLDEN["published/z"])
    assert each.mean() == pytest.approx(2.448645, abs=1e-5)


@st.composite
def batches(draw, most_steps=5, classes=3):
    """(y, z, lengths) of rows that can be aligned: repeats, no labels, and rows of few steps among them."""
    rows, steps = draw(st.integers(1, 4)), draw(st.integers(1, most_steps))
    lengths = np.array([draw(st.integers(1, steps)) for _ in range(rows)])
    label = st.integers(1, classes - 1)
    texts = [draw(st.lists(label, max_size=int(n)).filter(lambda y, n=n: fewest(y) <= n)) for n in lengths]
    y = np.zeros((rows, draw(st.integers(0, 1)) + max(map(len, texts))), np.int32)
    for row, text in enumerate(texts):
        y[row, : len(text)] = text
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    return y, rng.normal(0, draw(st.sampled_from([0.5, 3.0])), (rows, steps, classes)), lengths


@given(batches())
@settings(max_examples=60, deadline=None)
def test_is_the_sum_over_all_paths(batch):
    y, z, lengths = batch
    each, gradient = loss_and_gradient(y, z, lengths)
    wanted = [by_hand(y[row], z[row, :length]) for row, length in enumerate(lengths)]
    np.testing.assert_allclose(each, wanted, rtol=1e-9)
    assert not gradient[np.arange(z.shape[1]) >= lengths[:, None]].any()


@given(batches(most_steps=30, classes=5))
@settings(max_examples=15, deadline=None)
def test_gradients_agree_with_central_differences(batch):
    y, z, lengths = batch
    _, gradient = loss_and_gradient(y, z, lengths)
    for index in np.random.default_rng(0).permutation(list(np.ndindex(z.shape)))[:40]:
        sides = []
        for sign in (1, -1):
            moved = z.copy()
            moved[tuple(index)] += sign * 1e-5
            sides.append(loss_and_gradient(y, moved, lengths)[0].sum())
        assert gradient[tuple(index)] == pytest.approx((sides[0] - sides[1]) / 2e-5, rel=1e-6, abs=1e-6)


@given(batches(most_steps=30, classes=5))
@settings(max_examples=30, deadline=None)
def test_logarithms_give_the_same_sums(batch):
    y, z, lengths = batch
    p = activations.build("softmax").value(z)
    states = States.of(y, z.shape[-1])
    real = np.arange(z.shape[1]) < lengths[:, None]
    plain, logs = sum_over_paths(p, states, lengths), sum_over_paths(np.log(p), states, lengths, logs=True)
    np.testing.assert_allclose(plain[0], logs[0], rtol=1e-10, atol=1e-12)
    np.testing.assert_allclose(plain[1][real], logs[1][real], rtol=1e-8, atol=1e-12)


def test_padding_does_not_matter():
    """A row has the same loss alone and padded, whatever the padding holds."""
    rng = np.random.default_rng(0)
    y, z, lengths = np.array([[1, 2, 0], [3, 3, 1]]), rng.normal(size=(2, 12, 4)), np.array([7, 12])
    wild = z.copy()
    wild[0, 7:] = 1e4 * rng.normal(size=(5, 4))
    each, gradient = loss_and_gradient(y, wild, lengths)
    alone, gradient_alone = loss_and_gradient(y[:1, :2], z[:1, :7])
    np.testing.assert_allclose(each[0], alone[0], rtol=1e-12)
    np.testing.assert_allclose(gradient[0, :7], gradient_alone[0], rtol=1e-9, atol=1e-15)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("size", [30, 300, 3000])
def test_large_logits_stay_exact(size, dtype):
    """Certain and wrong for 40 steps: the loss and its gradient are still exact."""
    y = np.array([[1, 2, 1]])
    z = np.zeros((1, 40, 4), dtype)
    even, _ = loss_and_gradient(y, z.astype(np.float64))  # all paths are equally probable
    z[:, :, 3] = size
    with np.errstate(over="raise", invalid="raise", divide="raise"):
        each, gradient = loss_and_gradient(y, z)
    assert each[0] == pytest.approx(even[0] - 40 * np.log(4) + 40 * (size + np.log1p(3 * np.exp(-size))), rel=1e-6)
    np.testing.assert_allclose(gradient[0, :, 3], 1, rtol=1e-5)
    np.testing.assert_allclose(gradient.sum(axis=-1), 0, atol=1e-5)


def test_long_rows_stay_in_the_range_of_float64():
    rng = np.random.default_rng(1)
    y, z = rng.integers(1, 30, (2, 200)), rng.normal(0, 8, (2, 1000, 30)).astype(np.float32)
    each, gradient = loss_and_gradient(y, z)
    p = activations.build("softmax").value(z.astype(np.float64))
    exact, _ = sum_over_paths(np.log(p), States.of(y, 30), np.full(2, 1000), logs=True)
    np.testing.assert_allclose(each, -exact, rtol=1e-5)
    assert np.isfinite(gradient).all()


def test_without_labels_the_loss_is_that_of_all_blanks():
    z = np.random.default_rng(2).normal(size=(2, 6, 3))
    each, _ = loss_and_gradient(np.zeros((2, 0), np.int32), z)
    blank = np.log(activations.build("softmax").value(z))[:, :, 0]
    np.testing.assert_allclose(each, -blank.sum(axis=1), rtol=1e-12)


@pytest.mark.parametrize(("y", "steps"), [([1, 2, 1], 2), ([1, 1], 2), ([1], 0)])
def test_labels_that_do_not_fit_have_an_infinite_loss(y, steps):
    """The other rows of the batch keep their loss."""
    z = np.random.default_rng(3).normal(size=(2, 5, 3))
    each, gradient = loss_and_gradient(np.array([y, y]), z, np.array([steps, 5]))
    assert each[0] == np.inf
    assert np.isfinite(each[1])
    assert np.isfinite(gradient).all()


def test_no_labels_and_no_steps_have_a_loss_of_0():
    each, gradient = loss_and_gradient(np.zeros((1, 2), np.int32), np.ones((1, 4, 3)), np.array([0]))
    assert each[0] == 0
    assert not gradient.any()


def test_takes_over_softmax():
    """Fused with softmax: p comes out, and the gradient is that of the logits."""
    y, z = GOLDEN["random/y"], GOLDEN["random/z"]
    p = np.empty_like(z)
    each, saved = CTC.forward_logits(y, z.copy(), p)
    np.testing.assert_allclose(p, activations.build("softmax").value(z), rtol=1e-12)
    plain, gradient = loss_and_gradient(y, z)
    np.testing.assert_array_equal(each, plain)
    np.testing.assert_array_equal(CTC.backward_logits(saved, np.ones(len(y))), gradient)
    # and logits that are logs of probabilities are these probabilities
    np.testing.assert_allclose(loss_and_gradient(y, np.log(p))[0], each, rtol=1e-10)


def test_nan_in_the_outputs_is_nan_in_the_loss():
    z = np.zeros((1, 5, 3))
    z[0, 2, 1] = np.nan
    assert np.isnan(loss_and_gradient(np.array([[1]]), z)[0]).all()


@pytest.mark.skipif(not kernels.installed(), reason="Numba is not installed")
@given(batches(most_steps=30, classes=5))
@settings(max_examples=40, deadline=None)
def test_the_compiled_sums_are_the_same(batch):
    y, z, lengths = batch
    z = z.astype(np.float32)
    found = loss_of(y, z, lengths, kernels.Kernels().ctc)
    wanted = loss_of(y, z, lengths, None)
    for one, other in zip(found, wanted, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-6)


@pytest.mark.skipif(not kernels.installed(), reason="Numba is not installed")
@pytest.mark.parametrize("size", [3.0, 300.0])
def test_compiled_sums_that_do_not_fit_are_left_to_logarithms(size):
    """Labels that do not fit, rows without labels or steps, and certain but wrong outputs."""
    y, lengths = np.array([[1, 1, 1], [0, 0, 0], [1, 2, 0], [1, 0, 0], [2, 2, 0]]), np.array([3, 4, 6, 0, 6])
    z = np.zeros((5, 6, 4), np.float32)
    z[:, :, 3] = size
    with np.errstate(invalid="ignore"):
        found, wanted = (loss_of(y, z, lengths, each) for each in (kernels.Kernels().ctc, None))
    assert np.isinf(found[0][[0, 3]]).all()
    for one, other in zip(found, wanted, strict=True):
        np.testing.assert_allclose(one[[1, 2, 4]], other[[1, 2, 4]], rtol=1e-5, atol=1e-6)


def loss_of(y, z, lengths, compiled):
    """Each row's loss, its gradient, and softmax(z)."""
    loss, p = losses.build("ctc"), np.empty_like(z)
    each, saved = loss.forward_logits(y, z.copy(), p, lengths, compiled)
    return each, loss.backward_logits(saved, np.ones(len(y), z.dtype)), p
