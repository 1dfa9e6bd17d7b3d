"""The files that a path, a glob or a list of these names, and their format by file extension."""

from __future__ import annotations

import errno
import glob
import re
import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from nnctl.errors import DataError
from nnctl.similar_names import alike_files

FORMATS = {
    ".csv": "csv", ".tsv": "csv", ".txt": "csv", ".data": "csv",
    ".json": "json", ".jsonl": "json", ".ndjson": "json",
    ".parquet": "parquet", ".pq": "parquet",
    ".npz": "npz", ".npy": "npy",
    ".png": "image", ".jpg": "image", ".jpeg": "image", ".bmp": "image", ".gif": "image", ".webp": "image",
    ".tif": "image", ".tiff": "image", ".ppm": "image", ".pgm": "image",
}  # fmt: skip
# train-images-idx3-ubyte.gz, t10k-labels.idx1-ubyte, digits.idx
_IDX = re.compile(r".*([-.]idx\d+[-.]\w+|\.idx\d*|-ubyte)(\.gz)?", re.IGNORECASE)
_ESCAPED = "\a\b\t\n\v\f\r\x1b\x85\xa0\u2028\u2029"  # what \a, \b, ... of a Windows path are in YAML's double quotes
_HINTS = {
    ".xlsx": "save the sheet as CSV (UTF-8)",
    ".xls": "save the sheet as CSV (UTF-8)",
    ".pkl": "pickles can run code when read: save as CSV, Parquet or npz",
    ".pickle": "pickles can run code when read: save as CSV, Parquet or npz",
    ".zip": "unpack it first: `unzip {}`",
    ".zst": "unpack it first: `zstd -d {}`, or use gzip",
    ".bz2": "unpack it first: `bunzip2 -k {}`, or use gzip",
    ".xz": "unpack it first: `xz -dk {}`, or use gzip",
    ".lz4": "unpack it first: `lz4 -d {}`, or use gzip",
    ".7z": "unpack it first: `7z x {}`",
    ".tar": "unpack it first: `tar xf {}`",
    ".tgz": "unpack it first: `tar xf {}`",
    ".rar": "unpack it first",
    ".ods": "save the sheet as CSV (UTF-8)",
    ".feather": "save it as Parquet",
    ".arrow": "save it as Parquet",
}


@dataclass(frozen=True)
class Files:
    """Files of one format ("csv", "json", "parquet", "npz", "npy", "idx", "image", "texts").
    name: what messages call them."""

    format: str
    paths: tuple[Path, ...]
    name: str

    @property
    def size(self) -> int:
        """Bytes on disk, of all files together."""
        return sum(path.stat().st_size for path in self.paths)


def find_files(names: Sequence[str], texts: bool = False) -> Files:
    """The files that paths and globs name, sorted within each glob, without repeats. texts: whether .txt files are
    texts, as they are in a folder, and not tables.

    Raises DataError for a missing file (with the most similar name), a folder, a glob without a match, an unknown
    extension, and files of several formats.
    """
    if not names:
        raise DataError("dataset.path is empty", hint="give a file, a glob such as data/*.csv, or a list")
    if len(names) == 1 and (found := texts_in(names[0])):
        return Files("texts", found, names[0])
    paths: dict[Path, None] = {}
    for name in names:
        paths.update(dict.fromkeys(_expand(name)))
    shown = names[0] if len(names) == 1 else f"{names[0]} and {len(names) - 1} more"
    if texts and all(map(is_text, paths)):
        return Files("texts", tuple(paths), shown)
    formats = {_format(path): path for path in paths}
    if len(formats) > 1:
        examples = ", ".join(path.name for path in formats.values())
        raise DataError(
            f"the files have different formats ({examples})", shown, "use files of one format in one data set"
        )
    return Files(next(iter(formats)), tuple(paths), shown)


