"""The environment that a run began in: what its bits depend on, apart from config and data."""

from __future__ import annotations

import json
import os
import platform
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from nnctl.training.run_folder import ENVIRONMENT
from nnctl.version import __version__


def environment(settings: Mapping[str, Any]) -> dict[str, Any]:
    """What the bits of a run depend on, apart from config and data."""
    blas = np.__config__.CONFIG.get("Build Dependencies", {}).get("blas", {})
    return {
        "nnctl": __version__, "python": platform.python_version(), "numpy": np.__version__,
        "blas": f"{blas.get('name')} {blas.get('version')}",
        "blas_kernels": os.environ.get("OPENBLAS_CORETYPE", "its own choice"),
        "machine": platform.machine(),
        "system": platform.system(), "cores": os.cpu_count(), "folder": os.getcwd(), "command": sys.argv, **settings,
    }  # fmt: skip


def saved_environment(folder: Path) -> dict[str, Any]:
    """The environment that a run began in; empty if it was not written or is damaged."""
    try:
        then = json.loads((folder / ENVIRONMENT).read_bytes())
    except (OSError, ValueError, RecursionError):
        return {}
    return then if isinstance(then, dict) else {}


def changed_environment(then: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    """What has changed since the run began, of the things that affect its bits."""
    keys = ("numpy", "blas", "blas_kernels", "machine", "threads", "shard_rows", "dtype", "engine", "kernels")
    both = [key for key in keys if key in then and key in now]
    return [f"{key} was {then[key]}, is {now[key]}" for key in both if then[key] != now[key]]
