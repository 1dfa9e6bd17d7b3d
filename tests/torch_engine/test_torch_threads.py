"""PyTorch's number of threads, a setting of the whole process, is the program's again after training."""

import pytest

pytest.importorskip("torch")

import torch

import nnctl
from nnctl.training.events import EpochEnded


@pytest.mark.parametrize("save", [True, False])
def test_a_program_has_its_threads_back_after_training(save, tmp_path):
    before, during = torch.get_num_threads(), []

    def listen(event):
        if isinstance(event, EpochEnded):
            during.append(torch.get_num_threads())

    torch.set_num_threads(3)
    try:
        nnctl.train("iris", epochs=2, save=save, folder=tmp_path / "run" if save else None, on_event=listen,
                    overrides={"engine.backend": "torch", "engine.threads": 2})  # fmt: skip
        assert (during, torch.get_num_threads()) == ([2, 2], 3)
    finally:
        torch.set_num_threads(before)
