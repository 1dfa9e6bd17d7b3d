"""The size of the images of a folder: large ones are read smaller, so that training takes minutes."""

from __future__ import annotations

from pathlib import Path

from nnctl.config.starter.choices import Choice
from nnctl.data.readers.paths import is_image
from nnctl.errors import DataError
from nnctl.translation import _

LARGEST = 64  # pixels of a side
LIKE_BEFORE = 96  # pixels of a side up to which images keep their size


def image_choice(source: str) -> Choice | None:
    """The `image:` for a folder of large images, by the first one; None for any other source."""
    folder = Path(source).expanduser()
    if not folder.is_dir():
        return None
    first = next((path for path in sorted(folder.rglob("*")) if is_image(path)), None)
    if first is None:
        return None
    from PIL import Image, UnidentifiedImageError  # imported here to keep start-up fast

    try:
        with Image.open(first) as image:
            width, height = image.size
    except (OSError, UnidentifiedImageError):
        raise DataError(_("this file cannot be read as an image"), str(first)) from None
    if max(width, height) <= LIKE_BEFORE:
        return None
    factor = LARGEST / max(width, height)
    size = [max(8, round(height * factor)), max(8, round(width * factor))]
    why = _("The images are {height} x {width} pixels, as the first one: read smaller, so that training takes minutes.")
    return Choice(("dataset", "image"), {"size": size}, (why.format(height=height, width=width),))
