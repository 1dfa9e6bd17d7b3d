"""A run as a script, with the file that its weights are read from."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from nnctl.interop.keras.compiling import compiling_of
from nnctl.interop.keras.lowering import lower, padded_inputs
from nnctl.interop.keras_code.data import data_code
from nnctl.interop.keras_code.formatting import call, statement, text
from nnctl.interop.keras_code.network import build_model_code
from nnctl.interop.keras_code.script import MAIN, docstring, script, weights_code
from nnctl.interop.keras_code.training import OF_PROBABILITIES, compile_code, fit_code, output_names
from nnctl.training.run_folder import model_of
from nnctl.training.safetensors_writer import pieces
from nnctl.version import __version__

if TYPE_CHECKING:
    from nnctl.api.trained_run import TrainedRun


@dataclass(frozen=True)
class Written:
    """files: their contents, the script first. notes: what a user should know."""

    files: dict[Path, bytes | Iterable[bytes | memoryview]]
    notes: list[str] = field(default_factory=list)


def script_of(run: TrainedRun, path: Path) -> Written:
    """The script that is to be written to a path. Raises InputError for what Keras does not have."""
    model, preprocessing = run.model, run.preprocessing
    lowered = lower(model.program, model.spec.name, padded_inputs(preprocessing))
    fused = {
        name for name in model.graph.outputs if model.spec.losses[name].kind == "ctc" and not model.gives_logits(name)
    }
    compiling = compiling_of(model, ctc_of_probabilities=True)
    outputs = output_names(model, lowered)
    saved = model_of(run.folder)
    files: dict[Path, bytes | Iterable[bytes | memoryview]] = {path: b""}
    if saved.is_file():
        weights = f'Path(__file__).with_name("{saved.name}")' if saved.parent.resolve() == path.parent.resolve() else (
            call("Path", text(str(saved.resolve()))))  # fmt: skip
        prefix = _prefix(run, saved)
    else:
        beside = path.with_suffix(".safetensors")
        weights, prefix = f'Path(__file__).with_name("{beside.name}")', ""
        files[beside] = pieces(model.program.named_weights(), {"format": "np"})
    names, load = weights_code(lowered, prefix)
    data = data_code(model, lowered, preprocessing, outputs)
    constants = [*statement(weights if isinstance(weights, str) else weights.before("WEIGHTS = ")), *names]
    if isinstance(weights, str):
        constants[0] = f"WEIGHTS = {weights}"
    validation = preprocessing.dataset.split.validation
    sections = [
        data, build_model_code(lowered, model.program.dtype.name), load, *([OF_PROBABILITIES] if fused else []),
        compile_code(model, compiling, lowered, bool(fused)),
        fit_code(model, validation if isinstance(validation, float) else 0.0), MAIN,
    ]  # fmt: skip
    files[path] = script(sections, docstring(model.spec.name, __version__), constants).encode()
    return Written(files, list(compiling.left_out))


def _prefix(run: TrainedRun, saved: Path) -> str:
    """What the names of the run's weights begin with in its file."""
    from safetensors import safe_open  # imported here, as the file is read only for this

    kept = run.weights
    with safe_open(saved, "np") as file:
        own = f"{kept.weights}:" if kept else ""
        return own if own and any(name.startswith(own) for name in file.keys()) else ""  # noqa: SIM118
