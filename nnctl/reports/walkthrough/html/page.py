"""The page of a walkthrough in HTML: the same headings, sentences, formulas and arrays as in the terminal."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from nnctl.reports.tables import Table
from nnctl.reports.walkthrough.html.frame import framed, text_of
from nnctl.reports.walkthrough.numbers import number, shape
from nnctl.reports.walkthrough.page import JOINED, Page
from nnctl.translation import plural

Array = np.ndarray
ROWS, COLUMNS, IN_A_LINE, LINES, SLICES = 12, 16, 12, 4, 2
STRONGEST = 32  # percent of color behind the largest number of an array


class HtmlPage(Page):
    """Collects HTML. Numbers stand on a color: the larger their size, the stronger; of two kinds by their sign."""

    def __init__(self, whole: bool = False):
        super().__init__(whole)
        self._parts: list[str] = []
        self._titles: list[str] = []
        self._open = False

    def html(self) -> str:
        """The whole page."""
        self._close()
        return framed(self._titles[0], self._parts)

    def title(self, text: str) -> None:
        self._close()
        tag = "h2" if self._titles else "h1"
        self._titles.append(text)
        self._parts.append(f"<{tag}>{text_of(text)}</{tag}>")

    def heading(self, text: str) -> None:
        self._close()
        self._parts.append(f"<details open><summary><h3>{text_of(text)}</h3></summary>")
        self._open = True

    def _close(self) -> None:
        if self._open:
            self._parts.append("</details>")
        self._open = False

    def text(self, text: str) -> None:
        self._parts.append(f"<p>{text_of(text)}</p>")

    def formula(self, left: str, *rights: str) -> None:
        if not left:
            self._parts += [f'<div class="f alone">{self._side(right)}</div>' for right in rights]
            return
        lines = (f"<span>{self._side(left if at == 0 else '')}</span><span>=</span><span>{self._side(right)}</span>"
                 for at, right in enumerate(rights))  # fmt: skip
        self._parts.append(f'<div class="f">{"".join(lines)}</div>')

    def code(self, number: int, line: str) -> None:
        """A line of a file, with its number."""
        self._parts.append(f'<pre class="code"><b>{number}</b>{text_of(line)}</pre>')

    def listed(self, sentences: Sequence[str]) -> None:
        items = "".join(f"<li>{text_of(sentence)}</li>" for sentence in sentences)
        self._parts.append(f'<ul class="said">{items}</ul>')

    def _side(self, text: str) -> str:
        return text_of(text.replace(JOINED, " "))

    def table(self, table: Table) -> None:
        def row(tag: str, cells: Sequence[str]) -> str:
            found = []
            for at, cell in enumerate(cells):
                name = tag if cell else "td"  # a column without a title has no header
                kind = ' class="text"' if at < table.left else ""
                found.append(f"<{name}{kind}>{text_of(cell)}</{name}>")
            return "".join(found)

        rows = "".join(f"<tr>{row('td', cells)}</tr>" for cells in table.rows)
        self._parts.append(f'<div class="wide" tabindex="0"><table><thead><tr>{row("th", table.titles)}</tr></thead>'
                           f"<tbody>{rows}</tbody></table></div>")  # fmt: skip

    def array(self, name: str, values: Array, note: str = "") -> None:
        values = np.asarray(values)
        label = f"<code>{text_of(name)}</code> {shape(values.shape)}" + (f", {text_of(note)}" if note else "")
        self._parts.append(f'<p class="label">{label}</p>')
        largest = float(np.abs(values[np.isfinite(values)]).max(initial=0)) if values.size else 0.0
        if values.ndim <= 1:
            self._vector(values.reshape(-1), largest)
        elif values.ndim == 2:
            self._matrix(values, largest)
        else:
            self._slices(name, values, largest)

    def _vector(self, values: Array, largest: float) -> None:
        shown = values if self.whole else values[: IN_A_LINE * LINES]
        self._numbers([shown[at : at + IN_A_LINE] for at in range(0, len(shown), IN_A_LINE)], largest)
        if (more := len(values) - len(shown)) > 0:
            self._more(plural("{n} more value", "{n} more values", more).format(n=f"{more:,}"))

    def _matrix(self, values: Array, largest: float) -> None:
        rows, columns = values.shape if self.whole else (ROWS, COLUMNS)
        self._numbers(list(values[:rows, :columns]), largest)
        more = []
        if (left := values.shape[1] - columns) > 0:
            more.append(plural("{n} more column", "{n} more columns", left).format(n=f"{left:,}"))
        if (below := len(values) - rows) > 0:
            more.append(plural("{n} more row", "{n} more rows", below).format(n=f"{below:,}"))
        if more:
            self._more(", ".join(more))

    def _slices(self, name: str, values: Array, largest: float) -> None:
        places = list(np.ndindex(*values.shape[2:]))
        shown = places if self.whole else places[:SLICES]
        for place in shown:
            index = ", ".join(str(n + 1) for n in place)
            self._parts.append(f'<p class="more muted"><code>{text_of(name)}[:, :, {index}]</code></p>')
            self._matrix(values[(slice(None), slice(None), *place)], largest)
        if (more := len(places) - len(shown)) > 0:
            self._more(
                plural("{n} more matrix of this size", "{n} more matrices of this size", more).format(n=f"{more:,}")
            )

    def _numbers(self, rows: list[Array], largest: float) -> None:
        lines = ("".join(self._cell(value, largest) for value in row) for row in rows)
        body = "".join(f"<tr>{line}</tr>" for line in lines)
        self._parts.append(f'<div class="wide" tabindex="0"><table class="numbers"><tbody>{body}</tbody></table></div>')

    def _cell(self, value: float, largest: float) -> str:
        strength = round(STRONGEST * abs(float(value)) / largest) if largest and np.isfinite(value) else 0
        color = f' class="{"p" if value > 0 else "n"}" style="--h:{strength}%"' if strength else ""
        return f"<td{color}>{number(value)}</td>"

    def _more(self, text: str) -> None:
        self._parts.append(f'<p class="more muted">… {text_of(text)}</p>')
