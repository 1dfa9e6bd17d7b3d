"""What the commands call: train, evaluate, predict, check."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from nnctl.data.parts import Target
from nnctl.spec.model import Spec
from nnctl.training.events import Figures, RunEnded, Subscriber


@dataclass(frozen=True)
class LayerLine:
    """One row of a summary. shape: output's, the batch axis left out."""

    name: str
    kind: str
    sources: tuple[str, ...]
    shape: tuple[int | None, ...]
    parameters: int
    trainable: int
    multiply_adds: int


@dataclass(frozen=True)
class Summary:
    lines: tuple[LayerLine, ...]
    inputs: Mapping[str, tuple[int | None, ...]]
    outputs: tuple[str, ...]
    parameters: int
    trainable: int
    multiply_adds: int  # of one sample's forward pass
    memory: int  # bytes while training at the config's batch size: weights, gradients, optimizer, activations


@dataclass(frozen=True)
class CheckReport:
    """What `check` found, all well. columns: (name, "number" or "category", role) of a table."""

    summary: Summary
    rows: Mapping[str, int]
    columns: tuple[tuple[str, str, str], ...]
    notes: tuple[str, ...]
    first_loss: float  # of one forward pass on the first batch
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class Evaluation:
    """What `eval` found. confusion: by output, (classes, classes), rows the truth."""

    split: str
    rows: int
    figures: Figures
    targets: Mapping[str, Target]
    confusion: Mapping[str, np.ndarray]


@dataclass(frozen=True)
class Predictions:
    """Columns by name, all of one length, in the order they are to be written."""

    columns: Mapping[str, np.ndarray]


def train(spec: Spec, *, folder: Path | None = None, resume: bool = False,
          subscribers: Iterable[Subscriber] = ()) -> RunEnded:  # fmt: skip
    """Trains into `folder` (default runs/NAME-TIMESTAMP). Raises NnctlError; events go to subscribers."""
    raise NotImplementedError


def resume(folder: Path, *, overrides: Mapping[str, Any] | None = None,
           subscribers: Iterable[Subscriber] = ()) -> RunEnded:  # fmt: skip
    """Goes on with a run where its newest good checkpoint left it."""
    raise NotImplementedError


def check(spec: Spec) -> CheckReport:
    """Goes through config and data: shapes, losses against activations and labels, one forward and backward batch."""
    raise NotImplementedError


def summary(spec: Spec) -> Summary:
    """The layers, before any training."""
    raise NotImplementedError


def evaluate(run: Path, *, data: str | None = None, split: str = "test") -> Evaluation:
    """Figures of a trained run on one of its own parts, or on raw files."""
    raise NotImplementedError


def predict(run: Path, source: str) -> Predictions:
    """Predictions, in the data's own words, for each row of raw files."""
    raise NotImplementedError
