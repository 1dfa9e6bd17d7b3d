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
    # imported here: only this format needs them
    from nnctl.errors import InputError
    from nnctl.extras import require
    from nnctl.interop.keras.compiling import compiling_of
    from nnctl.interop.keras.expected_inputs import described
    from nnctl.interop.keras.lowering import lower, padded_inputs
    from nnctl.interop.keras_file.archive import write_archive
    from nnctl.version import __version__

    require("h5py", "exporting to Keras")
    if path.suffix != ".keras":
        raise InputError("Keras reads only files whose name ends in .keras", where=str(path),
                         hint=f"write -o {path.with_suffix('.keras')}")  # fmt: skip
    lowered = lower(run.model.program, run.model.spec.name, padded_inputs(run.preprocessing))
    notes = ["the preprocessing is not in the file; metadata.json in it has all of it", *described(run.preprocessing)]
    notes += [f"in the input {name!r}, padding is all {value:.0f}" for name, value in lowered.padding.items()]
    compiling = None
    try:
        compiling = compiling_of(run.model)
    except InputError as error:
        notes.append(
            f"the model is not compiled: {error.problems[0].message}; call its compile() before you train it further"
        )
    notes += compiling.left_out if compiling else ()
    about = {"nnctl": {"version": __version__, "preprocessing": run.preprocessing.to_json()}}
    write_archive(path, lowered, compiling, about)
    load = f"import keras; keras.saving.load_model({str(path)!r}).summary()"
    return Exported((path,), tuple(notes), f'python -c "{load}"')
