"""The network: its graph and its layers."""

from __future__ import annotations

from xml.etree import ElementTree

from nnctl.reports.findings.document import Layer, Run
from nnctl.reports.number_format import count
from nnctl.reports.page.context import Page, Section
from nnctl.reports.page.elements import Html, tag
from nnctl.reports.page.tables import Cell, table
from nnctl.translation import _

# What nnctl/reports/graph_svg.py draws with; nothing else of the picture is taken over.
_ELEMENTS = frozenset({"svg", "title", "g", "rect", "text", "path"})
_ATTRIBUTES = frozenset({"width", "height", "viewBox", "class", "x", "y", "rx", "d", "text-anchor"})


def sections(run: Run, page: Page) -> list[Section | None]:
    figures = []
    if run["graph_svg"]:
        how = _("Data flow from top to bottom; blue boxes hold weights that are trained.")
        figures.append(page.figure(_("Graph"), how, _graph(run["graph_svg"])))
    if run["layers"]:
        how = _("Each layer takes the outputs of the layers under “inputs”; None stands for a length that varies.")
        figures.append(page.figure(_("Layers"), how, _layers(run["layers"])))
    return [page.section("network", _("Network"), *figures)]


def _graph(svg: str) -> Html:
    """The picture, colored by the style sheet of the page, so that it follows the choice of light or dark."""
    drawn = _copied(ElementTree.fromstring(svg))
    return tag("div", drawn, class_="graph", role="group", aria_label=_("Graph, scrollable"))


def _copied(element: ElementTree.Element) -> Html | None:
    name = element.tag.rpartition("}")[2]
    if name not in _ELEMENTS:
        return None
    attributes = {key.replace("-", "_"): value for key, value in element.attrib.items() if key in _ATTRIBUTES}
    if name == "svg":
        attributes["role"] = "img"
        attributes["aria_label"] = _("The layers and how they are connected, as in the table below")
    text = element.text if name in ("text", "title") else None
    return tag(name, text, map(_copied, element), **attributes)


def _layers(layers: list[Layer]) -> Html:
    def row(layer: Layer) -> list:
        kind = layer["kind"]
        if layer["shared"]:
            kind = _("{kind} (weights of {layer})").format(kind=kind, layer=layer["shared"])
        shape = " × ".join("None" if n is None else str(n) for n in layer["shape"])
        parameters = Cell(count(layer["parameters"]), layer["parameters"])
        return [layer["name"], kind, ", ".join(layer["sources"]), shape, parameters]

    titles = [_("layer"), _("type"), _("inputs"), _("output shape"), _("parameters")]
    return table(titles, map(row, layers), _("Layers"), numbers=(4,))
