"""nnctl report --open: the page opens in a browser, or the command says that none could be started."""

import os

import pytest
from small_runs import nnctl, train

from nnctl.cli import browser

pytestmark = pytest.mark.skipif(os.name == "nt", reason="the starter of the browser is a shell script")

SAID = "No browser could be started: open the page in one yourself."


@pytest.fixture(scope="module")
def iris(tmp_path_factory):
    return train(tmp_path_factory.mktemp("iris"), "{dataset: iris, layers: [{Dense: {units: 3, activation: softmax}}], "
                 "loss: sparse_categorical_crossentropy}")  # fmt: skip


@pytest.fixture
def starter(tmp_path, monkeypatch):
    """Puts a script in the place of xdg-open."""
    monkeypatch.setattr(browser.sys, "platform", "linux")
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("DISPLAY", ":0")

    def put(script):
        file = tmp_path / "xdg-open"
        file.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
        file.chmod(0o755)
        return tmp_path

    return put


def test_the_page_is_opened_and_what_the_browser_prints_is_not_shown(iris, starter, capfd):
    folder = starter('echo noise; echo noise >&2; echo "$1" > "${0%/*}/opened"')
    result = nnctl("report", iris, "--open")
    assert result.exit_code == 0 and SAID not in result.output
    assert (folder / "opened").read_text(encoding="utf-8") == f"{(iris / 'report.html').resolve()}\n"
    assert "noise" not in result.output + "".join(capfd.readouterr())


@pytest.mark.parametrize("script", ["echo no browser >&2; exit 3", None], ids=["finds none", "is missing"])
def test_without_a_browser_the_command_says_so(iris, starter, script):
    if script:
        starter(script)
    result = nnctl("report", iris, "--open")
    assert result.exit_code == 0 and result.stderr.endswith(f"{SAID}\n")


def test_without_a_screen_no_browser_is_started(iris, starter, monkeypatch):
    folder = starter(': > "${0%/*}/opened"')
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER"):
        monkeypatch.delenv(name, raising=False)
    assert SAID in nnctl("report", iris, "--open").stderr
    assert not (folder / "opened").exists()


def test_a_browser_that_stays_in_the_foreground_is_not_waited_for(iris, starter, monkeypatch):
    starter("exec /bin/sleep 5")
    monkeypatch.setattr(browser, "_PATIENCE", 0.1)
    assert browser.open_page(iris / "report.html")
