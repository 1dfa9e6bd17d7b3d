"""What a reader does with the page: look up values, enlarge, sort, copy, choose colors, print, use the keyboard."""

import json
import re

import pytest
import report_documents as documents

from nnctl.reports.number_format import fine, metric
from nnctl.reports.page import html_page
from nnctl.reports.page.assets import asset

LOSS = '.plot[aria-label="loss by epoch"]'


@pytest.fixture(scope="module")
def page(pages, open_file):
    return open_file(pages("classification")).page


@pytest.fixture
def fresh(pages, open_file):
    """A page that a test may change."""
    found = open_file(pages("classification"))
    yield found.page
    found.page.context.close()


def charts(page):
    return json.loads(page.locator("#report-data").text_content())["charts"]


def legend(page, plot):
    """The texts of the legend of a chart: the place, then the values of its lines."""
    chart = page.locator(".chart", has=page.locator(plot))
    return [chart.locator(".at").inner_text(), *chart.locator(".value").all_inner_texts()]


def test_the_pointer_shows_the_values_under_it(page):
    chart = charts(page)[0]
    over = page.locator(f"{LOSS} .u-over")
    over.scroll_into_view_if_needed()
    box = over.bounding_box()
    for part in (0.0, 0.25, 0.61, 1.0):
        page.mouse.move(box["x"] + 1 + part * (box["width"] - 2), box["y"] + box["height"] / 2)
        index = round(part * (len(chart["x"]) - 1))
        expected = [f"epoch {chart['x'][index]}", *(metric(one["values"][index]) for one in chart["series"])]
        assert legend(page, LOSS) == expected
        assert page.locator(LOSS).get_attribute("aria-valuetext").startswith(f"epoch {chart['x'][index]}, training ")


def test_the_arrow_keys_move_the_cursor(page):
    plot = page.locator(LOSS)
    plot.focus()
    for key, epoch in (("Home", 1), ("ArrowRight", 2), ("ArrowUp", 3), ("ArrowLeft", 2), ("PageUp", 6), ("End", 40)):
        page.keyboard.press(key)
        assert legend(page, LOSS)[0] == f"epoch {epoch}"
        assert plot.get_attribute("aria-valuenow") == str(epoch - 1)
    line = page.locator(f"{LOSS} .u-cursor-x")
    assert line.bounding_box()["x"] > plot.bounding_box()["x"] + plot.bounding_box()["width"] / 2


def test_a_part_can_be_enlarged_by_mouse_and_by_keyboard(fresh):
    chart = fresh.locator(".chart", has=fresh.locator(LOSS))
    everything = chart.get_by_role("button", name="Show everything")
    over = fresh.locator(f"{LOSS} .u-over")
    over.scroll_into_view_if_needed()
    box = over.bounding_box()

    def epoch_in_the_middle():
        fresh.mouse.move(box["x"] + box["width"] / 2, box["y"] + 30)
        return int(legend(fresh, LOSS)[0].removeprefix("epoch "))

    whole = epoch_in_the_middle()
    assert everything.is_hidden() and whole in (20, 21)
    fresh.mouse.move(box["x"] + box["width"] * 0.1, box["y"] + 30)
    fresh.mouse.down()
    fresh.mouse.move(box["x"] + box["width"] * 0.3, box["y"] + 30, steps=4)
    fresh.mouse.up()
    assert everything.is_visible() and epoch_in_the_middle() == 9
    everything.click()
    assert everything.is_hidden() and epoch_in_the_middle() == whole
    fresh.locator(LOSS).focus()
    for key in ("Home", "+", "+"):
        fresh.keyboard.press(key)
    assert everything.is_visible() and epoch_in_the_middle() == 6
    fresh.keyboard.press("Escape")
    assert everything.is_hidden() and epoch_in_the_middle() == whole


def test_lines_can_be_hidden_and_the_axis_made_logarithmic(fresh):
    chart = fresh.locator(".chart", has=fresh.locator(LOSS))
    picture = "document.querySelector('.chart canvas').toDataURL()"
    before = fresh.evaluate(picture)
    training = chart.locator(".legend button").first
    training.click()
    assert training.get_attribute("aria-pressed") == "false"
    assert "training" not in fresh.locator(LOSS).get_attribute("aria-valuetext")
    without = fresh.evaluate(picture)
    assert without != before
    training.click()
    logarithmic = chart.get_by_role("button", name="Logarithmic")
    logarithmic.click()
    assert logarithmic.get_attribute("aria-pressed") == "true"
    assert fresh.evaluate(picture) not in (before, without)


