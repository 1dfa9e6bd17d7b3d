"""The style sheets and scripts of the page, as they are in the folder assets/."""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from importlib import resources

STYLES = ("uPlot.min.css", "base.css", "content.css", "print.css")
SCRIPTS = ("format.js", "page.js", "charts.js")


@cache
def asset(name: str) -> str:
    return (resources.files("nnctl.reports.page") / "assets" / name).read_text(encoding="utf-8")


def styles() -> str:
    return "\n".join(asset(name).strip() for name in STYLES)


def libraries() -> str:
    """uPlot, with its license."""
    return f"/*\n{asset('uPlot.LICENSE').strip()}\n*/\n{asset('uPlot.min.js').strip()}"


def scripts() -> str:
    """The scripts of nnctl, in a scope of their own."""
    parts = [asset(name).replace('"use strict";\n', "", 1).strip() for name in SCRIPTS]
    return "\n\n".join(['(() => {\n"use strict";', *parts, "})();"])


def fingerprint(text: str) -> str:
    """What a Content-Security-Policy allows a script or a style sheet by."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