def unreadable(name: str, error: OSError) -> DataError:
    """The error about a file or folder that the system does not let one read."""
    hint = "check its permissions" if error.errno == errno.EACCES else None
    return DataError(f"cannot be read ({error.strerror or error})", name, hint)


def is_image(path: Path) -> bool:
    """Whether a file has the extension of an image."""
    return FORMATS.get(path.suffix.lower()) == "image"


def is_idx(path: Path) -> bool:
    """Whether a file has the name of an IDX file, the format of MNIST."""
    return _IDX.fullmatch(path.name) is not None


def is_text(path: Path) -> bool:
    """Whether a file in a folder has the extension of a text."""
    return path.suffix.lower() == ".txt"


def texts_in(name: str) -> tuple[Path, ...]:
    """The texts in a folder and its subfolders; none for any other path."""
    folder = Path(name).expanduser()
    if "\0" in name or not folder.is_dir():
        return ()
    return tuple(sorted(path for path in folder.rglob("*") if is_text(path) and path.is_file()))


def _expand(name: str) -> list[Path]:
    if re.match(r"\w{2,}://", name):  # not C://data.csv
        raise DataError("data are read from files, not from the network", name, "download the file first")
    if "\0" in name:
        raise DataError("a path cannot contain a NUL character", repr(name))
    path = Path(name).expanduser()
    try:
        if path.is_dir():
            raise DataError("this is a folder, not a file", name, f'give its files: "{name.rstrip("/")}/*.csv"')
        if path.is_file():
            return [path]
        if path.exists():  # such as /dev/fd/63, which a shell makes of <(command)
            raise DataError("this is a pipe or a device, not a file", name,
                            "write the data to a file first, or, to predict, pass them as standard input: "
                            "`nnctl predict RUN - < FILE`")  # fmt: skip
    except OSError as error:
        raise unreadable(name, error) from None
    if glob.has_magic(name):
        found = sorted(Path(hit) for hit in glob.glob(str(path), recursive=True) if Path(hit).is_file())
        if not found:
            raise DataError("no file matches", name, f"the current folder is {Path.cwd()}")
        return found
    if any(letter in name for letter in _ESCAPED):
        raise DataError(
            "there is no such file",
            repr(name),
            "inside double quotes, \\ begins an escape sequence (\\t is a tab): write / instead, or use single quotes",
        )
    raise DataError("there is no such file", name, nearest_file(path))


def nearest_file(path: Path) -> str:
    """A hint for a path that leads to no file: similar names beside it, or the current folder."""
    if not path.parent.is_dir():
        return f"there is no folder {path.parent} either; the current folder is {Path.cwd()}"
    data = [entry.name for entry in path.parent.iterdir() if entry.suffix not in (".yaml", ".yml")]
    if near := alike_files(path.name, data):
        return f"did you mean {' or '.join(str(path.parent / name) for name in near)}?"
    return f"the current folder is {Path.cwd()}"


def _format(path: Path) -> str:
    if is_idx(path):
        return "idx"
    suffixes = [suffix.lower() for suffix in path.suffixes]
    if suffixes[-1:] == [".gz"] and FORMATS.get(suffixes[-2] if len(suffixes) > 1 else "") in ("csv", "json"):
        return FORMATS[suffixes[-2]]
    ending = suffixes[-1] if suffixes else ""
    if ending in FORMATS:
        return FORMATS[ending]
    shown = f"{ending!r} files are not supported" if ending else "the file name has no extension that shows its format"
    hint = _HINTS.get(ending, f"supported: {', '.join(FORMATS)}").format(shlex.quote(str(path)))
    if ending == ".gz":
        inner = "".join(suffixes[-2:])
        shown = f"{inner!r} files are not supported"
        packed = f"tar xf {shlex.quote(str(path))}" if inner == ".tar.gz" else f"gunzip -k {shlex.quote(str(path))}"
        hint = f"unpack it first: `{packed}`; CSV and JSON are read as .csv.gz and .json.gz"
    raise DataError(shown, str(path), hint)
