"""Pages of every kind of run, light, dark and on a phone: nothing fails, all is drawn, axe-core finds nothing."""

import json

import pytest
import report_documents as documents
from axe import violations
from browser_views import VIEWS, look

pytest.importorskip("axe_playwright_python", reason="it comes with the extra `interop-test` and holds axe-core")

# For each chart: how many pixels are drawn, and how many of them have about the color of each line.
DRAWN = """() => {
  const data = JSON.parse(document.getElementById("report-data").textContent);
  const probe = document.body.appendChild(document.createElement("span"));
  const color = (name) => {
    probe.style.color = `var(--${name})`;
    return getComputedStyle(probe).color.match(/[0-9.]+/g).slice(0, 3).map(Number);
  };
  return [...document.querySelectorAll(".chart canvas")].map((canvas, i) => {
    const copy = new OffscreenCanvas(canvas.width, canvas.height).getContext("2d", {willReadFrequently: true});
    copy.drawImage(canvas, 0, 0);
    const {data: pixels} = copy.getImageData(0, 0, canvas.width, canvas.height);
    const wanted = data.charts[i].series.map((one) => color(`c${one.color}`));
    const found = wanted.map(() => 0);
    let drawn = 0;
    for (let at = 0; at < pixels.length; at += 4) {
      if (!pixels[at + 3]) continue;
      drawn += 1;
      wanted.forEach((rgb, k) => {
        if (pixels[at + 3] > 200 && rgb.every((value, c) => Math.abs(value - pixels[at + c]) < 30)) found[k] += 1;
      });
    }
    return {drawn, found, name: document.querySelectorAll(".plot")[i].getAttribute("aria-label")};
  });
}"""


@pytest.fixture(scope="session", params=documents.KINDS)
def opened(request, pages, open_file):
    found = open_file(pages(request.param))
    yield found
    found.page.context.close()


@pytest.fixture(params=VIEWS)
def page(request, opened):
    look(opened.page, request.param)
    opened.page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    return opened.page


def test_every_chart_is_drawn_in_the_colors_of_its_lines(page):
    charts = page.evaluate(DRAWN)
    assert len(charts) == page.locator("[data-chart]").count()
    for chart in charts:
        assert chart["drawn"] > 500 and min(chart["found"]) > 5, chart


def test_every_picture_and_bar_has_a_size(page):
    empty = page.evaluate(
        """() => [...document.querySelectorAll("img, .histogram rect, .graph svg, .bar")]
        .filter((one) => !one.getBoundingClientRect().height || !one.getBoundingClientRect().width)
        .map((one) => one.outerHTML)"""
    )
    assert empty == []
    shapes = page.evaluate("document.querySelectorAll('.histogram svg').length")
    assert page.evaluate("document.querySelectorAll('.histogram rect').length") >= shapes


def test_the_page_is_as_wide_as_the_window(page):
    width = page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
    assert width[0] <= width[1]


def test_axe_finds_nothing(page, request):
    said = violations(page, request.node.callspec.params["page"])
    assert said == [], json.dumps(said, indent=1)


def test_nothing_is_written_to_the_console_and_nothing_is_requested(opened):
    """In any of the views, since it is the last test of a page."""
    opened.page.wait_for_timeout(50)
    assert opened.messages == []
    assert opened.requests == [opened.address]
