"""The trained model as one file: weights by name, and all that raw data need on their way in and out."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from nnctl.data import Preprocessing
from nnctl.data.parts import Data
from nnctl.errors import RunError
from nnctl.quoting import shell_path
from nnctl.training.files import write_safely
from nnctl.training.folder import FORMAT
from nnctl.training.model import Model
from nnctl.training.tensors import pieces


def save_model(path: Path, model: Model, data: Data, config: str) -> None:
    """Writes model.safetensors: every weight by "layer/weight"; config, preprocessing (class names among it)
    and input shapes as JSON in its metadata."""
    about = {
        "format": FORMAT,
        "config": config,
        "preprocessing": data.preprocessing.to_json(),
        "input_shapes": {name: list(shape) for name, shape in data.input_shapes.items()},
    }
    # one key: the library writes several in an order of chance, and a run's bytes are to be its own
    metadata = {"nnctl": json.dumps(about)}
    write_safely(path, pieces(model.program.named_weights(), metadata))


def load_model(path: Path) -> tuple[Model, Preprocessing]:
    """Reads what save_model wrote. Raises RunError where it is missing, damaged or of another format."""
    from safetensors import SafetensorError, safe_open

    from nnctl import spec

    if not path.is_file():
        raise RunError("the model is missing", where=str(path),
                       hint=f"the run may not have ended yet: nnctl train --resume {shell_path(path.parent)}")  # fmt: skip
    try:
        with safe_open(path, "numpy") as file:
            about = json.loads((file.metadata() or {}).get("nnctl", "{}"))
            _known(path, about)
            checked = spec.loads(about["config"], file=str(path), overrides=["engine.backend=numpy"])
            preprocessing = Preprocessing.from_json(about["preprocessing"])
            targets = {name: coder.target for name, coder in preprocessing.targets.items()}
            shapes = {name: tuple(shape) for name, shape in about["input_shapes"].items()}
            model = Model.build(checked, shapes, targets, initialize=False)
            wanted = model.program.named_weights()
            if set(file.keys()) != set(wanted):
                raise RunError("the weights are not those of the config", where=str(path))
            for name, w in wanted.items():
                w[...] = file.get_tensor(name)
            return model, preprocessing
    except (OSError, ValueError, KeyError, SafetensorError) as error:
        raise RunError(f"the model cannot be read: {error}", where=str(path),
                       hint="the file is damaged or was not written by nnctl") from None  # fmt: skip


def _known(path: Path, about: dict[str, Any]) -> None:
    if about.get("format") != FORMAT:
        raise RunError(
            f"the file's format is {about.get('format')!r}; this nnctl reads {FORMAT!r}", where=str(path),
            hint="use the nnctl it was trained with",
        )  # fmt: skip
