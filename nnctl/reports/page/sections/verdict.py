"""The run in words, its metrics beside those of the baseline, what the report lacks, and what to try."""

from __future__ import annotations

from nnctl.reports.findings.document import Evaluation, Finding, Run, Suggestion
from nnctl.reports.number_format import count, metric
from nnctl.reports.page.context import Page, Section
from nnctl.reports.page.elements import Child, Html, tag
from nnctl.reports.page.sections.data import listed
from nnctl.reports.page.tables import Cell, code, table
from nnctl.translation import _, plural


def sections(run: Run, page: Page) -> list[Section | None]:
    verdict = run["verdict"]
    findings = [_finding(one) for one in verdict["sentences"]]
    return [
        page.section(
            "verdict",
            _("Verdict"),
            _headline(run),
            tag("ul", findings, class_="findings") if findings else None,
            _metrics(run["evaluation"], page) if run["evaluation"] else None,
        ),
        page.section("missing", _("What this report lacks"), listed(run["missing"])),
        page.section("suggestions", _("What to try"), _suggestions(verdict["suggestions"])),
    ]


def _headline(run: Run) -> Html:
    verdict = run["verdict"]
    grade = verdict["grade"]
    names = {"good": _("✓ Good"), "fair": _("~ Fair"), "poor": _("✗ Poor")}
    word = tag("span", names[grade], class_="grade") if grade in names else None
    about = run["facts"]["weights"]
    aside = tag("p", _("This is about the {weights}.").format(weights=about), class_="about") if about else None
    return tag("div", word, tag("p", verdict["headline"], class_="headline"), aside, class_=f"verdict {grade}")


def _finding(finding: Finding) -> Html:
    names = {"good": _("Good"), "note": _("Note"), "warning": _("Warning"), "problem": _("Problem")}
    return tag("li", tag("b", names[finding["severity"]]), tag("span", finding["text"]), class_=finding["severity"])


def _suggestions(suggestions: list[Suggestion]) -> Html | None:
    if not suggestions:
        return None
    return tag("ol", (tag("li", _suggestion(one)) for one in suggestions), class_="suggestions")


def _suggestion(one: Suggestion) -> list[Child]:
    parts: list[Child] = [tag("p", one["text"])]
    if one["yaml"]:
        parts.append(code(one["yaml"].rstrip("\n"), _("Copy these lines of YAML")))
    if one["command"]:
        parts.append(code(one["command"], _("Copy this command")))
    return parts


def _metrics(evaluation: Evaluation, page: Page) -> Html:
    """A row for each metric: on the evaluated rows, of the baseline, and as training wrote it down."""
    names = {"train": _("training"), "validation": _("validation"), "test": _("test")}
    split = names[evaluation["split"]]
    baseline = evaluation["baseline"]
    # The loss and the metrics of the evaluated split were written down, too, but on all of its rows.
    recorded = [key for key in ("train", "validation", "test") if evaluation["recorded"].get(key)]
    recorded = [key for key in recorded if key != evaluation["split"] or evaluation["sampled"]]
    all_rows = {key: names[key] for key in recorded}
    if evaluation["sampled"]:
        all_rows |= {key: _("{split} (all)").format(split=split) for key in recorded if key == evaluation["split"]}
        split = _("{split} (sample)").format(split=split)
    titles = [_("metric"), split, *([_("baseline")] if baseline else []), *all_rows.values()]
    rows = []
    for name, value in evaluation["metrics"].items():
        shown = _("{metric} (scaled)").format(metric=name) if name in evaluation["scaled"] else name
        base = [metric(baseline["metrics"].get(name))] if baseline else []
        written = [metric(evaluation["recorded"][key].get(name)) for key in recorded]
        rows.append([shown, Cell(metric(value), best=True), *base, *written])
    how = plural(
        "Metrics on {n} row that the model did not see while training; a model is worth its training if it is better"
        " than the baseline.",
        "Metrics on {n} rows that the model did not see while training; a model is worth its training if it is better"
        " than the baseline.",
        evaluation["evaluated_rows"],
    )
    if evaluation["split"] == "train":
        how = plural(
            "Metrics on {n} row of the training data, since there are no others; they say little about new data.",
            "Metrics on {n} rows of the training data, since there are no others; they say little about new data.",
            evaluation["evaluated_rows"],
        )
    how = how.format(n=count(evaluation["evaluated_rows"]))
    if evaluation["sampled"]:
        sample = _("They are a random sample of the {all} rows.")
        how = f"{how} {sample.format(all=count(evaluation['rows']))}"
    shown_table = table(titles, rows, _("Metrics"), numbers=range(1, len(titles)))
    note = tag("p", baseline["description"], class_="muted") if baseline and baseline["description"] else None
    return page.figure(_("Metrics"), how, shown_table, note)
