"""The optimizer step on tensors: clipping, decay, and the optimizer's own rule, variable by variable."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.optim.adamw import adamw

from nnctl.engine.optimizer_step import OptimizerStep
from nnctl.engine.program import Program
from nnctl.nn.optimizers import Optimizer
from nnctl.nn.optimizers.adam import Adam
from nnctl.torch_engine.array_functions import on_tensors
from nnctl.torch_engine.device_arrays import DeviceArrays
from nnctl.torch_engine.gradients import Gradients

Array = np.ndarray


class TorchOptimizerStep(OptimizerStep):
    """Applies an optimizer to the variables of a program.

    variables: the trainable weights by name, as tensors. The slots are arrays of the NumPy engine's layout, so that
    either engine continues from the other one's checkpoints. changed: called after the variables were updated.
    weights: all variables as one tensor, where the gradients are; rules are then applied to all of them at once.
    """

    def __init__(self, optimizer: Optimizer, program: Program, variables: Mapping[str, Tensor], device: torch.device,
                 shared: bool | None = None, changed: Callable[[], None] = lambda: None,
                 weights: Tensor | None = None):  # fmt: skip
        super().__init__(optimizer, program.parameters, program.spans, shapes=program.shapes)
        self._device_slots = DeviceArrays(self._host_slots, device, shared)
        self._changed = changed
        rule = on_tensors(optimizer.formula())
        flat = list(self._device_slots.tensors.values())
        self._at_once = weights is not None and not optimizer.per_variable
        self._tasks = []  # the rule, what it updates, the slots of it
        if weights is not None and self._at_once:
            self._tasks.append((rule, weights, flat))
        else:
            for name, variable in variables.items():
                named = _named(rule, name) if optimizer.per_variable else rule
                slots = [slot[program.spans[name]].view(program.shapes[name]) for slot in flat]
                self._tasks.append((named, variable.detach(), slots))  # the same memory, without gradients
        # PyTorch has Adam in one call, with the same formula
        self._adam = _Adam(optimizer, self._tasks) if _is_adam(optimizer) and variables else None

    @property
    def slots(self) -> dict[str, Array]:
        if hasattr(self, "_device_slots"):  # not while the arrays are being made
            self._device_slots.update_arrays()
        return self._host_slots

    @slots.setter
    def slots(self, slots: dict[str, Array]) -> None:
        self._host_slots = slots

    def slots_changed(self) -> None:
        self._device_slots.arrays_changed()

    @property
    def rule_alone(self) -> None:
        return None

    def step(self, gradients: Gradients, step: int) -> None:  # type: ignore[override]  # tensors
        """Updates the variables with their gradients at the 0-based step. Clipping writes into gradients."""
        lr = self.rate(step)
        scalars = self.optimizer.scalars(lr, step, self.memory)
        decay = (self.optimizer.weight_decay or 0.0) * lr
        self._device_slots.update_tensors()
        self._clip_tensors(gradients.by_variable)
        of_tasks = gradients.by_variable
        if self._at_once:
            assert gradients.flat is not None, "weights are one tensor where gradients are"
            of_tasks = [gradients.flat]
        if self._adam:
            self._adam.step(of_tasks, lr, step)
        else:
            for (rule, w, slots), g in zip(self._tasks, of_tasks, strict=True):
                if decay:
                    w.mul_(1 - decay)
                new_w, *new_slots = rule(w, g, *slots, *scalars)
                w.copy_(new_w)
                for slot, new in zip(slots, new_slots, strict=True):
                    slot.copy_(new)
        self._device_slots.tensors_changed()
        self._changed()

    def load_state(self, state: dict) -> None:  # type: ignore[override]
        super().load_state(state)
        self.slots_changed()

    def _clip_tensors(self, gradients: Sequence[Tensor]) -> None:
        optimizer = self.optimizer
        if optimizer.clipnorm is not None:
            for gradient in gradients:
                _shorten([gradient], optimizer.clipnorm)
        elif optimizer.global_clipnorm is not None:
            _shorten(gradients, optimizer.global_clipnorm)
        elif optimizer.clipvalue is not None:
            for gradient in gradients:
                gradient.clamp_(-optimizer.clipvalue, optimizer.clipvalue)


class _Adam:
    """Adam and AdamW by PyTorch's fused step.

    Keras adds epsilon to sqrt(v), PyTorch to sqrt(v / (1 - b2^t)): the same with epsilon / sqrt(1 - b2^t).
    """

    def __init__(self, optimizer: Optimizer, tasks: Sequence[tuple[Any, Tensor, list[Tensor]]]):
        assert isinstance(optimizer, Adam)
        self._settings = optimizer
        self._weights = [w for _, w, _ in tasks]
        self._slots = [[slots[k] for _, _, slots in tasks] for k in range(len(tasks[0][2]))]
        if len(self._slots) == 2:
            self._slots.append([])  # the largest squares, which only amsgrad has
        self._fused = self._weights[0].device.type in ("cpu", "cuda")
        where = self._weights[0].device if self._fused else torch.device("cpu")
        self._counts = [torch.zeros((), dtype=torch.float32, device=where) for _ in tasks]

    def step(self, gradients: list[Tensor], lr: float, step: int) -> None:
        settings, t = self._settings, step + 1
        options = {
            "lr": lr, "beta1": settings.beta_1, "beta2": settings.beta_2, "weight_decay": settings.weight_decay or 0.0,
            "eps": settings.epsilon / math.sqrt(1 - settings.beta_2**t), "amsgrad": settings.amsgrad, "maximize": False,
        }  # fmt: skip
        if self._fused:  # the function below does no more than count steps and call this one
            for count in self._counts:
                count.fill_(t)
            torch._fused_adamw_(self._weights, gradients, *self._slots, self._counts, **options)
            return
        for count in self._counts:
            count.fill_(step)  # adamw adds 1
        adamw(self._weights, gradients, *self._slots, self._counts, foreach=True, **options)


def _is_adam(optimizer: Optimizer) -> bool:
    """Whether the formula is Adam's own, not that of a subclass."""
    return isinstance(optimizer, Adam) and optimizer.formula() in (Adam.rule, Adam.amsgrad_rule)


def _named(rule, name: str):
    return lambda *arguments: rule(*arguments, name=name)


def _shorten(gradients: Sequence[Tensor], longest: float) -> None:
    """Scales the gradients so that together they are no longer than `longest`."""
    if not gradients:
        return
    length = torch.linalg.vector_norm(torch.stack([torch.linalg.vector_norm(g) for g in gradients]))
    factor = torch.clamp(longest / length, max=1.0)
    for gradient in gradients:
        gradient.mul_(factor)
