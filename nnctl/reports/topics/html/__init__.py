"""A topic as one HTML page, which needs no network: `nnctl explain TOPIC --html`."""

from __future__ import annotations

import json
from collections.abc import Sequence
from html import escape
from pathlib import Path

from nnctl.reports.topics.cases import derivative_line
from nnctl.reports.topics.document import Page, Rows
from nnctl.reports.topics.family_tree import ROOT, adds, children
from nnctl.reports.topics.html.plots import figure
from nnctl.reports.topics.names import IDEA, own_name, shown_name
from nnctl.reports.topics.race_map import STEPS, TRIED
from nnctl.reports.topics.text_page import ANOTHER, SHAPES, parameters_text, plots_title, shape_lines
from nnctl.translation import _, language

_FOLDER = Path(__file__).parent


def html_page(page: Page) -> str:
    """The page as HTML; that of an optimizer has the race, animated."""
    parts = [_title(page), *_formula(page), *_race(page), *_shapes(page), *_plots(page), *_example(page),
             *_advice(page), *_arguments(page), *_ends(page)]  # fmt: skip
    return _read("page.html").format(
        language=language(), title=f"{escape(page['topic'])}: nnctl explain", css=_read("page.css"),
        body="\n".join(parts), scripts=_scripts(page),
    )  # fmt: skip


def _read(name: str) -> str:
    return (_FOLDER / name).read_text(encoding="utf-8")


def _p(text: str, kind: str = "") -> str:
    return f'<p class="{kind}">{escape(text)}</p>' if kind else f"<p>{escape(text)}</p>"


def _heading(text: str) -> str:
    return f"<h2>{escape(text)}</h2>"


def _pre(lines: Sequence[str], kind: str = "") -> str:
    # a wide line is scrolled to, also by the keyboard
    focus = "" if kind == "formula" else ' tabindex="0"'
    return f'<pre class="{kind}"{focus}>{escape(chr(10).join(lines))}</pre>'


def _title(page: Page) -> str:
    title = f"<h1>{escape(shown_name(page['topic']))}<small>{escape(_(page['family']))}</small></h1>"
    notes = page["notes"] if page["family"] == IDEA or not page["formula"] else []
    return "\n".join([title, _p(page["summary"], "lead"), *map(_p, notes)])


def _formula(page: Page) -> list[str]:
    if not page["formula"]:
        return []
    derivative = page["derivative"]
    lines = [*page["formula"]]
    if derivative:
        lines.append(derivative_line(derivative))
    notes = [] if page["family"] == IDEA else page["notes"]
    first = [note for note in notes if note.endswith(":")]
    rest = [note for note in notes if note not in first]
    return [_heading(_("formula")), *map(_p, first), _pre(lines, "formula"), *map(_p, rest)]


def _shapes(page: Page) -> list[str]:
    if not page["shapes"]:
        return []
    parameters = [_p(parameters_text(page))] if page["parameters"] else []
    return [_heading(_(SHAPES)), _pre(shape_lines(page, unicode=True), "drawing"), *parameters]


def _plots(page: Page) -> list[str]:
    if not page["plots"]:
        return []
    return [_heading(plots_title(page)), f'<div class="plots">{"".join(map(figure, page["plots"]))}</div>']


def _example(page: Page) -> list[str]:
    example = page["example"]
    if not example:
        return []
    parts = [_heading(_("worked example, computed by nnctl"))]
    if example["intro"]:
        parts.append(_p(example["intro"]))
    if example["table"]:
        parts.append(_table(example["table"]))
    if example["lines"]:
        parts.append(_pre(example["lines"]))
    return [*parts, _p(example["outcome"])] if example["outcome"] else parts


def _table(table: Rows) -> str:
    def cells(tag: str, row: Sequence[str]) -> str:
        kinds = (" class='text'" if column < table["left"] else "" for column in range(len(row)))
        return "".join(f"<{tag}{kind}>{escape(cell)}</{tag}>" for kind, cell in zip(kinds, row, strict=True))

    rows = "".join(f"<tr>{cells('td', row)}</tr>" for row in table["rows"])
    return (f'<div class="wide" tabindex="0"><table><thead><tr>{cells("th", table["titles"])}</tr></thead>'
            f"<tbody>{rows}</tbody></table></div>")  # fmt: skip


