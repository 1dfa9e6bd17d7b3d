"""What was done to the data, the arithmetic of batches, and the environment."""

from __future__ import annotations

from typing import Any

from nnctl.reports.findings.document import Batches, Run
from nnctl.reports.notes import environment_words
from nnctl.reports.number_format import count
from nnctl.reports.page.context import Page, Section
from nnctl.reports.page.elements import Html, tag
from nnctl.reports.page.tables import key_values
from nnctl.translation import _


def sections(run: Run, page: Page) -> list[Section | None]:
    return [
        page.section("data", _("Data"), listed(run["notes"])),
        page.section("batches", _("Batches and iterations"), *_batches(run["batches"], page)),
        page.section("environment", _("Environment"), _environment(run["environment"])),
    ]


def listed(sentences: list[str]) -> Html | None:
    return tag("ul", (tag("li", one) for one in sentences), class_="notes") if sentences else None


def _batches(batches: Batches | None, page: Page) -> list[Html]:
    if not batches:
        return []
    names = {
        "samples": _("training rows"),
        "batch_size": _("batch size"),
        "iterations_per_epoch": _("iterations in an epoch"),
        "last_batch": _("rows in the last batch"),
        "epochs": _("epochs"),
        "total_iterations": _("iterations in all"),
        "samples_seen": _("rows seen in all"),
    }
    facts = key_values((name, count(batches[key])) for key, name in names.items())  # type: ignore[literal-required]  # keys of Batches
    formulas = [
        tag("figure", tag("figcaption", page.title(formula["title"], 1)),
            tag("div", tag("pre", tag("code", "\n".join(formula["lines"]))), class_="code"))
        for formula in batches["formulas"]
    ]  # fmt: skip
    return [facts, tag("div", formulas, class_="figures")] if formulas else [facts]


def _environment(environment: dict[str, Any]) -> Html | None:
    known = environment_words(environment)
    return key_values(known.items()) if known else None
