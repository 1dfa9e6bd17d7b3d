"""What is said about the model: its layers, weights and inputs."""

from __future__ import annotations

from typing import TypedDict

from nnctl.reports.findings.document.common import Histogram, Number


class Importance(TypedDict):
    """Permutation importance: how much worse the metric becomes when one column's values are shuffled over the rows.

    metric: its name. score: of the model on these rows, before shuffling. rows, repeats: on how many rows and how often
    each column was shuffled. columns: the most important first, at most 50. all_columns: how many there are;
    unused_columns: how many of these make the model no worse.
    """

    metric: str
    score: Number
    rows: int
    repeats: int
    columns: list[ColumnImportance]
    all_columns: int
    unused_columns: int


class ColumnImportance(TypedDict):
    """mean, std: over the repeats, of how much worse the metric became (0 or less: the column is not used)."""

    column: str
    mean: float
    std: float


class Layer(TypedDict):
    """shape: of the output without the rows; None for a length that varies. sources: the layers and inputs it takes."""

    name: str
    kind: str
    shape: list[int | None]
    parameters: int
    sources: list[str]
    shared: str | None


class WeightDistribution(TypedDict):
    """One array of weights. layer and weight: "dense" and "kernel". trained: False for moving averages and frozen
    weights. Numbers over all its entries that are finite."""

    layer: str
    weight: str
    shape: list[int]
    trained: bool
    minimum: Number
    maximum: Number
    mean: Number
    std: Number
    histogram: Histogram | None


class Activations(TypedDict):
    """The outputs of the layers, on a sample of rows. rows: how many."""

    rows: int
    layers: list[LayerActivations]


class LayerActivations(TypedDict):
    """shape: of the output without the rows. mean, std: over all values. zero_fraction: the share of values that are
    exactly 0. dead_units: units (the last axis) that are 0 for every row; None for a layer without ReLU.
    saturated_fraction: the share of values within 0.05 of a bound of a sigmoid or tanh (of its range); None for others.
    """

    layer: str
    kind: str
    activation: str | None
    shape: list[int]
    units: int
    mean: Number
    std: Number
    zero_fraction: float
    dead_units: int | None
    saturated_fraction: float | None
    histogram: Histogram | None


class Filters(TypedDict):
    """The weights of a layer that reads a picture, as pictures. kind: "Conv2D" (a picture for each filter) or "Dense"
    (a picture for each unit, in the shape of the input). shape: (height, width) of each. Red is positive and blue is
    negative, unless the input has three channels. pictures: PNG data URIs, at most 64. units: of the layer."""

    layer: str
    kind: str
    shape: list[int]
    units: int
    pictures: list[str]
