"""Named data sets that are too large for the package: found on this machine, or downloaded once and verified."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from nnctl.errors import DataError


@dataclass(frozen=True)
class Fetched:
    """Where the files of a data set may be, where they are downloaded from, and the SHA-256 of each.

    urls: folders with the same files, tried in order. places: folders where packages of operating systems install
    them. repacked: the SHA-256 of files there that are compressed differently than the published ones.
    """

    folder: str
    urls: tuple[str, ...]
    sums: Mapping[str, str]
    places: tuple[str, ...] = ()
    repacked: Mapping[str, str] = field(default_factory=dict)


FETCHED = {
    "fashion_mnist": Fetched(
        folder="fashion-mnist",
        urls=(
            "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/",
            "https://storage.googleapis.com/tensorflow/tf-keras-datasets/",
        ),
        sums={
            "train-images-idx3-ubyte.gz": "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84",
            "train-labels-idx1-ubyte.gz": "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845",
            "t10k-images-idx3-ubyte.gz": "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073",
            "t10k-labels-idx1-ubyte.gz": "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5",
        },
        places=("/usr/share/datasets/fashion-mnist", "/usr/local/share/datasets/fashion-mnist"),
        # Debian's dataset-fashion-mnist: a gzip header without name and date, otherwise the same bytes
        repacked={
            "train-images-idx3-ubyte.gz": "b0564c3eedabfbf835052cff8503ea422014ce006caf5b757f851416ee8300c7",
            "train-labels-idx1-ubyte.gz": "0ae29f65d86684f32d1b9c85147786c547b9c6aebcaf235f0400a0cce308b056",
            "t10k-images-idx3-ubyte.gz": "cc1d090a38ace84dfa1aa66e3ada7c336ef481a96936906477e6dd344da56eaa",
            "t10k-labels-idx1-ubyte.gz": "8d3605d196f4be44669e46906da9733c8131fef761fdbfec72c424d5222f1a05",
        },
    ),
    "mnist": Fetched(
        folder="mnist",
        urls=(
            "https://ossci-datasets.s3.amazonaws.com/mnist/",
            "https://storage.googleapis.com/cvdf-datasets/mnist/",
        ),
        sums={
            "train-images-idx3-ubyte.gz": "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
            "train-labels-idx1-ubyte.gz": "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
            "t10k-images-idx3-ubyte.gz": "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
            "t10k-labels-idx1-ubyte.gz": "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
        },
    ),
}


def cache() -> Path:
    """The user's folder for downloaded data: $NNCTL_DATA, or `nnctl` in the user's cache folder. Raises DataError if
    $NNCTL_DATA is a file."""
    if given := os.environ.get("NNCTL_DATA"):
        folder = Path(given).expanduser()
        if folder.is_file():
            raise DataError("NNCTL_DATA must name a folder, and this is a file", given, "name a folder; it may be new")
        return folder
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "nnctl"


def find(name: str) -> Path | None:
    """The folder that holds all files of a data set on this machine, or None. Compares names only."""
    entry = FETCHED[name]
    for folder in (cache() / entry.folder, *map(Path, entry.places)):
        if all((folder / file).is_file() for file in entry.sums):
            return folder
    return None


def folder_of(name: str) -> Path:
    """The folder that holds all files of a data set, downloaded if necessary and verified. Raises DataError."""
    entry = FETCHED[name]
    folder = find(name)
    if folder is None:
        folder = cache() / entry.folder
        _fetch(name, entry, folder)
    for file, wanted in entry.sums.items():
        if sum_of(folder / file) not in (wanted, entry.repacked.get(file)):
            raise DataError(
                f"is not the published file of {name}: its SHA-256 is not {wanted[:12]}...", str(folder / file),
                "delete it to download it again",
            )  # fmt: skip
    return folder


def sum_of(path: Path) -> str:
    """SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _fetch(name: str, entry: Fetched, folder: Path) -> None:
    by_hand = f"put {', '.join(entry.sums)} (from {entry.urls[0]}) into {folder}"
    try:
        import pooch  # imported here to keep start-up fast
    except ImportError:
        raise DataError(
            f"{name} is not on this machine, and downloading it needs the package pooch",
            f"looked in {', '.join(map(str, (folder, *entry.places)))}",
            f"pip install 'nnctl[download]'; or {by_hand}",
        ) from None
    for file, wanted in entry.sums.items():
        reasons = []
        for url in entry.urls:
            try:
                pooch.retrieve(url + file, f"sha256:{wanted}", fname=file, path=folder, progressbar=False)
                break
            except Exception as error:  # network, server and disk errors of many types
                reasons.append(f"{url}: {_reason(error)}")
        else:
            raise DataError(f"{file} of {name} cannot be downloaded ({'; '.join(reasons)})",
                            hint=f"try again when online; or {by_hand}")  # fmt: skip


def _reason(error: Exception) -> str:
    from requests import ConnectionError, Timeout  # imported here to keep start-up fast

    if isinstance(error, ConnectionError | Timeout):
        return "no connection"  # the message itself takes ten lines
    return str(error).splitlines()[0][:200] if str(error) else type(error).__name__
