"""Several processes that train one model together: each computes some rows of every batch.

torchrun starts them and tells each its rank. Gradients are averaged by DistributedDataParallel; sums that a layer or a
loss needs of the whole batch, and predictions for the metrics, are exchanged here.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from datetime import timedelta

import numpy as np
import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.distributed.nn.functional import all_reduce
from torch.nn.parallel import DistributedDataParallel

from nnctl.errors import TrainingError
from nnctl.nn.layers.base import Array
from nnctl.torch_engine import launch

PATIENCE = timedelta(seconds=60)  # for another process, after which the run ends

# What ends a run that only one process may know of; the larger number wins.
_REASONS = (None, "output lost", "hung up", "terminated", "interrupted")


class Ranks:
    """The processes that train together.

    Attributes:
        rank, size: the number of this process, from 0, and of all.
    """

    def __init__(self, device: torch.device):
        if not dist.is_initialized():
            with heard():
                store, rank, size = next(dist.rendezvous("env://", timeout=PATIENCE))
                # torchrun keeps the store when it starts all anew: addresses of processes that have ended are in it
                store = dist.PrefixStore(f"nnctl/{launch.restarts()}", store)
                dist.init_process_group("nccl" if device.type == "cuda" else "gloo", timeout=PATIENCE, store=store,
                                        rank=rank, world_size=size)  # fmt: skip
        self.rank, self.size, self._device = dist.get_rank(), dist.get_world_size(), device
        self._now = time.perf_counter()
        self._now = self._of_first(self._now)

    def wrapped(self, model: nn.Module) -> nn.Module:
        """The model whose gradients are the mean of all ranks'."""
        ids = [self._device.index] if self._device.type == "cuda" else None
        return DistributedDataParallel(model, device_ids=ids, broadcast_buffers=False, gradient_as_bucket_view=False)

    # Rows

    def share(self, rows: int, unit: int = 1) -> slice:
        """The rows of a batch that this rank computes: all of them, if there are too few for all ranks. unit: rows that
        stay together."""
        return self._share(rows, unit, self.rank) if self.splits(rows, unit) else slice(0, rows)

    def splits(self, rows: int, unit: int = 1) -> bool:
        """Whether a batch has a unit of rows for each rank; otherwise every rank computes all of it."""
        return -(-rows // unit) >= self.size

    def _share(self, rows: int, unit: int, rank: int) -> slice:
        units = -(-rows // unit)
        return slice(units * rank // self.size * unit, min(rows, units * (rank + 1) // self.size * unit))

    # Sums

    def reduced(self, x: Tensor) -> Tensor:
        """The sum over all ranks; its gradient is summed likewise."""
        found: Tensor = all_reduce(x.contiguous())
        return found

    def sum_of_tensor(self, x: Tensor) -> Tensor:
        """The sum over all ranks, which has no gradient."""
        x = x.detach().clone()
        with heard():
            dist.all_reduce(x)
        return x

    def sums(self, numbers: dict[str, float]) -> dict[str, float]:
        """The sums over all ranks, by name."""
        if not numbers:
            return numbers
        total = torch.tensor(list(numbers.values()), dtype=torch.float64, device=self._device)
        with heard():
            dist.all_reduce(total)
        return dict(zip(numbers, total.tolist(), strict=True))

    def gathered(self, array: Array, rows: int, unit: int = 1) -> Array:
        """The rows of all ranks, in order, from this rank's."""
        if not self.splits(rows, unit):  # this rank has computed all of them
            return array
        shares = [self._share(rows, unit, rank) for rank in range(self.size)]
        counts = [share.stop - share.start for share in shares]
        padded = np.zeros((max(counts), *array.shape[1:]), array.dtype)
        padded[: len(array)] = array
        mine = torch.from_numpy(padded).to(self._device)
        theirs = [torch.empty_like(mine) for _ in counts]
        with heard():
            dist.all_gather(theirs, mine)
        return np.concatenate([each[:count].cpu().numpy() for each, count in zip(theirs, counts, strict=True)])

    # What all must agree on

    def now(self) -> float:
        """The first rank's time at the last agreement."""
        return self._now

    def agreed(self, reason: str | None) -> str | None:
        """The reason of any rank to end the run; also takes the time of the first rank."""
        mine = torch.tensor([float(_REASONS.index(reason)) if reason in _REASONS else 0.0,
                             time.perf_counter() if self.rank == 0 else 0.0],
                            dtype=torch.float64, device=self._device)  # fmt: skip
        with heard():
            dist.all_reduce(mine, dist.ReduceOp.MAX)
        number, self._now = mine.tolist()
        return reason if reason not in _REASONS else _REASONS[int(number)]

    def text_of_first(self, text: str) -> str:
        """A text that only the first rank knows."""
        given = [text]
        with heard():
            dist.broadcast_object_list(given, 0)
        return given[0]

    def _of_first(self, number: float) -> float:
        given = torch.tensor([number], dtype=torch.float64, device=self._device)
        with heard():
            dist.broadcast(given, 0)
        return float(given)

    def close(self) -> None:
        """Leaves the group of processes."""
        if dist.is_initialized():
            dist.destroy_process_group()


@contextlib.contextmanager
def heard() -> Iterator[None]:
    """Turns PyTorch's error about a process that no longer answers into nnctl's."""
    try:
        yield
    except RuntimeError as error:
        if not isinstance(error, dist.DistError) and not any(word in str(error) for word in _LOST):
            raise
        raise TrainingError(
            "another process of this run has ended or no longer answers",
            hint="its own message says why; with torchrun --max-restarts N all processes are started again and "
                 "continue from the last checkpoint",
        ) from error  # fmt: skip


# Words of gloo's errors, which have no class of their own.
_LOST = ("gloo", "Connection closed by peer", "Connection reset by peer", "Broken pipe", "Timed out")
