"""The device that the torch engine computes on."""

from __future__ import annotations

import torch

from nnctl.counted import counted
from nnctl.errors import InputError


def choose(name: str, dtype: str, rank: int = 0) -> torch.device:
    """The device of a name. "auto" is an NVIDIA or AMD GPU if there is one, else Apple's, else the CPU.

    rank: the number of this process on its machine; each takes a GPU of its own. Raises InputError if there is no such
    device, or it has no numbers of that dtype.
    """
    there = available()
    if name == "auto":
        name = "cuda" if there["cuda"] else "mps" if there["mps"] and dtype == "float32" else "cpu"
    if not there[name]:
        others = " and ".join(each for each, is_there in there.items() if is_there)
        raise InputError(f"the device {name} is not available to PyTorch {torch.__version__}", "engine.device",
                         f"this machine has {others}; with --device auto the best one is used")  # fmt: skip
    if name == "mps" and dtype == "float64":
        raise InputError("the device mps has no float64", "engine.device", "use dtype: float32, or device: cpu")
    if name == "cuda":
        count = torch.cuda.device_count()
        if rank >= count:
            raise InputError(f"this machine has {count} GPUs, but process {rank + 1} needs one, too", "engine.device",
                             f"start at most {counted(count, 'process', 'processes')} on it: "
                             f"torchrun --nproc-per-node {count}")  # fmt: skip
        return torch.device("cuda", rank)
    return torch.device(name)


def available() -> dict[str, bool]:
    """Whether each kind of device is there."""
    return {"cpu": True, "cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}


def widest(device: torch.device) -> torch.dtype:
    """The floating-point type with the most digits that a device has."""
    return torch.float32 if device.type == "mps" else torch.float64
