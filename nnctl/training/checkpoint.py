"""Checkpoints: everything that training needs to continue to the same bits, verified before it is used.

A checkpoint is a folder with files and, written last, a manifest with the SHA-256 of each. It is built under a
temporary name and renamed: a folder with a checkpoint's name is complete, or was damaged later, which the manifest
reveals.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from nnctl.errors import RunError
from nnctl.training.atomic_files import TEMPORARY, Pieces, move, named, sha256, sync_folder, temporary_of, write
from nnctl.training.safetensors_writer import pieces

Array = np.ndarray
NAME = re.compile(r"(last|best)-(\d+)")
MANIFEST = "manifest.json"
KEPT = {"last": 2, "best": 1}


@dataclass(frozen=True)
class Checkpoint:
    """arrays: weights, state, optimizer slots. position: JSON values (epoch, iteration, sums of metrics, ...)."""

    arrays: Mapping[str, Array]
    position: Mapping[str, Any]


def save(folder: Path, kind: str, step: int, checkpoint: Checkpoint) -> Path:
    """Writes `folder/KIND-STEP/` and removes the oldest ones of that kind, of which KEPT many are kept."""
    position = json.dumps(checkpoint.position).encode()
    files: dict[str, bytes | Pieces] = {"arrays.safetensors": pieces(checkpoint.arrays), "position.json": position}
    final = folder / f"{kind}-{step:010d}"
    there = final.exists()
    # an epoch's last step has two positions, before and after the epoch's end; equal positions have equal arrays
    if there and _holds(final / "position.json", position):
        return final
    temporary = temporary_of(final)
    folder.mkdir(exist_ok=True)  # but not the run's folder, which someone may have deleted
    try:
        temporary.mkdir()
        with named(temporary), contextlib.ExitStack() as opened:
            written = {name: opened.enter_context(open(temporary / name, "wb")) for name in (*files, MANIFEST)}
            sums = {name: write(written[name], content) for name, content in files.items()}
            write(written[MANIFEST], json.dumps(sums).encode())
            # synced once all are written: the wait for the first then writes most of the others, too
            for file in written.values():
                file.flush()
            for file in written.values():
                os.fsync(file.fileno())
        with named(final):
            sync_folder(temporary)
            if there:  # a run killed between the two resumes from an older checkpoint, to the same bits
                _remove(final)
            move(temporary, final)
            sync_folder(folder)
    except BaseException:
        _remove(temporary)
        raise
    prune(folder, kind)
    return final


def prune(folder: Path, kind: str) -> None:
    """Removes the oldest checkpoints of a kind, of which KEPT many are kept."""
    for old in _named(folder, kind)[KEPT[kind] :]:
        _remove(old)


def load(path: Path) -> Checkpoint:
    """Reads a checkpoint. Raises RunError where a file is missing or does not match its checksum."""
    from safetensors import SafetensorError  # imported here to keep start-up fast
    from safetensors.numpy import load as from_bytes

    try:
        manifest = json.loads((path / MANIFEST).read_bytes())
        contents = {name: (path / name).read_bytes() for name in ("arrays.safetensors", "position.json")}
        damaged = [name for name, content in contents.items() if sha256(content) != manifest.get(name)]
        if not damaged:
            return Checkpoint(from_bytes(contents["arrays.safetensors"]), json.loads(contents["position.json"]))
    except (OSError, ValueError, AttributeError, RecursionError, SafetensorError) as error:
        raise RunError(f"the checkpoint cannot be read: {error}", where=str(path)) from None
    raise RunError(f"the checkpoint is damaged: {', '.join(damaged)} does not match its checksum", where=str(path))


def newest(folder: Path, kind: str = "last") -> tuple[Checkpoint | None, list[str]]:
    """The newest checkpoint that is undamaged and finite, and a line for each newer one that is not."""
    skipped = []
    for path in _named(folder, kind):
        try:
            found = load(path)
        except RunError as error:
            skipped.append(f"skipped {path.name}: {error.problems[0].message}")
            continue
        bad = [name for name, array in found.arrays.items() if array.dtype.kind == "f" and not np.isfinite(array).all()]
        if not bad:
            return found, skipped
        skipped.append(f"skipped {path.name}: its {bad[0]} are not finite")
    return None, skipped


def remove_after(folder: Path, step: int) -> None:
    """Removes what does not belong to a run that resumes from `step`: later checkpoints, damaged ones, temporary files,
    and the oldest ones."""
    for path in [*_named(folder, "last"), *_named(folder, "best")]:
        if int(path.name.partition("-")[2]) > step or not _verifies(path):
            _remove(path)
    with contextlib.suppress(OSError):
        for path in folder.glob(TEMPORARY):
            _remove(path)
    for kind in KEPT:
        prune(folder, kind)


def _verifies(path: Path) -> bool:
    try:
        load(path)
    except RunError:
        return False
    return True


def _holds(path: Path, content: bytes) -> bool:
    try:
        return path.read_bytes() == content
    except OSError:
        return False


def _remove(path: Path) -> None:
    """Removes a folder, as far as that is possible. It is renamed first, so that no half-removed folder passes for a
    checkpoint."""
    if path.exists():
        import shutil  # 2 MB that a short run does not need

        nameless = path if path.match(TEMPORARY) else temporary_of(path).with_suffix(".old.tmp")
        with contextlib.suppress(OSError):
            os.rename(path, nameless)
            path = nameless
        shutil.rmtree(path, ignore_errors=True)


def _named(folder: Path, kind: str) -> list[Path]:
    """The folder's checkpoints of a kind, newest first."""
    try:
        names = [entry.name for entry in folder.iterdir() if NAME.fullmatch(entry.name)]
    except OSError:
        return []
    return [folder / name for name in sorted(names, reverse=True) if name.startswith(kind)]
