"""The layers' contract of pyproject.toml holds: imports run downwards, and in no circle."""

from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

cli = pytest.importorskip("importlinter.cli", reason="import-linter comes with the extra `test`")
grimp = pytest.importorskip("grimp", reason="it comes with import-linter")


def test_imports_run_downwards(capsys, monkeypatch):
    monkeypatch.chdir(ROOT)  # import-linter finds the package from there
    code = cli.lint_imports(config_filename=str(ROOT / "pyproject.toml"), no_cache=True)
    report = capsys.readouterr().out
    assert code == 0, report[report.find("Broken contracts") :]


def test_no_module_imports_itself_in_a_circle():
    graph = grimp.build_graph("nnctl", exclude_type_checking_imports=True, cache_dir=None)
    below = {module: graph.find_modules_directly_imported_by(module) for module in graph.modules}
    while free := [module for module, imported in below.items() if not imported & below.keys()]:
        for module in free:  # what imports nothing, but what has gone before, is in no circle
            del below[module]
    circles = sorted(f"{module} -> {other}" for module in below for other in below[module] & below.keys())
    assert circles == []
