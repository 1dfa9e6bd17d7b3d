"""The torch engine's executor on the CPU, for tests."""

import pytest

torch = pytest.importorskip("torch")

from nnctl.torch_engine.executor import TorchExecutor  # noqa: E402

# tensors that are the program's memory, as on the CPU, or copies of it, as on a GPU
MEMORY = {"shared": True, "copied": False}


def torch_executor(program, losses, loss_weights=None, **how):
    return TorchExecutor(program, losses, loss_weights, device=torch.device("cpu"), **how)
