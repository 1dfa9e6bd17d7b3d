"""nnctl trains neural networks from a YAML file on its own NumPy engine.

In a program:

    import nnctl

    run = nnctl.train("iris", epochs=50)       # or nnctl.load("runs/iris-20260101-120000")
    run.predict([{"sepal_length": 5.1, "sepal_width": 3.5, "petal_length": 1.4, "petal_width": 0.2}])
    run.predict_proba("new_flowers.csv")
    run.evaluate()
"""

from __future__ import annotations

from nnctl.version import __version__

TYPE_CHECKING = False  # as typing's, which would take most of the time of `import nnctl`
if TYPE_CHECKING:
    from typing import Any

    from nnctl.api import TrainedRun as TrainedRun
    from nnctl.api import load as load
    from nnctl.api import resume as resume
    from nnctl.api import train as train

__all__ = ["TrainedRun", "__version__", "load", "resume", "train"]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module 'nnctl' has no attribute {name!r}")
    from nnctl import api  # when it is needed: `import nnctl` loads nothing

    return getattr(api, name)
