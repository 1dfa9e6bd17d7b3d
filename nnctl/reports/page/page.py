"""A report as one HTML file that needs nothing else: no network, no other file."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from nnctl.reports.findings.document import Document, Run
from nnctl.reports.json_output import dumps
from nnctl.reports.page.assets import fingerprint, libraries, scripts, styles
from nnctl.reports.page.context import Page, Section, letter
from nnctl.reports.page.elements import Html, tag
from nnctl.reports.page.header import page_header
from nnctl.reports.page.sections import comparison_sections, run_sections
from nnctl.translation import _, plural


def html_page(document: Document) -> str:
    """The text of the HTML file. Its words are in the language in use, which `document` says, too."""
    page = Page()
    runs = document["runs"]
    several = len(runs) > 1
    title = (
        plural("{n} run compared", "{n} runs compared", len(runs)).format(n=len(runs)) if several else runs[0]["name"]
    )
    sections = comparison_sections(document, page) if several else run_sections(runs[0], page)
    groups = [_run_group(document, page, number) for number in range(len(runs))] if several else []
    help_text = _("In a chart, drag to enlarge a part. With the keyboard, the arrows move the cursor, + and − enlarge.")
    body = [
        tag("a", _("Skip to the report"), class_="skip", href="#report"),
        tag("div",
            page_header(document, title),
            tag("div", _contents(sections, groups),
                tag("main", (section.body for section in sections), (body for *_names, body in groups), id="report",
                    tabindex="-1"),
                class_="columns"),
            tag("p", help_text, id="chart-help", class_="muted", hidden=True) if page.charts else None,
            _footer(document),
            class_="frame"),
        tag("script", embedded({"charts": page.charts, "texts": _texts()}), type="application/json", id="report-data"),
        tag("script", Html(libraries())),
        tag("script", Html(scripts())),
    ]  # fmt: skip
    html = tag("html", _head(title), "\n", tag("body", body), lang=document["language"])
    return f"<!doctype html>\n{html}\n".encode("utf-8", "replace").decode()


def embedded(value: Any) -> Html:
    """JSON that can stand inside a script element: no character in it can end the element or begin another one."""
    return Html(dumps(value, indent=None).replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026"))


def _head(title: str) -> Html:
    policy = "; ".join([
        "default-src 'none'",
        f"script-src {fingerprint(libraries())} {fingerprint(scripts())}",
        f"style-src {fingerprint(styles())}",
        "img-src data:",
        "base-uri 'none'",
        "form-action 'none'",
    ])  # fmt: skip
    return tag("head",
        tag("meta", charset="utf-8"),
        tag("meta", http_equiv="Content-Security-Policy", content=policy),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", name="color-scheme", content="light dark"),
        tag("title", _("{title}: nnctl report").format(title=title)), "\n",
        tag("link", rel="icon", href="data:,"),
        tag("style", Html(styles())),
    )  # fmt: skip


def _run_group(document: Document, page: Page, number: int) -> tuple[str, str, Sequence[Section], Html]:
    """The sections of one of several runs, below a title of their own."""
    run: Run = document["runs"][number]
    comparison = document["comparison"]
    name = comparison["names"][number] if comparison else run["name"]
    page.prefix, page.depth = f"run-{number + 1}-", 3
    sections = run_sections(run, page)
    title = _("Run {letter}: {name}").format(letter=letter(number), name=name)
    anchor = f"run-{number + 1}"
    heading = tag("h2", title, id=f"{anchor}-title")
    body = tag("section", heading, (section.body for section in sections), id=anchor, class_="run",
               aria_labelledby=f"{anchor}-title")  # fmt: skip
    return title, anchor, sections, body


def _contents(sections: Sequence[Section], groups: Sequence[tuple[str, str, Sequence[Section], Html]]) -> Html:
    entries = [tag("li", tag("a", section.title, href=f"#{section.anchor}")) for section in sections]
    entries += [tag("li", tag("a", title, href=f"#{anchor}")) for title, anchor, _sections, _body in groups]
    title = tag("h2", _("Contents"), id="contents-title")
    return tag("nav", title, tag("ol", entries), class_="contents", aria_labelledby="contents-title")


def _footer(document: Document) -> Html:
    words = _("Written by nnctl {version} on {date}. This file needs no network.").format(
        version=document["nnctl_version"], date=document["made_at"].replace("T", " ")[:16]
    )
    return tag("footer", tag("p", words))


def _texts() -> dict[str, str]:
    """The words that the scripts put into the page."""
    return {
        "theme": _("Colors of the page"),
        "auto": _("Automatic"),
        "light": _("Light"),
        "dark": _("Dark"),
        "copy": _("Copy"),
        "copied": _("Copied"),
        "reset": _("Show everything"),
        "log": _("Logarithmic"),
        "chart": _("chart"),
    }
