"""The pages of `explain RUN --row N --html` and `explain CONFIG --html` in Chromium, on a desktop and a phone."""

import pytest

import nnctl
from nnctl.reports.walkthrough.html.config_page import config_page
from nnctl.reports.walkthrough.row import row_page


@pytest.fixture(scope="module")
def pages():
    run = nnctl.train("iris", epochs=1, save=False)
    return {"row": row_page(run, 1), "config": config_page("iris")}


@pytest.mark.parametrize("width", [1200, 390])
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", ["row", "config"])
def test_a_page_is_readable_and_silent(browser, pages, tmp_path, name, scheme, width):
    file = tmp_path / "page.html"
    file.write_text(pages[name], encoding="utf-8")
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
    tab, told = context.new_page(), []
    tab.on("console", lambda message: told.append(message.text))
    tab.on("pageerror", lambda error: told.append(str(error)))
    tab.on("request", lambda request: told.append(request.url) if request.url != file.as_uri() else None)
    tab.goto(file.as_uri())
    assert tab.evaluate("document.documentElement.scrollWidth") <= width  # only tables scroll
    assert tab.locator("h1").count() == 1
    if name == "row":
        first = tab.locator("details").first
        assert first.locator("td").first.is_visible()
        first.locator("summary").focus()
        tab.keyboard.press("Enter")  # a layer can be folded by the keyboard
        assert not first.locator("td").first.is_visible()
    context.close()
    assert told == []
