"""nnctl for programs: train and resume runs, load trained models, predict and evaluate.

These are also what `import nnctl` offers: nnctl.train, nnctl.resume, nnctl.load, nnctl.TrainedRun.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nnctl.api.trained_run import TrainedRun as TrainedRun
    from nnctl.api.trained_run import load as load
    from nnctl.api.training import resume as resume
    from nnctl.api.training import train as train

_HOMES = {"TrainedRun": "trained_run", "load": "trained_run", "resume": "training", "train": "training"}

__all__ = ["TrainedRun", "load", "resume", "train"]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'nnctl.api' has no attribute {name!r}")
    from importlib import import_module  # when it is needed: the command train does without trained runs

    return getattr(import_module(f"nnctl.api.{_HOMES[name]}"), name)
