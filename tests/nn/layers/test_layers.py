"""The contract of every layer, by table: a new layer is one row and gets every test."""

import functools
import json

import numpy as np
import pytest
from cases import CASES
from contract import check_rows, golden
from harness import central_difference, inference, prepare, run

from nnctl import config as spec
from nnctl.errors import ShapeError
from nnctl.nn.layers import layers

cases = pytest.mark.parametrize("case", CASES)


def inputs(case, rows=7, dtype=np.float64):
    """Away from 0, where relu and similar functions have no derivative."""
    rng = np.random.default_rng(3)
    xs = []
    for shape, words in zip(CASES[case][1], words_of(case), strict=True):
        if words:
            xs.append(rng.integers(0, words, (rows, *shape)))
            continue
        x = rng.normal(size=(rows, *shape))
        xs.append((x + 0.05 * np.sign(x)).astype(dtype))
    return xs


def words_of(case):
    """For each input, the number of tokens its ids stand for; 0 for real numbers."""
    _, shapes, *more = CASES[case]
    return more[0] if more else [0] * len(shapes)


def test_every_layer_has_a_row():
    """Those of tests/golden/ are rows, too; what is drawn at random has none there."""
    covered = {layers.build(entry).kind for entry, *_ in CASES.values()}
    check_rows(layers, covered, golden("layers"))


@cases
def test_output_has_the_inferred_shape(case):
    xs = inputs(case)
    ran = run(CASES[case][0], xs)
    assert ran.y.shape == (7, *ran.program.graph.shapes["layer"])


@cases
def test_gradients_agree_with_central_differences(case):
    for key, backward, difference in central_difference(CASES[case][0], inputs(case)):
        assert backward == pytest.approx(difference, rel=1e-6, abs=1e-7), key


@cases
def test_shards_agree_with_the_whole_batch(case):
    """Seven rows in shards of 2, 2, 2, 1 on two threads give what one shard gives, to rounding."""
    entry, xs = CASES[case][0], inputs(case)
    r = np.random.default_rng(5).normal(size=(7, *prepare(entry, xs).program.graph.shapes["layer"]))
    one = run(entry, xs, r=r, shifted=False)
    many = run(entry, xs, r=r, shifted=False, shard_rows=2)
    np.testing.assert_allclose(many.y, one.y, rtol=1e-12, atol=1e-12)
    for found, expected in ((many.dw, one.dw), (many.state, one.state)):
        assert found.keys() == expected.keys()
        for name in found:
            np.testing.assert_allclose(found[name], expected[name], rtol=1e-10, atol=1e-12, err_msg=name)
    many.executor.close()


@cases
def test_float32_stays_float32_and_close_to_float64(case):
    entry = CASES[case][0]
    double, single = run(entry, inputs(case)), run(entry, inputs(case, dtype=np.float32), dtype=np.float32)
    assert single.y.dtype == np.float32
    np.testing.assert_allclose(single.y, double.y, rtol=2e-4, atol=2e-5)
    for a, b in zip(single.dx, double.dx, strict=True):
        np.testing.assert_allclose(a, b, rtol=2e-3, atol=2e-4)


@cases
def test_inputs_are_not_changed(case):
    xs = inputs(case)
    ran = prepare(CASES[case][0], xs, shifted=False)
    ran.executor.train_step(ran.batch, 0)
    for name, x in ran.batch.inputs.items():
        np.testing.assert_array_equal(x, xs[int(name[1:])])


@cases
def test_a_smaller_last_batch_uses_the_same_arena(case):
    """7 rows, then 3, then 7 again: what the buffers held before must not matter."""
    entry, xs = CASES[case][0], inputs(case)
    ran = prepare(entry, xs, shifted=False)
    first = ran.executor.train_step(ran.batch, 0).outputs["layer"].copy()
    state = ran.program.state.copy()
    small = type(ran.batch)({k: x[:3] for k, x in ran.batch.inputs.items()},
                            {k: y[:3] for k, y in ran.batch.targets.items()})  # fmt: skip
    ran.executor.train_step(small, 0)
    ran.program.state[...] = state
    np.testing.assert_array_equal(ran.executor.train_step(ran.batch, 0).outputs["layer"], first)


def test_dropout_drops_its_rate_keeps_the_mean_and_is_off_outside_of_training():
    x = np.ones((200, 500))
    y = run({"Dropout": {"rate": 0.3}}, [x], shifted=False).y
    assert np.mean(y == 0) == pytest.approx(0.3, abs=0.01)
    assert y.mean() == pytest.approx(1, abs=0.01)
    assert set(np.unique(y)) == {0, 1 / 0.7}
    np.testing.assert_array_equal(inference({"Dropout": {"rate": 0.3}}, [x], shifted=False), x)


def test_dropout_is_new_at_each_step_and_the_same_for_the_same_seed():
    x = np.ones((20, 50))

    def mask(step, seed=0):
        return run({"Dropout": {"rate": 0.5}}, [x], step=step, seed=seed, shifted=False).y

    np.testing.assert_array_equal(mask(1), mask(1))
    assert np.mean(mask(1) == mask(2)) < 0.6
    assert np.mean(mask(1) == mask(1, seed=1)) < 0.6


@pytest.mark.parametrize(
    ("entry", "shapes", "message"),
    [
        ({"Dense": {"units": 2}}, [()], "last axis"),
        ("Flatten", [(None, 3)], "(None, None, 3)"),
        ({"Reshape": {"target_shape": [4, 4]}}, [(3, 5)], "15 values"),
        ({"Reshape": {"target_shape": [-1, -1]}}, [(3, 5)], "15 values"),
        ("Add", [(3,), (4,)], "(None, 3) and (None, 4)"),
        ("Multiply", [(3,), (1, 3)], "the same shape"),
        ({"Concatenate": {"axis": 1}}, [(2, 3), (2, 4)], "joined axis"),
        ({"Concatenate": {"axis": 5}}, [(2, 3), (2, 3)], "axis 5"),
        ({"BatchNormalization": {"axis": 1}}, [(2, 3)], "last axis"),
    ],
)
def test_a_shape_that_does_not_fit_is_refused(entry, shapes, message):
    with pytest.raises(ShapeError) as caught:
        prepare(entry, [np.zeros((2, *(n or 3 for n in shape))) for shape in shapes], shifted=False) if None not in sum(
            shapes, ()
        ) else layers.build(entry).output_shape(*shapes)
    assert message in str(caught.value)


@cases
def test_the_schema_for_editors_accepts_it(case):
    jsonschema = pytest.importorskip("jsonschema")
    config = {"dataset": "iris", "loss": "mse", "layers": [CASES[case][0]]}
    jsonschema.Draft202012Validator(schema()).validate(json.loads(json.dumps(config)))


@functools.cache
def schema():
    return spec.schema()
