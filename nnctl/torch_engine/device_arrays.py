"""Arrays of nnctl and the tensors that PyTorch computes on.

On the CPU both are the same memory. Elsewhere the tensors are copies, and whichever side is read after the other one
was written is brought up to date first.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch

Array = np.ndarray


class DeviceArrays:
    """Arrays by name, each with its tensor on a device.

    shared: whether the tensors are the arrays' own memory, which only the CPU can have.
    """

    def __init__(self, arrays: Mapping[str, Array], device: torch.device, shared: bool | None = None):
        self.shared = device.type == "cpu" if shared is None else shared
        self._arrays = dict(arrays)
        self.tensors = {name: torch.from_numpy(array) for name, array in self._arrays.items()}
        if not self.shared:
            self.tensors = {name: tensor.to(device, copy=True) for name, tensor in self.tensors.items()}
        self._arrays_are_old = self._tensors_are_old = False

    def arrays_changed(self) -> None:
        """The arrays were written to."""
        self._tensors_are_old = not self.shared

    def tensors_changed(self) -> None:
        """The tensors were written to."""
        self._arrays_are_old = not self.shared

    def update_arrays(self) -> None:
        """Before the arrays are read."""
        if self._arrays_are_old:
            self._arrays_are_old = False
            for name, array in self._arrays.items():
                array[...] = self.tensors[name].cpu().numpy()

    def update_tensors(self) -> None:
        """Before the tensors are read."""
        if self._tensors_are_old:
            self._tensors_are_old = False
            with torch.no_grad():
                for name, array in self._arrays.items():
                    self.tensors[name].copy_(torch.from_numpy(array))
