"""Layers on several ranks, in bfloat16, and on what the table of layers does not try."""

import threading

import numpy as np
import pytest

pytest.importorskip("torch")

import torch
from cases import CASES
from passes import Case, agree, by_numpy, by_torch

from nnctl.errors import DataError
from nnctl.nn.layers import layers
from nnctl.torch_engine.call import TorchCall
from nnctl.torch_engine.lowering.table import lowered

CPU = torch.device("cpu")


class Exchange:
    """Sums of tensors over ranks that are threads; gradients flow through the sum to all of them."""

    def __init__(self, ranks):
        self._parts = [None] * ranks
        self._barrier = threading.Barrier(ranks, timeout=20)

    def of(self, rank):
        def all_reduce(x):
            self._parts[rank] = x
            self._barrier.wait()
            total = torch.stack(self._parts).sum(dim=0)
            self._barrier.wait()
            return total

        return all_reduce


@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize(
    "entry", [{"BatchNormalization": {"momentum": 0.7}}, {"TimeDistributed": {"layer": "BatchNormalization"}}]
)
def test_moments_are_those_of_the_whole_batch_on_all_ranks(entry, masked):
    """Seven rows on three ranks, one of which has none."""
    rng = np.random.default_rng(0)
    x = rng.normal(1, 2, (7, 4, 3))
    mask = rng.random((7, 4)) < 0.6
    case = Case.of(entry, [x], [mask if masked else None])
    whole = by_numpy(case)

    exchange, parts = Exchange(3), [slice(0, 5), slice(5, 5), slice(5, 7)]
    w = {name: torch.from_numpy(array).requires_grad_(name in case.trained) for name, array in case.w.items()}
    tensor = torch.from_numpy(x).requires_grad_()
    ys, kept = [None] * 3, [None] * 3

    def run(rank):
        rows = parts[rank]
        masks = (torch.from_numpy(mask[rows]),) if masked else ()
        call = TorchCall(True, CPU, torch.float64, 7, masks, all_reduce=exchange.of(rank))
        kept[rank] = w | {name: w[name].clone() for name in w.keys() - case.trained}
        ys[rank] = lowered(case.layer)(case.layer, kept[rank], tensor[rows], call)

    threads = [threading.Thread(target=run, args=(rank,)) for rank in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    y = torch.cat(ys)
    y.backward(torch.from_numpy(np.random.default_rng(10).normal(size=x.shape)))  # as passes.drawn
    close = {"rtol": 1e-10, "atol": 1e-10}
    np.testing.assert_allclose(y.detach().numpy(), whole.ys[0], **close)
    np.testing.assert_allclose(tensor.grad.numpy(), whole.dxs[0], **close)
    for name, gradient in whole.dw.items():
        np.testing.assert_allclose(w[name].grad.numpy(), gradient, **close)
    for name, moved in whole.state.items():
        for own in kept:
            np.testing.assert_allclose(own[name].numpy(), moved, **close)


def test_ranks_that_compute_the_same_rows():
    """As they do where a batch has fewer rows than there are ranks."""
    x = np.random.default_rng(0).normal(1, 2, (5, 3))
    case = Case.of("BatchNormalization", [x])
    twice = by_torch(case, all_reduce=lambda x: 2 * x)
    np.testing.assert_allclose(twice.ys[0], by_numpy(case).ys[0], rtol=1e-12)
    np.testing.assert_allclose(twice.state["moving_mean"], by_numpy(case).state["moving_mean"], rtol=1e-12)


@pytest.mark.parametrize("name", CASES)
def test_bfloat16(name):
    """Under autocast every layer gives about the same; the weights and their gradients stay float32."""
    rng = np.random.default_rng(3)
    entry, shapes, *words = CASES[name]
    xs = [
        rng.integers(0, n, (4, *shape)) if n else rng.normal(size=(4, *shape)).astype(np.float32)
        for shape, n in zip(shapes, words[0] if words else [0] * len(shapes), strict=True)
    ]
    case = Case.of(entry, xs)
    plain = by_torch(case, np.float32)
    w = {name: torch.from_numpy(np.asarray(array, np.float32)).requires_grad_() for name, array in case.w.items()}
    for start in (torch.float32, torch.bfloat16):
        tensors = [torch.from_numpy(x) for x in xs]
        tensors = [x.to(start) if x.is_floating_point() else x for x in tensors]
        kept = {name: array if name in case.trained else array.detach().clone() for name, array in w.items()}
        call = TorchCall(True, CPU, torch.float32, 4, seed=5, step=3, number=2, first_row=4)  # as in passes
        with torch.autocast("cpu", torch.bfloat16):
            y = lowered(case.layer)(case.layer, kept, tensors if case.layer.merges else tensors[0], call)
        if case.layer.outer_activation() is None:
            np.testing.assert_allclose(y.detach().float().numpy(), plain.ys[0], rtol=0.1, atol=0.15)
        if y.requires_grad:
            y.float().sum().backward()
        assert all(w[name].grad.dtype == torch.float32 for name in case.trained)


def test_of_equal_values_the_first_gets_the_gradient():
    x = np.array([1, 1, 0, 2, 2, 2, 0, 0, 3, 3.0]).reshape(1, 5, 2, 1).repeat(2, axis=3)
    for entry in ("MaxPooling2D", {"MaxPooling2D": {"pool_size": 2, "strides": 1, "padding": "same"}}):
        case = Case.of(entry, [x])
        agree(by_numpy(case), by_torch(case), rtol=1e-12)
    case = Case.of("GlobalMaxPooling2D", [x])
    agree(by_numpy(case), by_torch(case), rtol=1e-12)


def test_a_step_is_padding_where_all_its_features_have_the_value():
    x = np.array([[[2.0, 2], [2, 1], [0, 0]], [[1, 3], [2, 2], [2, 2]]])
    case = Case.of({"Masking": {"mask_value": 2}}, [x])
    found = by_torch(case)
    agree(by_numpy(case), found, rtol=1e-12)
    assert found.mask.tolist() == [[False, True, True], [True, False, False]]


def test_of_equal_inputs_both_get_half_the_gradient():
    x = np.ones((2, 3))
    for kind in ("Maximum", "Minimum"):
        case = Case.of(kind, [x, x.copy(), x + 1])
        agree(by_numpy(case), by_torch(case), rtol=1e-12)


@pytest.mark.parametrize("x", [[[0, 5]], [[-1, 2]], [[1.5, 2.0]]])
def test_numbers_that_are_no_token_ids_are_named(x):
    layer = layers.build({"Embedding": {"input_dim": 5, "output_dim": 2}})
    call = TorchCall(True, CPU, torch.float32, 1)
    with pytest.raises(DataError, match="is not one of the token ids 0 to 4"):
        lowered(layer)(layer, {"embeddings": torch.ones(5, 2)}, torch.tensor(x), call)


@pytest.mark.parametrize(
    "entry", [{"Dense": {"units": 2}}, {"Rescaling": {"scale": 0.5}}, "ReLU", "BatchNormalization"]
)
def test_whole_numbers_become_numbers_of_the_model(entry):
    x = np.arange(12).reshape(4, 3)
    case = Case.of(entry, [x])
    y = by_torch(case).ys[0]
    np.testing.assert_allclose(y, by_torch(Case.of(entry, [x.astype(float)])).ys[0])
    assert y.dtype == np.float64


def test_images_stay_in_the_order_of_channels_last():
    """What PyTorch computes fastest, without copies between the layers."""
    x = torch.rand(2, 8, 8, 1)
    call = TorchCall(True, CPU, torch.float32, 2)
    for entry, channels in (({"Conv2D": {"filters": 4, "kernel_size": 3, "padding": "same"}}, 1), ("MaxPooling2D", 4),
                            ({"Conv2D": {"filters": 6, "kernel_size": 3}}, 4), ("BatchNormalization", 6)):  # fmt: skip
        layer = layers.build(entry)
        w = {name: torch.ones(weight.shape) for name, weight in layer.weights((8, 8, channels)).items()}
        x = lowered(layer)(layer, w, x, call)
        assert x.is_contiguous(), entry


@pytest.mark.parametrize("use_bias", [True, False])
@pytest.mark.parametrize("shape", [(700, 100), (7, 100, 100)])
def test_a_narrow_layer_on_a_large_input(shape, use_bias):
    """Its kernel is transposed for the product."""
    x = np.random.default_rng(0).normal(size=shape)
    case = Case.of({"Dense": {"units": 11, "use_bias": use_bias}}, [x])
    agree(by_numpy(case), by_torch(case), rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize("steps", [1, 7])
def test_an_lstm_of_both_directions(steps):
    """One call of PyTorch's computes both."""
    x = np.random.default_rng(0).normal(size=(3, steps, 4))
    case = Case.of({"Bidirectional": {"layer": {"LSTM": {"units": 5, "return_sequences": True}}}}, [x])
    agree(by_numpy(case), by_torch(case), rtol=1e-10, atol=1e-10)
