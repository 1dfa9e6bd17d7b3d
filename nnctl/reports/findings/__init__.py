"""What a report says: the document that every form of the report is written from."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from pathlib import Path

from nnctl.reports.findings.comparison import comparison_of
from nnctl.reports.findings.document import Document
from nnctl.reports.findings.one_run import run_of
from nnctl.translation import language
from nnctl.version import __version__

FORMAT = "nnctl report 1"


def findings_of(folders: Sequence[str | Path]) -> Document:
    """The report on one run or on several, by their folders. Raises RunError if a folder is none of a run."""
    runs = [run_of(Path(folder)) for folder in folders]
    return {
        "format": FORMAT,
        "language": language(),
        "made_at": datetime.datetime.now().astimezone().isoformat(timespec="seconds"),
        "nnctl_version": __version__,
        "runs": runs,
        "comparison": comparison_of(runs) if len(runs) > 1 else None,
    }