def test_tables_are_sorted_by_their_titles(page):
    table = page.get_by_role("table", name="Scores of each class")

    def column(n):
        return table.locator("tbody tr").locator(f"> :nth-child({n})").all_inner_texts()

    button = table.get_by_role("button", name="precision")
    button.click()
    assert column(2) == ["0.9000", "0.8000", "0.7000"]
    assert table.locator("th[aria-sort]").get_attribute("aria-sort") == "descending"
    button.click()
    assert column(2) == ["0.7000", "0.8000", "0.9000"]
    recall = table.get_by_role("button", name="recall")
    recall.click()
    recall.click()
    assert column(3)[-1] == ""  # what is unknown stays last
    table.get_by_role("button", name="class").click()
    assert column(1) == ["setosa", "versicolor", "virginica"]


def test_numbers_of_the_data_are_sorted_as_numbers(open_file, tmp_path):
    """Also negative ones, fractions and powers of ten, which words would be sorted by otherwise."""
    document = documents.regression()
    values = ["-0.75", "", "1e-3", "-2.5", "0.5", "0.1234"]
    rows = [documents.wrong("1.0", "2.0", values={"x": value, "name": f"n{value}"}) for value in values]
    document["runs"][0]["outputs"][0]["residuals"][0]["largest"] = rows
    (tmp_path / "numbers.html").write_text(html_page(document), encoding="utf-8")
    table = open_file(tmp_path / "numbers.html").page.get_by_role("table", name="Largest errors")
    table.locator("th button", has_text=re.compile("^x$")).click()
    place = table.locator("thead th").all_inner_texts().index("x") + 1
    column = table.locator("tbody tr").locator(f"> :nth-child({place})").all_inner_texts()
    assert column == ["-2.5", "-0.75", "1e-3", "0.1234", "0.5", ""]


def test_suggestions_can_be_copied(fresh):
    fresh.context.grant_permissions(["clipboard-read", "clipboard-write"])
    fresh.get_by_role("button", name="Copy these lines of YAML").click()
    fresh.get_by_text("Copied", exact=True).first.wait_for()
    assert fresh.evaluate("navigator.clipboard.readText()") == "callbacks:\n  - early_stopping:\n      patience: 10"


def test_light_and_dark_can_be_chosen(fresh):
    def colors():
        ground = fresh.evaluate("getComputedStyle(document.body).backgroundColor")
        return ground, fresh.evaluate("document.querySelector('.chart canvas').toDataURL()")

    light = colors()
    fresh.get_by_label("Dark").check()
    dark = colors()
    assert dark[0] != light[0] and dark[1] != light[1]
    fresh.emulate_media(color_scheme="dark")
    fresh.get_by_label("Light").check()
    assert colors() == light
    fresh.get_by_label("Automatic").check()
    assert colors() == dark


def test_the_keyboard_reaches_everything_and_the_focus_is_seen(fresh):
    fresh.evaluate(
        """() => document.querySelectorAll(
          "a[href], button, summary, input:checked, [role=slider], [tabindex='0']"
        ).forEach((one, i) => { if (one.checkVisibility()) one.dataset.stop = i; })"""
    )
    stops = fresh.locator("[data-stop]").count()
    assert stops > 40
    reached = set()
    for _press in range(stops + 1):
        fresh.keyboard.press("Tab")
        stop, seen = fresh.evaluate(
            """() => {
              const one = document.activeElement;
              const shown = one.closest(".themes label") ?? one;
              return [one.dataset.stop, getComputedStyle(shown).outlineStyle];
            }"""
        )
        assert seen != "none" or stop is None
        reached.add(stop)
    assert len(reached - {None}) == stops


def test_the_skip_link_leads_past_the_contents(fresh):
    fresh.keyboard.press("Tab")
    assert fresh.evaluate("document.activeElement.textContent") == "Skip to the report"
    fresh.keyboard.press("Enter")
    assert fresh.evaluate("document.activeElement.id") == "report"


def test_print_hides_the_controls_and_shows_the_charts(fresh):
    fresh.get_by_label("Dark").check()
    fresh.emulate_media(media="print")
    assert fresh.locator(".contents").is_hidden() and fresh.locator(".themes").is_hidden()
    assert fresh.locator(".chart canvas").first.is_visible()
    assert fresh.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert fresh.pdf(format="A4").startswith(b"%PDF")


def wait_until_charts_fit(page):
    """Charts follow a new size of the window with one of its next frames; five seconds are enough on any machine."""
    fit = (
        "[...document.querySelectorAll('.plot canvas')].every((one) => one.getBoundingClientRect().right <= innerWidth)"
    )
    for _ in range(100):
        if page.evaluate(fit):
            return
        page.wait_for_timeout(50)


