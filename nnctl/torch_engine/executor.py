"""The torch engine's executor: PyTorch computes what the NumPy engine's executor computes.

It runs the same program, step by step, on tensors. PyTorch derives the gradients, and the optimizer's own rule updates
the weights. On the CPU, the tensors are the program's own memory.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import nullcontext
from typing import Any

import torch
from torch import Tensor, nn

from nnctl.engine.batch import Batch
from nnctl.engine.executor_base import BatchResult, ExecutorBase
from nnctl.engine.profiler import Clock
from nnctl.engine.program import Program
from nnctl.nn.layers.base import Array
from nnctl.nn.losses import Loss
from nnctl.nn.optimizers import Optimizer
from nnctl.torch_engine.device_arrays import DeviceArrays
from nnctl.torch_engine.forward import Forward, Found, Pass
from nnctl.torch_engine.freed_memory import keep_freed_memory
from nnctl.torch_engine.gradients import Gradients
from nnctl.torch_engine.optimizer_step import TorchOptimizerStep
from nnctl.torch_engine.ranks import Ranks, heard


class TorchExecutor(ExecutorBase):
    """Computes a program's batches with PyTorch.

    Args:
        program: built without fusions of layers: fuse=("loss",).
        device: where tensors are computed.
        shared: whether tensors are the program's own memory; by default on the CPU.
        autocast: compute in bfloat16 where PyTorch considers it safe; weights, losses and updates stay in float32.
        compiled: compile the model with torch.compile.
        shard_rows: rows that pass through the model together in training; gradients are added up over them. Then one
            process and several give the same bits, if the shards are divided evenly.
        ranks: the processes that train together; None for this one alone.
    """

    keeps_results = True

    def __init__(self, program: Program, losses: Mapping[str, Loss], loss_weights: Mapping[str, float] | None = None,
                 *, device: torch.device, threads: int = 1, shared: bool | None = None, autocast: bool = False,
                 compiled: bool = False, shard_rows: int | None = None, ranks: Ranks | None = None):  # fmt: skip
        super().__init__(program, losses, loss_weights, threads=threads)
        self._threads_before: int | None = torch.get_num_threads()  # a setting of the whole process
        if device.type == "cpu":
            torch.set_num_threads(self.threads)
            keep_freed_memory()
        self.device, self._shared = device, shared
        self._arrays = DeviceArrays({"parameters": program.parameters, "state": program.state}, device, shared)
        if not self._arrays.shared:
            program.fetch = self._arrays.update_arrays
        # parameters that are views of the flat buffer: the same memory
        self.variables = {key: nn.Parameter(self._view(key)) for key in program.spans}
        weights = {**self.variables, **{key: self._view(key) for key in program.state_spans}}
        self._variables = list(self.variables.values())
        self._ranks = ranks
        self.gathers_rows = ranks is not None
        self.rank, self.ranks = (ranks.rank, ranks.size) if ranks else (0, 1)
        self._forward = Forward(program, self.objectives, weights, ranks)
        module = _Model(self._forward, self.variables, device if autocast else None)
        self._model: Any = module
        if compiled:
            self._model.compile(dynamic=False)
        else:
            self._model = self._model.forward  # the same without what modules do around it
        self._inference_model = self._model
        self._exchanges = ranks is not None and bool(self.variables)
        if ranks and self.variables:
            self._model = ranks.wrapped(module)
        self._shard_rows = shard_rows
        self.label = f"torch {torch.__version__} on {device.type}"
        self.gradients = Gradients(program, self.variables)
        self._clock: Clock | None = None

    def _view(self, key: str) -> Tensor:
        program, tensors = self.program, self._arrays.tensors
        if key in program.spans:
            return tensors["parameters"][program.spans[key]].view(program.shapes[key])
        return tensors["state"][program.state_spans[key]].view(program.shapes[key])

    # Training

    def train_step(self, batch: Batch, step: int) -> BatchResult:
        self._arrays.update_tensors()
        if self.profiled:
            self._clock = self._clock or Clock()
            self._clock.start()
        rows, unit = batch.rows, self._shard_rows or 1
        share = self._ranks.share(rows, unit) if self._ranks else slice(0, rows)
        copies = 1 if self._ranks is None or self._ranks.splits(rows, unit) else self._ranks.size
        starts = range(share.start, share.stop, self._shard_rows or rows)
        self.gradients.release()
        found: list[Found] = []
        with heard() if self._ranks else nullcontext():
            for shard, first in enumerate(starts):
                part = slice(first, min(first + starts.step, share.stop))
                given = Pass.of(batch, part, self.program, self.device, training=True, copies=copies, shard=shard,
                                shards=len(starts), step=step, clock=self._clock)  # fmt: skip
                # the ranks exchange gradients once, after the last shard
                last = shard == len(starts) - 1
                with nullcontext() if last or not self._exchanges else self._model.no_sync():
                    found.append(self._model(given))
                    self._backward(found[-1].total, shard, len(starts))
        self._arrays.tensors_changed()  # moving averages; the update of the weights follows
        return self._result(found, rows, unit)

    def _backward(self, total: Tensor, shard: int, shards: int) -> None:
        """Computes the gradients of what is minimized; those of several shards are added up."""
        if not self._variables or not total.requires_grad:
            return
        if shards == 1 and not self._exchanges:
            self.gradients.take(torch.autograd.grad(total, self._variables, allow_unused=True))
        else:
            if shard == 0:
                for w in self._variables:
                    w.grad = None
            total.backward()
            if shard == shards - 1:
                self.gradients.take([w.grad for w in self._variables])
        if self._clock:
            self._clock.lap("all layers", "backward")

    def gradients_are_finite(self, thorough: bool = True) -> bool:
        return self.gradients.are_finite(thorough)

    def optimizer_step(self, optimizer: Optimizer, compiled_rule: Callable[..., None] | None = None) -> Any:
        flat = self._arrays.tensors["parameters"] if self.gradients.flat is not None else None
        return TorchOptimizerStep(optimizer, self.program, self.variables, self.device, self._shared,
                                  self._arrays.tensors_changed, flat)  # fmt: skip

    def profile(self) -> dict[tuple[str, str], float]:
        """Seconds of the forward pass by layer; PyTorch computes all layers' gradients in one call."""
        return dict(self._clock.seconds) if self._clock else {}

    # Inference

    def evaluate(self, batch: Batch) -> BatchResult:
        return self._infer(batch, losses=True)

    def predict(self, batch: Batch) -> BatchResult:
        return self._infer(batch, losses=False)

    def _infer(self, batch: Batch, losses: bool) -> BatchResult:
        self._arrays.update_tensors()
        rows = batch.rows
        share = self._ranks.share(rows) if self._ranks else slice(0, rows)
        copies = 1 if self._ranks is None or self._ranks.splits(rows) else self._ranks.size
        with torch.no_grad():
            given = Pass.of(batch, share, self.program, self.device, training=False, copies=copies, losses=losses)
            return self._result([self._inference_model(given)], rows, 1)

    def _result(self, shards: list[Found], rows: int, unit: int) -> BatchResult:
        """The batch's losses and predictions, of all ranks."""
        outputs = {name: _array([each.outputs[name] for each in shards]) for name in shards[0].outputs}
        masks = {name: _array([each.masks[name] for each in shards]) for name in shards[0].masks}
        losses = dict.fromkeys(shards[0].losses, 0.0)
        for each in shards:
            numbers = _numbers(list(each.losses.values()))
            losses = {name: losses[name] + number for name, number in zip(losses, numbers, strict=True)}
        if self._ranks:
            losses = self._ranks.sums(losses)
            outputs = {name: self._ranks.gathered(p, rows, unit) for name, p in outputs.items()}
            masks = {name: self._ranks.gathered(mask, rows, unit) for name, mask in masks.items()}
        penalty = shards[0].penalty
        total = float(penalty.detach()) if penalty is not None else 0.0
        for objective in self.objectives:
            total += objective.weight * losses.get(objective.head.name, 0.0)
        return BatchResult(total, losses, outputs, masks)

    # Several processes, and the device's copies

    def now(self) -> float:
        return self._ranks.now() if self._ranks else super().now()

    def agreed(self, reason: str | None) -> str | None:
        return self._ranks.agreed(reason) if self._ranks else reason

    def text_of_first(self, text: str) -> str:
        return self._ranks.text_of_first(text) if self._ranks else text

    def close(self) -> None:
        if self._ranks:
            self._ranks.close()
        if self._threads_before is not None and torch.get_num_threads() == self.threads:
            torch.set_num_threads(self._threads_before)
        self._threads_before = None

    def weights_changed(self) -> None:
        self._arrays.arrays_changed()


class _Model(nn.Module):
    """The forward pass as a module, which DistributedDataParallel and torch.compile take."""

    def __init__(self, forward: Forward, variables: Mapping[str, nn.Parameter], autocast: torch.device | None):
        super().__init__()
        self._forward_pass, self._autocast = forward, autocast
        for i, variable in enumerate(variables.values()):
            self.register_parameter(f"weight_{i}", variable)

    def forward(self, given: Pass) -> Any:
        if self._autocast is None:
            return self._forward_pass(given)
        with torch.autocast(self._autocast.type, torch.bfloat16):
            return self._forward_pass(given)


def _numbers(losses: list[Tensor]) -> list[float]:
    """Their values, fetched from the device at once."""
    if len(losses) == 1:
        return [losses[0].item()]
    return torch.stack([loss.detach() for loss in losses]).tolist() if losses else []


def _array(tensors: list[Tensor]) -> Array:
    """Tensors of rows as one array that the next step does not change."""
    x = (tensors[0] if len(tensors) == 1 else torch.cat(tensors)).detach()
    if x.dtype == torch.bfloat16:
        x = x.float()
    found: Array = x.numpy(force=True)
    return found
