"""Arrays as inputs: vectors, images, sequences and token ids, and the layers that read each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from nnctl.config.starter.network import Size, dropout_rate, hidden_units
from nnctl.config.starter.wording import quoted
from nnctl.data.lazy_array import extent
from nnctl.data.named_arrays import Arrays
from nnctl.translation import _, plural

Kind = Literal["vector", "image", "sequence", "tokens"]
Layers = list[tuple[Any, str]]
_FEW_IMAGES = 10_000  # below which slightly moved images are worth the time
_WIDE = 4096  # values of an image after pooling, above which each channel is averaged


@dataclass(frozen=True)
class ArrayFacts:
    """An array that feeds the model. shape: of a row. most: the largest token id. lengths: whether rows are padded."""

    name: str
    kind: Kind
    shape: tuple[int, ...]
    rows: int
    most: int = 0
    lengths: bool = False
    divisor: float = 1.0
    whole: bool = False
    missing: bool = False


def array_facts(arrays: Arrays, name: str) -> ArrayFacts:
    """What an array looks like."""
    x = arrays[name]
    shape = tuple(x.shape[1:])
    lengths = any(each in arrays.arrays for each in (f"{name}_lengths", "lengths"))
    whole = x.dtype.kind in "uib"
    kind: Kind = "vector"
    if name in arrays.divisors or (x.dtype == np.uint8 and not lengths and len(shape) in (2, 3) and (
        shape[-1] in (1, 3, 4) if len(shape) == 3 else shape[0] == shape[1]
    )):  # fmt: skip
        kind = "image" if len(shape) in (2, 3) else "vector"
    elif len(shape) == 2:
        kind = "sequence"
    elif len(shape) == 1 and whole and lengths:
        kind = "tokens"
    most = int(extent(x)[1]) if kind == "tokens" else 0
    missing = x.dtype.kind == "f" and bool(np.isnan(np.asarray(x[: min(len(x), 100_000)])).any())
    return ArrayFacts(name, kind, shape, len(x), most, lengths, arrays.divisors.get(name, 1.0), whole, missing)


def scaling(entry: ArrayFacts) -> tuple[str, str] | None:
    """The rule of `normalize:` for an array and the reason; None if it needs none."""
    if entry.kind == "tokens" or entry.divisor != 1:
        return None
    if entry.kind == "image":
        return "minmax", _("{array} holds pixels: scaled to 0 to 1.").format(array=quoted(entry.name))
    return "standard", _("{array} is scaled to mean 0 and standard deviation 1, where training starts best.").format(
        array=quoted(entry.name))  # fmt: skip


def layers_of(entry: ArrayFacts, rows: int, each_step: bool = False) -> Layers:
    """The layers from an array to one vector for each row. each_step: one for each time step, as CTC needs."""
    if entry.kind == "image":
        return _image_layers(entry, rows)
    if entry.kind == "vector":
        size = Size(rows, int(np.prod(entry.shape or (1,))))
        flat: Layers = [("Flatten", _("A row becomes one list of numbers."))] if len(entry.shape) > 1 else []
        why = plural("{rows} training rows with {width} value each.",
                     "{rows} training rows with {width} values each.", size.width)  # fmt: skip
        why = why.format(rows=f"{rows:,}", width=f"{size.width:,}")
        units, rate = hidden_units(size), dropout_rate(size)
        for each in units:
            flat.append(({"Dense": {"units": each, "activation": "relu"}}, why if each == units[0] else ""))
            flat += [({"Dropout": {"rate": rate}}, "")] if rate else []
        return flat
    layers: Layers = []
    if entry.kind == "tokens":
        why = _("A vector for each of the token ids 0 to {most}, learned.").format(most=entry.most)
        layers.append(({"Embedding": {"input_dim": entry.most + 1, "output_dim": 32}}, why))
    recurrent: dict[str, Any] = {"LSTM": {"units": 48, "return_sequences": True}} if each_step else {
        "GRU": {"units": 48}}  # fmt: skip
    why = _("Reads the {steps} time steps in order, from both ends.").format(steps=entry.shape[0])
    if entry.lengths:
        why += " " + _("The array of lengths tells which are padding.")
    layers.append(({"Bidirectional": {"layer": recurrent}}, why))
    if not each_step:
        layers.append(({"Dropout": {"rate": 0.3}}, _("Dropout against overfitting.")))
    return layers


def _image_layers(entry: ArrayFacts, rows: int) -> Layers:
    height, width = entry.shape[:2]
    layers: Layers = []
    if len(entry.shape) == 2:
        layers.append(({"Reshape": {"target_shape": [height, width, 1]}}, _("Images with one channel.")))
    if rows < _FEW_IMAGES and min(height, width) >= 8:
        why = _("{rows} images are few: in training, each is moved a little.").format(rows=f"{rows:,}")
        moved = {"height_factor": 0.1, "width_factor": 0.1, "fill_mode": "constant"}
        layers.append(({"RandomTranslation": moved}, why))
    filters, first = 32, True
    while min(height, width) >= 4 and filters <= 128:
        why = _("Convolutions see edges, then shapes; each pooling halves the size of {height} x {width} pixels.")
        layers.append(({"Conv2D": {"filters": filters, "kernel_size": 3, "padding": "same", "activation": "relu"}},
                       why.format(height=height, width=width) if first else ""))  # fmt: skip
        layers.append(({"MaxPooling2D": {"pool_size": 2}}, ""))
        height, width, filters, first = height // 2, width // 2, 2 * filters, False
    values = height * width * (entry.shape[-1] if first else filters // 2)
    if values > _WIDE:
        layers.append(("GlobalAveragePooling2D", _("The mean of each channel, wherever in the image.")))
    else:
        layers.append(("Flatten", ""))
    if first:
        layers.append(({"Dense": {"units": 64, "activation": "relu"}}, ""))
    return [*layers, ({"Dropout": {"rate": 0.3}}, _("Dropout against overfitting."))]


def named(layers: Layers, source: str, name: str) -> Layers:
    """The layers of one of several inputs: the first takes `source`, the last is called `name`."""
    found: Layers = []
    for at, (layer, why) in enumerate(layers):
        [(kind, arguments)] = layer.items() if isinstance(layer, Mapping) else [(layer, {})]
        more = ({"from": source} if at == 0 else {}) | ({"name": name} if at == len(layers) - 1 else {})
        found.append(({kind: {**arguments, **more}}, why))
    return found