def test_long_names_make_nothing_wider_than_a_phone(open_file, tmp_path):
    names = ["A" * 200, "one two " * 30, "c"]
    (tmp_path / "long.html").write_text(html_page(documents.classification(names, ["x" * 200])), encoding="utf-8")
    page = open_file(tmp_path / "long.html").page
    page.set_viewport_size({"width": 360, "height": 800})
    wait_until_charts_fit(page)
    assert page.evaluate("document.documentElement.scrollWidth") == 360
    widest = page.locator("table").evaluate_all("(all) => Math.max(...all.map((one) => one.offsetWidth))")
    assert widest < 1500  # a name in one line would be wider
    head = page.locator("th button", has_text="x" * 200)
    assert head.locator("wbr").count() > 5


def test_everything_fits_on_paper(open_file, tmp_path):
    """Also tables that are scrolled on a screen: A4 without its margins is 680 pixels wide."""
    names = [f"a class with a long name {i}" for i in range(50)]
    document = documents.classification(names, [f"a_column_with_a_long_name_{i}" for i in range(5)])
    (tmp_path / "long.html").write_text(html_page(document), encoding="utf-8")
    page = open_file(tmp_path / "long.html").page
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    page.emulate_media(media="print")
    page.set_viewport_size({"width": 680, "height": 960})
    wait_until_charts_fit(page)
    assert page.locator("table.confusion.dense").count() == 1
    wide = "(all) => all.filter((one) => one.getBoundingClientRect().right > 681).map((one) => one.className)"
    assert page.locator("table, pre, canvas, svg").evaluate_all(wide) == []
    smaller = page.locator("figure > .scroll > table").evaluate_all("(all) => all.map((one) => one.style.zoom || 1)")
    assert 0.3 < min(map(float, smaller)) < 1
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert page.locator("table").first.evaluate("(one) => one.style.zoom") == ""


def test_reduced_motion_is_respected(pages, open_file):
    for motion, behavior in (("reduce", "auto"), ("no-preference", "smooth")):
        page = open_file(pages("regression"), reduced_motion=motion).page
        assert page.evaluate("getComputedStyle(document.documentElement).scrollBehavior") == behavior


def test_without_scripts_everything_can_be_read(pages, open_file):
    page = open_file(pages("classification"), java_script_enabled=False).page
    assert page.get_by_text("The model is clearly better than the baseline.").is_visible()
    page.locator("summary").first.click()
    assert page.locator("details[open] table").first.is_visible()


def test_numbers_are_written_as_in_the_terminal(page):
    values = [
        1e24,
        0,
        1,
        0.5,
        0.93333,
        2890.5,
        123456.7,
        1e9,
        3.1e-5,
        -0.25,
        -1e-7,
        12.3456,
        5e-4,
        1e-10,
        99999.95,
        -4321.05,
    ]
    written = page.evaluate(f"(values) => {{ {asset('format.js')}; return values.map(metric); }}", values)
    assert written == [metric(float(value)) for value in values]
    steps = [[value, step] for value in (*values, 25312345.6, 1700000123.46, 1e24) for step in (1e-14, 0.01, 1e5, 0)]
    written = page.evaluate(f"(given) => {{ {asset('format.js')}; return given.map((one) => fine(...one)); }}", steps)
    assert written == [fine(float(value), step) for value, step in steps]


def test_names_from_the_data_cannot_inject(open_file, tmp_path):
    names = [
        "<script>alert(1)</script>",
        '"><img src=x onerror=alert(2)>',
        "__proto__",
        "{{x}}",
        "</script><script>alert(3)",
    ]
    document = documents.comparison((names[0], names[1], "c"))
    for run in document["runs"]:
        run["outputs"] = documents.classification(names, names)["runs"][0]["outputs"]
        run["importance"] = documents.classification(names, names)["runs"][0]["importance"]
        run["name"] = run["facts"]["dataset"] = names[4]
        run["verdict"]["headline"] = names[1]
        run["config_yaml"] = run["verdict"]["suggestions"][0]["yaml"] = names[4]
    file = tmp_path / "page.html"
    file.write_text(html_page(document), encoding="utf-8")
    opened = open_file(file)
    page = opened.page
    for plot in page.locator("[role=slider]").all():
        plot.focus()
        page.keyboard.press("End")
    assert opened.messages == [] and opened.requests == [opened.address]
    assert page.locator("img").count() == 0 and page.locator("script").count() == 3
    assert page.evaluate("Object.prototype.polluted === undefined && [].length === 0")
    shown = page.locator("table.confusion").first.locator("tbody th").all_inner_texts()
    assert shown == names
