"""Data: files in, arrays for training, validation and test out, with a line for everything done on the way."""

from __future__ import annotations

from importlib import import_module

_HOMES = {
    "load": "loading",
    "catalogue": "preview",
    "describe": "preview",
    "bundled_names": "bundled",
    "Preprocessing": "preprocess",
}


def __getattr__(name: str):
    # The spec imports nnctl.data.spec at start-up; NumPy and DuckDB wait until data are asked for.
    if name in _HOMES:
        return getattr(import_module(f"nnctl.data.{_HOMES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
