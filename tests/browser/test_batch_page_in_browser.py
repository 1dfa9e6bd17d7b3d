"""The page of `explain-batches --html` in Chromium: its script computes what the training loop does."""

import pytest

from nnctl.reports.batch_lesson import methods
from nnctl.reports.batch_mix_ups import mix_ups
from nnctl.reports.batch_page import html_page
from nnctl.reports.batch_sizes import Setup, rows, sizes
from nnctl.reports.number_format import count, size
from nnctl.training.batch_plan import Plan

PLANS = [(1079, 32, 30), (60_000, 32, 5), (60_000, 1, 1), (10, 32, 2), (64, 8, 1), (10, 6, 3), (1, 1, 1), (1, 7, 2),
         (2, 2, 1), (999_999_937, 3, 7), (1_000_000_000, 999_999_999, 1_000_000)]  # fmt: skip
DIGITS = Plan(1079, 32, 30)
SETUP = Setup(32, 0.001, "square root", memory=lambda batch: 275_616 + 2640 * batch)


@pytest.fixture
def open_page(browser, tmp_path):
    told, contexts = [], []

    def opened(text, **context):
        file = tmp_path / "lesson.html"
        file.write_text(text, encoding="utf-8")
        contexts.append(browser.new_context(**context))
        page = contexts[-1].new_page()
        page.on("console", lambda message: told.append(message.text))
        page.on("pageerror", lambda error: told.append(str(error)))
        page.on("request", lambda request: told.append(request.url) if request.url != file.as_uri() else None)
        page.goto(file.as_uri())
        return page

    yield opened
    for context in contexts:
        context.close()
    assert told == []  # no message, no error, no request


def test_the_script_computes_what_the_loop_does(open_page):
    page = open_page(html_page(DIGITS, SETUP))
    for numbers in PLANS:
        plan = Plan(*numbers)
        ours = {"iterations": plan.iterations_per_epoch, "last": plan.last_batch, "partial": plan.partial,
                "total": plan.total_iterations, "seen": plan.samples_seen}  # fmt: skip
        theirs = page.evaluate("numbers => lesson.plan(...numbers)", numbers)
        assert ours.items() <= theirs.items()
        assert page.evaluate("numbers => lesson.mixUps(lesson.plan(...numbers))", numbers) == mix_ups(plan)
        told = page.evaluate("numbers => lesson.methods(lesson.plan(...numbers))", numbers)
        assert [tuple(entry) for entry in told] == methods(plan)
        assert page.evaluate("n => lesson.sizes(...n)", [numbers[0], numbers[1], 32]) == sizes(*numbers[:2], 32)


def test_the_table_is_that_of_the_terminal(open_page):
    page = open_page(html_page(DIGITS, SETUP))
    found = [row.inner_text().split("\t") for row in page.locator("tbody tr").all()]
    assert [row[1:6] for row in found] == [
        [count(n) for n in (row.plan.batch_size, row.plan.iterations_per_epoch, row.plan.last_batch,
                            row.plan.total_iterations)] + [size(row.memory)]
        for row in rows(DIGITS, SETUP)
    ]  # fmt: skip
    assert page.locator("tr.own").inner_text().split("\t") == ["this run", "32", "34", "23", "1,020", "360 kB", "0.001"]


def test_the_slider_and_its_keys_change_everything(open_page):
    page = open_page(html_page(DIGITS, SETUP))
    assert page.locator(".figure b").all_inner_texts() == ["34", "23", "1,020", "32,370"]
    page.locator("#slider").focus()
    page.keyboard.press("ArrowRight")
    assert page.locator("#size").input_value() == "33"
    assert page.locator(".figure b").all_inner_texts() == ["33", "23", "990", "32,370"]
    page.locator("#size").fill("1079")
    assert page.locator(".figure b").first.inner_text() == "1" and page.locator(".batch").count() == 1
    page.locator("#samples").fill("60000")
    page.locator("#size").fill("32")
    assert "1,875/1,875" in page.locator("output").inner_text()
    page.locator("#size").fill("-3")  # is not taken
    assert page.locator(".figure b").first.inner_text() == "1,875"


def test_every_batch_is_drawn_and_the_bar_plays(open_page):
    page = open_page(html_page(Plan(10, 4, 2), SETUP))
    drawn = [path.get_attribute("d").count("M") for path in page.locator(".batch .dots").all()]
    assert drawn == [4, 4, 2]
    assert page.locator(".batch .missing").get_attribute("d").count("M") == 2
    assert page.locator(".epochs rect").count() == 6
    page.get_by_role("button", name="Play one epoch").click()
    page.locator("output", has_text="batch 2/3").wait_for()
    assert page.locator(".batch.done").count() >= 2 and page.get_by_role("button", name="Stop").is_visible()
    page.locator("output", has_text="batch 3/3").wait_for()
    page.get_by_role("button", name="Play one epoch").wait_for()


@pytest.mark.parametrize("context", [{"viewport": {"width": 320, "height": 700}}, {"color_scheme": "dark"}], ids=str)
def test_a_phone_needs_no_scrolling_to_the_side(open_page, context):
    page = open_page(html_page(Plan(60_000, 32, 5), SETUP, ranks=2), **context)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_names_cannot_inject(open_page):
    source = "</script><script>document.title = 'taken'</script><b>{css}</b>"
    page = open_page(html_page(DIGITS, SETUP, source))
    assert page.title() == "Epochs, batches and iterations"
    assert page.locator("p").first.inner_text() == source
