"""Reads a .keras file: its config as JSON, and its weights as arrays. Nothing in it is run, and it is not trusted."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path
from typing import Any

import numpy as np

from nnctl.data.readers.paths import nearest_file
from nnctl.errors import InputError
from nnctl.extras import require

CONFIG, WEIGHTS = "config.json", "model.weights.h5"
LARGEST = 1 << 28  # a member may be this large whatever the archive holds of it; beyond that, not 100 times as large


class KerasArchive:
    """An open .keras file.

    config: its config.json. Raises InputError if it is no such file, or damaged.
    """

    def __init__(self, path: Path):
        self.path = path
        if not path.is_file():
            raise InputError("there is no such file", where=str(path), hint=nearest_file(path))
        if not zipfile.is_zipfile(path):
            raise self.broken("it is not a zip archive")
        h5py: Any = require("h5py", "importing a Keras model")
        try:
            with zipfile.ZipFile(path) as archive:
                members = {name: _member(archive, name, path) for name in (CONFIG, WEIGHTS)}
            self.config: Any = json.loads(members[CONFIG])
            self._file: Any = h5py.File(io.BytesIO(members[WEIGHTS]), "r")
        except (zipfile.BadZipFile, zipfile.LargeZipFile, NotImplementedError, RuntimeError, EOFError) as error:
            raise self.broken(str(error)) from None
        except (ValueError, RecursionError) as error:
            raise self.broken(f"{CONFIG} is no JSON: {error}") from None
        except OSError as error:
            raise self.broken(error.strerror or f"{WEIGHTS} is no HDF5 file") from None
        self._links = h5py.HardLink

    def broken(self, why: str) -> InputError:
        """The error for a file that is damaged or of another kind."""
        line = " ".join(why.split())
        line = line if len(line) <= 200 else f"{line[:197]}..."  # zipfile's messages quote what they have read
        return InputError(f"not a .keras file, or damaged: {line}", where=str(self.path),
                          hint="save the model with model.save('NAME.keras') in Keras 3")  # fmt: skip

    def weight(self, place: str, shape: tuple[int, ...]) -> np.ndarray:
        """The array at a place such as layers/dense/vars/0. Raises InputError if it is missing or of another shape."""
        group = self._file
        try:
            for part in place.split("/"):
                link = group.get(part, getlink=True)
                if not isinstance(link, self._links):  # others may lead to another file
                    raise KeyError(part)
                group = group[part]
            if group.shape != shape or group.is_virtual or group.external or group.dtype.kind != "f":
                raise self.broken(f"{place} in {WEIGHTS} is {group.dtype} {group.shape}, not numbers {shape}")
            return np.asarray(group[()])
        except InputError:
            raise
        except (KeyError, AttributeError, TypeError):
            raise self.broken(f"{place} is missing in {WEIGHTS}") from None
        except (OSError, ValueError, RuntimeError) as error:
            raise self.broken(f"{place} in {WEIGHTS} cannot be read: {error}") from None


def _member(archive: zipfile.ZipFile, name: str, path: Path) -> bytes:
    if name not in archive.namelist():
        hint = "save the model with model.save('NAME.keras') in Keras 3"
        raise InputError(f"not a .keras file: it has no {name}", where=str(path), hint=hint)
    info = archive.getinfo(name)
    if info.file_size > LARGEST and info.file_size > 100 * info.compress_size:
        sizes = f"{info.file_size:,} bytes, of which the file holds {info.compress_size:,}"
        raise InputError(f"{name} claims to be {sizes}", where=str(path))
    return archive.read(name)
