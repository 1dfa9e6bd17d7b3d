"""nnctl export --to keras-code: the Keras script that a config stands for."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from nnctl.interop.formats import Exported

if TYPE_CHECKING:
    from nnctl.api.trained_run import TrainedRun


def export(run: TrainedRun, path: Path, **_options: Any) -> Exported:
    """Writes the script. Raises InputError for what Keras does not have."""
    # imported here: only this format needs them
    from nnctl.errors import InputError
    from nnctl.interop.keras_code.file import script_of
    from nnctl.quoting import shell_path
    from nnctl.training.atomic_files import write_safely

    if path.suffix != ".py":
        raise InputError("a script needs a name that ends in .py", where=str(path),
                         hint=f"write -o {path.with_suffix('.py')}")  # fmt: skip
    written = script_of(run, path)
    for file, content in written.files.items():
        write_safely(file, content)
    return Exported(tuple(written.files), tuple(written.notes), f"python {shell_path(path)}")
