"""Optional packages: each belongs to an extra of nnctl, and is imported only where it is used."""

from __future__ import annotations

from importlib import import_module
from types import ModuleType

from nnctl.errors import InputError

# package as it is imported -> (its name, the extra that installs it)
EXTRAS = {
    "torch": ("PyTorch", "torch"),
    "onnx": ("onnx", "onnx"),
    "h5py": ("h5py", "keras"),
    "sklearn": ("scikit-learn", "sklearn"),
}


class MissingPackage(InputError, ImportError):
    """An optional package is not installed. It is an ImportError, too, as programs expect of an import."""


def require(package: str, purpose: str) -> ModuleType:
    """Imports an optional package. purpose: "exporting to ONNX", the beginning of the message if it is missing.
    Raises MissingPackage, which names the extra to install."""
    try:
        return import_module(package)
    except ImportError:
        name, extra = EXTRAS[package]
        raise MissingPackage(f"{purpose} needs {name}: pip install 'nnctl[{extra}]'") from None
