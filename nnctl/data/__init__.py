"""From files to arrays for training, validation and test, with a note for everything that was done on the way."""

from __future__ import annotations

from importlib import import_module
from typing import Any

_HOMES = {
    "load_dataset": "load",
    "catalogue": "catalog.preview",
    "describe": "catalog.preview",
    "bundled_names": "catalog.bundled",
    "Preprocessing": "preprocessing.fitted",
}


def __getattr__(name: str) -> Any:
    # nnctl.config imports nnctl.data.config at start-up; NumPy and DuckDB are not imported before data are loaded.
    if name in _HOMES:
        return getattr(import_module(f"nnctl.data.{_HOMES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
