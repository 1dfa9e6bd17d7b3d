"""The engine that a config asks for."""

from __future__ import annotations

import os

from nnctl.config.types import Config
from nnctl.engine.executor import Executor
from nnctl.engine.executor_base import ExecutorBase
from nnctl.engine.graph import Graph
from nnctl.engine.program import Program
from nnctl.errors import InputError
from nnctl.extras import require
from nnctl.torch_engine import launch


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


def usable_cores() -> int:
    """Cores that this process may use: fewer than the machine's in a container, under taskset, or where
    OMP_NUM_THREADS says so, as for NumPy's BLAS and other libraries."""
    try:
        cores = len(os.sched_getaffinity(0))
    except AttributeError:  # not on macOS and Windows
        cores = os.cpu_count() or 1
    limit = os.environ.get("OMP_NUM_THREADS", "")
    return min(cores, int(limit)) if limit.isdecimal() and int(limit) else cores
