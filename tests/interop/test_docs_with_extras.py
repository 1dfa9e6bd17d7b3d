"""The commands and programs of pages about other packages run."""

import pytest
from docs.blocks import ROOT
from docs.test_blocks import EXTRAS, run_page


@pytest.mark.parametrize("name", EXTRAS)
def test_commands_run(name, tmp_path, monkeypatch):
    for package in EXTRAS[name]:
        pytest.importorskip(package)
    run_page(ROOT / "docs" / name, tmp_path, monkeypatch)
