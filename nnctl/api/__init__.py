"""nnctl in a program: train and resume runs, load trained models, predict and evaluate.

These are also what `import nnctl` offers: nnctl.train, nnctl.resume, nnctl.load, nnctl.TrainedRun.
"""

from nnctl.api.trained_run import TrainedRun, load
from nnctl.api.training import resume, train

__all__ = ["TrainedRun", "load", "resume", "train"]
