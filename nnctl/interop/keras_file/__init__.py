"""nnctl export --to keras: a .keras file, as Keras 3 saves it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from nnctl.interop.formats import Exported

if TYPE_CHECKING:
    from nnctl.api.trained_run import TrainedRun


def export(run: TrainedRun, path: Path, **_options: Any) -> Exported:
    """Writes the run's model as a file that `keras.saving.load_model` reads.

    Raises InputError for what Keras does not have, and if h5py is missing.
    """
    from nnctl.interop.keras.lowering import lower  # imported here, as only this format needs it
    from nnctl.interop.keras_file.archive import write_archive

    model = lower(run.model.program, run.model.spec.name)
    write_archive(path, model)
    load = f"import keras; keras.saving.load_model({str(path)!r}).summary()"
    return Exported((path,), tuple(model.notes), f'python -c "{load}"')