def _advice(page: Page) -> list[str]:
    idea = page["family"] == IDEA
    titles = (_("what to do"), _("a common mistake")) if idea else (_("when to use it"), _("when not"))
    found = []
    for title, text in zip(titles, (page["use"], page["avoid"]), strict=True):
        found += [_heading(title), _p(text)] if text else []
    return [*found, _heading(_("YAML")), _pre(page["yaml"].splitlines())]


def _arguments(page: Page) -> list[str]:
    if not page["arguments"]:
        return []
    rows = []
    for argument in page["arguments"]:
        default = _("required") if argument["default"] is None else argument["default"]
        meaning = f"{escape(argument['meaning'])} <span class='muted'>{escape(argument['type'])}</span>"
        rows.append(f"<tr><th><code>{escape(argument['name'])}</code></th><td><code>{escape(default)}</code></td>"
                    f"<td>{meaning}</td></tr>")  # fmt: skip
    titles = "".join(f"<th class='text'>{escape(title)}</th>" for title in (_("argument"), _("default"), _("meaning")))
    return [
        _heading(_("arguments")), '<div class="wide" tabindex="0"><table class="arguments">',
        f"<thead><tr>{titles}</tr></thead><tbody>{''.join(rows)}</tbody></table></div>",
    ]  # fmt: skip


def _ends(page: Page) -> list[str]:
    lines = (
        (_("topics"), ", ".join(map(own_name, page["see"]))),
        (_("Keras"), page["keras"]),
        (_("source"), page["source"]),
    )
    texts = [f"{name}: {text}" for name, text in lines if text]
    texts += [_(ANOTHER).format(name=page["topic"], words=other) for other in page["others"]]
    return [_heading(_("see also")), *map(_p, texts)] if texts else []


def _race(page: Page) -> list[str]:
    if not page["race"]:
        return []
    how = _("All start at the same point and make {steps} steps, each with the best of the learning rates {low} to "
            "{high} for the surface. The bands of the map are levels of height, and ✕ is the lowest point. The chart "
            "below shows how low each one is: what counts is to get low quickly. The thick line is {name}. The space "
            "bar plays and pauses.").format(steps=STEPS, low=TRIED[0], high=TRIED[-1], name=page["topic"])  # fmt: skip
    map_label, chart_label = escape(_("The paths on the map")), escape(_("The height over the steps"))
    return [
        _heading(_("race")), _p(how),
        '<div class="race" id="race"><div>'
        f'<p class="muted surface-formula"></p><canvas class="map" role="img" aria-label="{map_label}"></canvas>'
        f'<div class="controls"><button type="button">{escape(_("play"))}</button>'
        f'<input type="range" min="0" value="0" aria-label="{escape(_("step"))}"><output></output></div>'
        f'<canvas class="chart" role="img" aria-label="{chart_label}"></canvas></div>'
        f'<div><fieldset class="surfaces"><legend>{escape(_("surface"))}</legend></fieldset>'
        '<fieldset class="racers"></fieldset></div></div>',
        _heading(_("family tree: what each adds to its parent")), f'<ul class="tree">{_tree(ROOT, page["topic"])}</ul>',
    ]  # fmt: skip


def _tree(name: str, own: str) -> str:
    added = adds(name)
    below = "".join(_tree(child, own) for child in children(name))
    inside = f'<ul class="tree">{below}</ul>' if below else ""
    mark = ' class="own" aria-current="true"' if name == own else ""
    return f"<li{mark}><b>{escape(name)}</b> {escape(_(added)) if added else ''}{inside}</li>"


def _scripts(page: Page) -> str:
    if not page["race"]:
        return ""
    words = {"play": _("play"), "pause": _("pause"), "step": _("step {number}"),
             "racers": _("optimizer (learning rate), height")}  # fmt: skip
    surfaces = [{**surface, "title": _(surface["name"])} for surface in page["race"]]
    data = json.dumps({"surfaces": surfaces, "words": words}, ensure_ascii=False).replace("<", "\\u003c")
    return f'<script type="application/json" id="race-data">{data}</script>\n<script>{_read("race.js")}</script>'
