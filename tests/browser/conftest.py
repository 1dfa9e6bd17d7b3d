"""Chromium, and the pages that are opened in it. All tests here are skipped where either is missing."""

import shutil
from dataclasses import dataclass, field

import pytest
import report_documents as documents
from browser_views import look

from nnctl.reports.page import html_page

# No process of Chromium calls home while it is tested.
ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip


@dataclass
class Opened:
    """A page in the browser, what it wrote to the console, and what it requested."""

    page: object
    address: str
    messages: list = field(default_factory=list)
    requests: list = field(default_factory=list)


@pytest.fixture(scope="session")
def browser():
    """Chromium. One is shared by all tests of a process, since playwright cannot be started in it twice."""
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright comes with the extra `interop-test`")
    program = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if program is None:
        pytest.skip("Chromium is not installed (on Debian: apt-get install chromium)")
    with playwright.sync_playwright() as started:
        try:
            browser = started.chromium.launch(executable_path=program, args=ARGUMENTS)
        except playwright.Error as error:
            pytest.skip(f"Chromium does not start: {error}")
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def pages(tmp_path_factory):
    """The file of a document's page, by the kind of the document."""
    folder = tmp_path_factory.mktemp("pages")
    files = {}

    def file(kind):
        if kind not in files:
            files[kind] = folder / f"{kind}.html"
            files[kind].write_text(html_page(documents.KINDS[kind]()), encoding="utf-8")
        return files[kind]

    return file


@pytest.fixture(scope="session")
def open_file(browser):
    """Opens a file, light and on a desktop, with these options of the browser's context."""
    contexts = []

    def opener(file, **options):
        context = browser.new_context(**options)
        contexts.append(context)
        opened = Opened(context.new_page(), file.as_uri())
        opened.page.on("console", lambda message: opened.messages.append(message.text))
        opened.page.on("pageerror", lambda error: opened.messages.append(str(error)))
        opened.page.on("dialog", lambda dialog: (opened.messages.append(dialog.message), dialog.dismiss()))
        opened.page.on("request", lambda request: opened.requests.append(request.url))
        look(opened.page, "light")
        opened.page.goto(opened.address)
        return opened

    yield opener
    for context in contexts:
        context.close()
