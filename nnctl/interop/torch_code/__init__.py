"""A model as plain PyTorch code, with its weights beside it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from nnctl.errors import InputError
from nnctl.interop.formats import Exported
from nnctl.interop.torch_code.data import Described
from nnctl.interop.torch_code.file import file_of
from nnctl.quoting import shell_path
from nnctl.training.atomic_files import write_safely
from nnctl.training.safetensors_writer import pieces

if TYPE_CHECKING:
    from nnctl.api.trained_run import TrainedRun

PREPROCESSED = "the module takes preprocessed rows; the docstring of the file says how they are made of raw ones"


def export(run: TrainedRun, path: Path, **options: Any) -> Exported:
    """Writes the file and, beside it, the weights. Raises InputError for a model that PyTorch cannot express, a name
    that does not end in .py, or weights of something else in the place of its own."""
    weights = path.with_suffix(".safetensors")
    if path.suffix != ".py":
        raise InputError("PyTorch code needs a file whose name ends in .py", where=str(path),
                         hint=f"write it to {path.with_suffix('.py')}")  # fmt: skip
    if weights.exists() and (not path.exists() or _is_of_a_run(weights)):
        raise InputError(f"the weights would be written over {weights}", where=str(path),
                         hint="choose another name with -o")  # fmt: skip
    file = file_of(run.model, Described(run.preprocessing), weights.name)
    write_safely(weights, pieces(file.weights, {"format": "pt"}))
    write_safely(path, file.text.encode())
    return Exported((path, weights), (PREPROCESSED, *file.notes), f"python {shell_path(path)}")


def _is_of_a_run(weights: Path) -> bool:
    """Whether the file is nnctl's own model of a run."""
    return weights.name == "model.safetensors" and (weights.parent / "config.yaml").exists()
