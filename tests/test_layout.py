"""The layers' contract of pyproject.toml holds: imports run downwards."""

from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

cli = pytest.importorskip("importlinter.cli", reason="import-linter comes with the extra `dev`")


def test_imports_run_downwards(capsys, monkeypatch):
    monkeypatch.chdir(ROOT)  # import-linter finds the package from there
    code = cli.lint_imports(config_filename=str(ROOT / "pyproject.toml"), no_cache=True)
    report = capsys.readouterr().out
    assert code == 0, report[report.find("Broken contracts") :]
