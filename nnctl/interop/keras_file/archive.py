"""The archive: a zip file of metadata.json, config.json and model.weights.h5."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from nnctl.extras import require
from nnctl.interop.keras.compiling import Compiling
from nnctl.interop.keras.graph import KerasModel
from nnctl.interop.keras.layer_order import weight_groups
from nnctl.interop.keras_file.compile_config import compile_config, first_state
from nnctl.interop.keras_file.model_config import model_config
from nnctl.training.atomic_files import write_safely

KERAS = "3.15.1"  # the version whose format this is


def write_archive(path: Path, model: KerasModel, compiling: Compiling | None = None,
                  about: Mapping[str, Any] | None = None) -> None:  # fmt: skip
    """Writes the file. about: further metadata. Raises InputError if h5py is missing, OSError."""
    config = model_config(model)
    if compiling:
        config["compile_config"] = compile_config(compiling)
    members = {
        "metadata.json": json.dumps({"keras_version": KERAS, **(about or {})}).encode(),
        "config.json": json.dumps(config).encode(),
        "model.weights.h5": _weights(model, compiling),
    }
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in members.items():
            archive.writestr(zipfile.ZipInfo(name), content)  # without the time: the same model gives the same bytes
    write_safely(path, buffer.getvalue())


def _weights(model: KerasModel, compiling: Compiling | None) -> bytes:
    h5py: Any = require("h5py", "exporting to Keras")
    buffer = io.BytesIO()
    trained = []
    with h5py.File(buffer, "w") as file:
        file.create_group("vars")
        for name, group in weight_groups(model).items():
            layer = model.layers[name]
            file.create_group(f"{group}/vars").attrs["name"] = name
            for place, array in layer.weights.items():
                file.create_dataset(f"{group}/{place}", data=array)
            trained += [array for place, array in layer.weights.items() if place in layer.trained]
        if compiling:
            for number, array in enumerate(first_state(compiling.optimizer, trained)):
                file.create_dataset(f"optimizer/vars/{number}", data=array)
    return buffer.getvalue()
