"""The pages of `explain TOPIC --html` in Chromium: curves are drawn, and optimizers race on the map."""

import copy

import pytest

from nnctl.reports.topics import race
from nnctl.reports.topics.html import html_page
from nnctl.reports.topics.pages import found


@pytest.fixture
def open_page(browser, tmp_path):
    told, contexts = [], []

    def opened(page, **context):
        file = tmp_path / "topic.html"
        file.write_text(html_page(page), encoding="utf-8")
        contexts.append(browser.new_context(**context))
        tab = contexts[-1].new_page()
        tab.on("console", lambda message: told.append(message.text))
        tab.on("pageerror", lambda error: told.append(str(error)))
        tab.on("request", lambda request: told.append(request.url) if request.url != file.as_uri() else None)
        tab.goto(file.as_uri())
        return tab

    yield opened
    for context in contexts:
        context.close()
    assert told == []  # no message, no error, no request


@pytest.mark.parametrize("words", ["tanh", "softmax", "he_normal", "Conv2D", "epoch", "CosineDecay", "l2", "ctc"])
def test_a_page_has_its_sections_and_curves(open_page, words):
    page = found(words)
    tab = open_page(page)
    text = tab.locator("main").inner_text()
    assert page["summary"] in text and page["use"] in text and page["yaml"].splitlines()[-1] in text
    assert tab.locator("figure svg[role=img]").count() == len(page["plots"])
    for path in tab.locator(".curve, .bar").all():
        assert "NaN" not in (path.get_attribute("d") or path.get_attribute("height"))


def test_the_space_bar_plays_and_pauses(open_page):
    tab = open_page(found("adam"))
    button, slider = tab.locator("button"), tab.locator("input[type=range]")
    for _wait in range(50):  # it plays by itself
        if int(slider.input_value()) > 3:
            break
        tab.wait_for_timeout(100)
    assert int(slider.input_value()) > 3 and button.inner_text() == "pause"
    tab.keyboard.press("Space")
    assert button.inner_text() == "play"
    at = slider.input_value()
    tab.wait_for_timeout(300)
    assert slider.input_value() == at
    tab.keyboard.press("Space")
    assert button.inner_text() == "pause"


def test_the_slider_shows_the_heights_of_the_engine(open_page):
    tab = open_page(found("rmsprop"), reduced_motion="reduce")
    assert tab.locator("output").inner_text() == f"step {race.STEPS}"  # nothing moves: the end is shown
    tab.locator("input[type=range]").fill("10")
    surface = race.SURFACES["valley"]
    for label in tab.locator(".racers label").all():
        name, height = label.locator("span").nth(1).inner_text().split()[0], label.locator(".height").inner_text()
        assert float(height) == pytest.approx(race.heights(surface, race.path(name, surface))[10], rel=0.06)


def test_the_keyboard_chooses_the_surface_and_hides_racers(open_page):
    tab = open_page(found("sgd"), reduced_motion="reduce", color_scheme="dark")
    tab.locator(".surfaces input").first.focus()
    tab.keyboard.press("ArrowDown")
    assert tab.locator(".surface-formula").inner_text() == race.SURFACES["Rosenbrock"].formula
    before = tab.locator("canvas.map").evaluate("canvas => canvas.toDataURL()")
    tab.locator(".racers input").first.focus()
    tab.keyboard.press("Space")
    assert not tab.locator(".racers input").first.is_checked()
    assert tab.locator("canvas.map").evaluate("canvas => canvas.toDataURL()") != before


def test_names_cannot_inject(open_page):
    page = copy.deepcopy(found("adam"))
    page["topic"] = page["summary"] = page["yaml"] = "</script><script>document.title = 'broken'</script>"
    page["race"][0]["racers"][1]["name"] = "</script><img src=x onerror=\"document.title = 'broken'\">"
    tab = open_page(page, reduced_motion="reduce")
    assert "broken" not in tab.title().removeprefix(page["topic"])
    assert tab.locator("img").count() == 0
