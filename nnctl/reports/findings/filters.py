"""The weights of the first layer that reads a picture, as pictures."""

from __future__ import annotations

import numpy as np

from nnctl.data import Preprocessing
from nnctl.reports.findings.document import Filters
from nnctl.reports.findings.pictures import data_uri, diverging, gray
from nnctl.reports.findings.rows import picture_shape
from nnctl.training.model import Model

Array = np.ndarray
MOST, LARGEST = 64, 40  # pictures of a layer, and pixels of their sides
_PASSED = ("Flatten", "Reshape", "Dropout", "Rescaling", "GaussianNoise", "BatchNormalization", "ZeroPadding2D")


def filters_of(model: Model, preprocessing: Preprocessing) -> list[Filters]:
    """Of each input that is a picture, the first layers with weights that take it: Conv2D filters, or a picture of the
    input's shape for each unit of a Dense layer."""
    found: list[Filters] = []
    for name, entry in preprocessing.array_inputs.items():
        shape = picture_shape(entry, False)
        if shape is None:
            continue
        for node in model.graph.nodes:
            if node.shared or not any(_leads_to(model, source, name) for source in node.sources):
                continue
            weights = {} if node.shared else model.program.weights_of(model.graph.owner(node))
            kernel = weights.get("kernel")
            if kernel is None:
                continue
            if node.layer.kind in ("Conv2D", "Convolution2D") and kernel.ndim == 4:
                found.append(_convolution(node.name, node.layer.kind, kernel))
            elif node.layer.kind == "Dense" and kernel.ndim == 2 and kernel.shape[0] == int(np.prod(shape)):
                found.append(_dense(node.name, kernel, shape))
    return found


def _leads_to(model: Model, source: str, name: str) -> bool:
    """Whether a layer's source is the input, unchanged but for its shape, its scale or what training alone does."""
    nodes = {node.name: node for node in model.graph.nodes}
    while source in nodes:
        node = nodes[source]
        if not (node.layer.kind in _PASSED or node.layer.kind.startswith("Random")) or len(node.sources) != 1:
            return False
        source = node.sources[0]
    return source == name


def _convolution(name: str, kind: str, kernel: Array) -> Filters:
    """kernel: (height, width, channels, filters). Three channels are colors; of other numbers the mean is shown."""
    height, width, channels, filters = kernel.shape
    pictures = []
    for at in range(min(filters, MOST)):
        one = kernel[..., at]
        if channels == 3:
            far = float(np.abs(one).max()) or 1.0
            pictures.append(data_uri(gray(one, -far, far), LARGEST))
        else:
            pictures.append(data_uri(diverging(one.mean(axis=2)), LARGEST))
    return {"layer": name, "kind": kind, "shape": [height, width], "units": filters, "pictures": pictures}


def _dense(name: str, kernel: Array, shape: tuple[int, ...]) -> Filters:
    """kernel: (pixels, units)."""
    pictures = []
    for at in range(min(kernel.shape[1], MOST)):
        one = kernel[:, at].reshape(shape)
        pictures.append(data_uri(diverging(one if one.ndim == 2 else one.mean(axis=2)), LARGEST))
    return {"layer": name, "kind": "Dense", "shape": list(shape[:2]), "units": kernel.shape[1], "pictures": pictures}
