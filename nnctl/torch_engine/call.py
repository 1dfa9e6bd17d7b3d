"""What a layer may ask of the torch engine during one pass of one batch."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from nnctl.engine.arena import random_state

BITS_OF_A_COUNT = 16  # one count of the Philox generator gives 4 x 64 bits, which are 16 numbers of 16 bits


@dataclass
class TorchCall:
    """The counterpart of `nnctl.engine.arena.ShardCall`; the engine sets `number` and `masks` before each layer.

    training: whether the pass trains; otherwise layers such as Dropout do nothing.
    device, dtype: of the model's weights.
    batch_rows: rows of the whole batch, on all ranks together.
    masks: of each input, (rows, steps) bool, False where a step is padding; or None.
    seed, step, number: of the run, of the iteration and of the layer in the graph. Random bits depend on them.
    first_row: the place of this rank's first row in the whole batch.
    all_reduce: sums a tensor over all ranks, and its gradient likewise; None where there is only one rank.
    """

    training: bool
    device: torch.device
    dtype: torch.dtype
    batch_rows: int
    masks: Sequence[Tensor | None] = ()
    seed: int = 0
    step: int = 0
    number: int = 0
    first_row: int = 0
    all_reduce: Callable[[Tensor], Tensor] | None = None

    @property
    def is_distributed(self) -> bool:
        """Whether other ranks compute other rows of the batch."""
        return self.all_reduce is not None

    def reduce(self, x: Tensor) -> Tensor:
        """The sum of x over all ranks."""
        return x if self.all_reduce is None else self.all_reduce(x)

    @torch.compiler.disable
    def random_bits(self, row_size: int, rows: int, stream: int = 0) -> Tensor:
        """(rows, row_size) uniform uint16 on the CPU, the same as the NumPy engine draws.

        They are a function of seed, step, layer, row and stream only. A layer that draws twice numbers its streams.
        """
        counts = -(-row_size // BITS_OF_A_COUNT)
        state = random_state(self.seed, self.number, self.step, self.first_row * counts, stream)
        generator = np.random.Philox(key=self.seed, counter=state[:4])
        raw = generator.random_raw(rows * counts * 4)
        return torch.from_numpy(raw.view(np.uint16).reshape(rows, counts * BITS_OF_A_COUNT)[:, :row_size])
