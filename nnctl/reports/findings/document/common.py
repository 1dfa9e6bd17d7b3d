"""What several parts of the document have."""

from __future__ import annotations

from typing import Literal, TypedDict

Number = float | int | None
Kind = Literal["classification", "binary", "multilabel", "regression", "ctc", "other"]


class Histogram(TypedDict):
    """edges: (n + 1,), growing. counts: (n,). Values that are NaN or infinite are not counted."""

    edges: list[float]
    counts: list[int]
