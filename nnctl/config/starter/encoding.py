"""The encoding of files that are not in UTF-8, as Excel often saves CSV."""

from __future__ import annotations

import re
from pathlib import Path

from nnctl.config.starter.choices import Choice
from nnctl.data.readers.csv.encodings import candidates
from nnctl.data.readers.paths import FORMATS, texts_in
from nnctl.translation import _

_SAMPLE = 1 << 20  # bytes that are looked at
_PLAUSIBLE = 0.3


def encoding_choice(source: str) -> Choice | None:
    """The `encoding:` of a CSV file or a folder of texts that is not in UTF-8, the most plausible one; None for any
    other file."""
    path = Path(source)
    if path.is_dir():
        sample = _texts_not_in_utf8(source)
    elif FORMATS.get(path.suffix.lower()) == "csv" and path.is_file():
        with path.open("rb") as file:
            sample = file.read(_SAMPLE)
    else:
        return None
    if sample.startswith((b"\xff\xfe", b"\xfe\xff")) or _is_utf8(sample):
        return None
    lines = re.findall(rb"[^\r\n]*[\x80-\xff][^\r\n]*(?=[\r\n])", sample)[:200]
    found = candidates(b"\n".join(lines)) if lines else []
    if not found or found[0][3] < _PLAUSIBLE:
        return None
    name, title, *_rest = found[0]
    why = _("The file is not in UTF-8; {encoding} ({title}) fits its letters.")
    if path.is_dir():
        why = _("Some texts are not in UTF-8; {encoding} ({title}) fits their letters.")
    why = why.format(encoding=name, title=title)
    return Choice(("dataset", "encoding"), name, (why,))


def _texts_not_in_utf8(folder: str) -> bytes:
    """The lines of texts that are not in UTF-8; none if another text needs UTF-8."""
    lines: list[bytes] = []
    size = 0
    for path in texts_in(folder):
        text = path.read_bytes()
        if text.isascii() or size > _SAMPLE:
            continue
        if _is_utf8(text):
            return b""
        lines += [line + b"\n" for line in text.splitlines()]
        size += len(text)
    return b"".join(lines)


def _is_utf8(sample: bytes) -> bool:
    try:
        sample.decode("utf-8")
    except UnicodeDecodeError as error:
        return len(sample) == _SAMPLE and error.start > len(sample) - 4  # a letter that is cut off at the end
    return True
