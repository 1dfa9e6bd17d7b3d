"""The engine that a config asks for, and the compiled kernels that a run is worth."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from nnctl.config.types import Config
from nnctl.engine.cost_model import calls, multiply_adds
from nnctl.engine.executor import Executor
from nnctl.engine.executor_base import ExecutorBase
from nnctl.engine.graph import Graph
from nnctl.engine.program import Program
from nnctl.errors import InputError
from nnctl.extras import require
from nnctl.kernels.selection import Choice, Work, choose
from nnctl.torch_engine import launch

if TYPE_CHECKING:
    from nnctl.training.batch_plan import Plan
    from nnctl.training.model import Model


def executor_for(spec: Config, graph: Graph, initialize: bool = True) -> ExecutorBase:
    """The executor of a model, with its program. initialize: whether initial weights are drawn.

    Raises InputError if the engine, or its device, is not there.
    """
    engine = spec.engine
    threads = engine.threads or usable_cores()
    if engine.backend == "numpy":
        if launch.processes() > 1:
            raise InputError(f"{launch.processes()} processes can train together only with the torch engine",
                             where=spec.where("engine.backend"), hint="add --engine torch")  # fmt: skip
        program = Program(graph, seed=spec.seed, dtype=engine.weights_dtype, initialize=initialize, fuse=engine.fuse)
        return Executor(program, spec.losses, spec.loss_weights, threads=threads, shard_rows=engine.shard_rows)
    require("torch", "--engine torch")
    # PyTorch is imported only where it computes
    from nnctl.torch_engine import devices
    from nnctl.torch_engine.executor import TorchExecutor
    from nnctl.torch_engine.ranks import Ranks

    fuse = {"loss"} & set(engine.fuse)
    program = Program(graph, seed=spec.seed, dtype=engine.weights_dtype, initialize=initialize, fuse=fuse)
    if engine.shard_rows and any(step.layer.whole_batch for step in program.steps):
        raise InputError("shard_rows cannot be used with BatchNormalization on the torch engine",
                         where=spec.where("engine.shard_rows"), hint="remove it")  # fmt: skip
    device = devices.choose(engine.device, engine.weights_dtype, launch.local_rank())
    return TorchExecutor(
        program, spec.losses, spec.loss_weights, device=device, threads=threads,
        autocast=engine.dtype == "mixed_bfloat16", compiled=engine.jit_compile, shard_rows=engine.shard_rows,
        ranks=Ranks(device) if launch.processes() > 1 else None,
    )  # fmt: skip


def kernels_for(model: Model, plan: Plan) -> Choice:
    """The compiled kernels that pay off for a run, if any."""
    if not model.executor.uses_kernels:
        return Choice()
    program = model.program
    work = Work(plan.total_iterations, model.trainable, 3 * plan.batch_size * multiply_adds(program), calls(program))
    return choose(model.spec.optimizer, work, program.dtype, program.fuse)


def usable_cores() -> int:
    """Cores that this process may use: fewer than the machine's in a container, under taskset, or where
    OMP_NUM_THREADS says so, as for NumPy's BLAS and other libraries."""
    try:
        cores = len(os.sched_getaffinity(0))
    except AttributeError:  # not on macOS and Windows
        cores = os.cpu_count() or 1
    limit = os.environ.get("OMP_NUM_THREADS", "")
    return min(cores, int(limit)) if limit.isdecimal() and int(limit) else cores
