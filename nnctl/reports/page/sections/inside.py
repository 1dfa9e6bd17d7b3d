"""What is inside the trained network: filters, weights, and the outputs of the layers."""

from __future__ import annotations

from nnctl.reports.findings.document import Filters, LayerActivations, Run, WeightDistribution
from nnctl.reports.number_format import count, metric
from nnctl.reports.page.context import Page, Section
from nnctl.reports.page.elements import Child, Html, tag
from nnctl.reports.page.histogram import histogram
from nnctl.reports.page.numbers import percent
from nnctl.reports.page.outputs.wrong_rows import picture
from nnctl.reports.page.tables import Cell, table
from nnctl.translation import _, plural

MOST_HISTOGRAMS = 24  # of each kind; the tables have all


def sections(run: Run, page: Page) -> list[Section | None]:
    figures = [_filters(filters, page) for filters in run["filters"] if filters["pictures"]]
    if run["weights"]:
        figures.append(_weights(run["weights"], page))
    if run["activations"] and run["activations"]["layers"]:
        figures.append(_activations(run["activations"]["layers"], run["activations"]["rows"], page))
    return [page.section("inside", _("Inside the network"), *figures)]


def _filters(filters: Filters, page: Page) -> Html:
    how = _(
        "What each unit looks for in the picture: red weights are positive, blue ones negative; without any pattern,"
        " the unit has learned little."
    )
    pictures = (
        tag("li", picture(source, _("Weights of unit {n}").format(n=number)))
        for number, source in enumerate(filters["pictures"], start=1)
    )
    left_out = None
    if len(filters["pictures"]) < filters["units"]:
        words = _("The first {shown} of {all} units are shown.")
        left_out = tag("p", words.format(shown=len(filters["pictures"]), all=filters["units"]), class_="muted")
    title = _("Weights of {layer} as pictures").format(layer=filters["layer"])
    return page.figure(title, how, tag("ul", pictures, class_="pictures filters"), left_out)


def _weights(weights: list[WeightDistribution], page: Page) -> Html:
    def row(one: WeightDistribution) -> list:
        numbers = (Cell(metric(one[key]), one[key]) for key in ("mean", "std", "minimum", "maximum"))
        trained = _("yes") if one["trained"] else _("no")
        return [f"{one['layer']}/{one['weight']}", " × ".join(map(str, one["shape"])), *numbers, trained]

    titles = [_("weights"), _("shape"), _("mean"), _("std"), _("smallest"), _("largest"), _("trained")]
    shown = table(titles, map(row, weights), _("Weights"), numbers=range(2, 6))
    how = _("Values should be spread around 0: a few very large ones, or all near 0, point to a problem.")
    return page.figure(_("Weights"), how, _grid([_weight(one) for one in weights if one["histogram"]]), _folded(shown))


def _weight(one: WeightDistribution) -> Html:
    name = f"{one['layer']}/{one['weight']}"
    assert one["histogram"] is not None
    drawn = histogram(one["histogram"], name, small=True)
    return _small(name, _("std {std}").format(std=metric(one["std"])), drawn)


def _activations(layers: list[LayerActivations], rows: int, page: Page) -> Html:
    def row(one: LayerActivations) -> list:
        dead = "" if one["dead_units"] is None else count(one["dead_units"])
        return [
            one["layer"],
            one["activation"] or "",
            Cell(count(one["units"]), one["units"]),
            Cell(metric(one["mean"]), one["mean"]),
            Cell(metric(one["std"]), one["std"]),
            Cell(percent(one["zero_fraction"]), one["zero_fraction"]),
            Cell(dead, one["dead_units"]),
            Cell(percent(one["saturated_fraction"]), one["saturated_fraction"]),
        ]

    titles = [_("layer"), _("activation"), _("units"), _("mean"), _("std"), _("zeros"), _("dead units"), _("saturated")]
    shown = table(titles, map(row, layers), _("Outputs of the layers"), numbers=range(2, 8))
    how = plural(
        "Outputs of each layer on {n} row: units that are 0 for every row are dead, saturated ones learn no more.",
        "Outputs of each layer on {n} rows: units that are 0 for every row are dead, saturated ones learn no more.",
        rows,
    ).format(n=count(rows))
    drawn = [_activation(one) for one in layers if one["histogram"]]
    return page.figure(_("Outputs of the layers"), how, _grid(drawn), _folded(shown))


def _activation(one: LayerActivations) -> Html:
    assert one["histogram"] is not None
    note = _("zeros: {share}").format(share=percent(one["zero_fraction"]))
    name = f"{one['layer']} ({one['activation']})" if one["activation"] else one["layer"]
    return _small(name, note, histogram(one["histogram"], name, small=True))


def _small(name: str, note: str, drawn: Html) -> Html:
    return tag("figure", tag("figcaption", name, tag("span", note)), drawn)


def _grid(drawn: list[Html]) -> list[Child]:
    parts: list[Child] = [tag("div", drawn[:MOST_HISTOGRAMS], class_="small-figures")] if drawn else []
    if len(drawn) > MOST_HISTOGRAMS:
        words = _("The first {shown} of {all} histograms are shown; the table has all.")
        parts.append(tag("p", words.format(shown=MOST_HISTOGRAMS, all=len(drawn)), class_="muted"))
    return parts


def _folded(shown: Html) -> Html:
    return tag("details", tag("summary", _("Numbers as a table")), shown)
