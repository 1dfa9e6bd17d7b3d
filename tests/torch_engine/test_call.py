"""Random bits are those of the NumPy engine, whatever rows a rank has."""

import numpy as np
import pytest

pytest.importorskip("torch")

import torch

from nnctl.engine.arena import ShardCall
from nnctl.nn.layers.wrappers import EveryStep, Inner, OneStep
from nnctl.torch_engine.call import TorchCall


def both(first_row=0, rows=6):
    shard = ShardCall(7, np.float32, training=True)
    shard.begin(shard=0, first_row=first_row, batch_rows=20, step=9)
    shard.enter(4, True, False)
    call = TorchCall(True, torch.device("cpu"), torch.float32, 20, seed=7, step=9, number=4, first_row=first_row)
    return shard, call


@pytest.mark.parametrize("first_row", [0, 13])
@pytest.mark.parametrize(("row_size", "stream"), [(1, 0), (16, 1), (37, 2)])
def test_bits_are_those_of_the_numpy_engine(first_row, row_size, stream):
    shard, call = both(first_row)
    bits = call.random_bits(row_size, 6, stream)
    np.testing.assert_array_equal(bits.numpy(), shard.random_bits(row_size, 6, stream))
    assert bits.shape == (6, row_size) and bits.dtype == torch.uint16


@pytest.mark.parametrize(
    "wrapped", [lambda call: Inner(call, stream=2), lambda call: EveryStep(call, 3), lambda call: OneStep(call, 1, 3)]
)
def test_layers_of_layers_draw_the_same(wrapped):
    shard, call = both()
    np.testing.assert_array_equal(wrapped(call).random_bits(5, 6).numpy(), wrapped(shard).random_bits(5, 6))


def test_sums_over_one_rank_and_over_several():
    _, call = both()
    x = torch.tensor([2.0])
    assert call.reduce(x) is x and not call.is_distributed
    call.all_reduce = lambda x: 3 * x
    assert call.reduce(x).item() == 6 and call.is_distributed
