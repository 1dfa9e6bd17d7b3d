"""axe-core on the pages that `explain` and `explain-batches` write with --html: light, dark and on a phone."""

import json

import pytest
from axe import violations
from browser_views import VIEWS, look

import nnctl
from nnctl.reports import batch_page
from nnctl.reports.batch_sizes import Setup
from nnctl.reports.topics.html import html_page as topic_page
from nnctl.reports.topics.pages import found
from nnctl.reports.walkthrough.html.config_page import config_page
from nnctl.reports.walkthrough.row import row_page
from nnctl.training.batch_plan import Plan

pytest.importorskip("axe_playwright_python", reason="it comes with the extra `interop-test` and holds axe-core")


def row_of(config):
    return row_page(nnctl.train(config, epochs=1, save=False), 1)


# One page of each kind, and of each part that only some of a kind have.
PAGES = {
    "activation": lambda: topic_page(found("tanh")),
    "layer": lambda: topic_page(found("Conv2D")),
    "idea": lambda: topic_page(found("epoch")),
    "race of optimizers": lambda: topic_page(found("adam")),
    "row": lambda: row_of("iris"),
    "config": lambda: config_page("iris"),
    "batches": lambda: batch_page.html_page(Plan(1079, 32, 30), Setup(32, 0.001, "square root"), "digits", ranks=2),
}


@pytest.fixture(scope="module", params=PAGES)
def opened(request, open_file, tmp_path_factory):
    file = tmp_path_factory.mktemp("lessons") / "page.html"
    file.write_text(PAGES[request.param](), encoding="utf-8")
    found = open_file(file, reduced_motion="reduce")  # optimizers stand still while their colors are measured
    yield found
    found.page.context.close()


@pytest.mark.parametrize("view", VIEWS)
def test_axe_finds_nothing(opened, view):
    look(opened.page, view)
    said = violations(opened.page, view)
    assert said == [], json.dumps(said, indent=1)
