"""The whole document, and the comparison of its runs."""

from __future__ import annotations

from typing import Literal, TypedDict

from nnctl.reports.findings.document.common import Number
from nnctl.reports.findings.document.run import Run


class Document(TypedDict):
    """The whole report.

    format: "nnctl report 1"; the number grows if a key changes its meaning or goes. language: "en" or "ko".
    made_at: when the report was made, in ISO 8601 with the offset of the zone. runs: at least one, in the order they
    were asked for. comparison: None for a single run.
    """

    format: str
    language: str
    made_at: str
    nnctl_version: str
    runs: list[Run]
    comparison: Comparison | None


class Comparison(TypedDict):
    """Several runs side by side; each list of values is in the order of Document.runs.

    names: short and different for each run. config_differences: the keys whose values are not the same in all runs; a
    value is None where the run's config lacks the key. metrics: on the split in `split`, of which best_index is the
    run with the best value (the first of equals; None if no run has one). comparable: False if the runs were not
    evaluated on the same rows, and `sentences` says why. charts: the curves of all runs by series name; each run's
    epochs are in its own History. verdict: which run is best, in a sentence.
    """

    names: list[str]
    verdict: str
    comparable: bool
    sentences: list[str]
    config_differences: list[ConfigDifference]
    metrics: list[MetricRow]
    charts: list[str]


class ConfigDifference(TypedDict):
    key: str
    values: list[str | None]


class MetricRow(TypedDict):
    """name: of the metric, or "parameters", "seconds", "epochs". better: None where neither is better."""

    name: str
    values: list[Number]
    baseline: list[Number]
    best_index: int | None
    better: Literal["max", "min"] | None
