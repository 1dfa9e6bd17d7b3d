"""Imports run downwards and in no circle, as pyproject.toml says; those inside functions say why."""

import ast
import os
import re
import subprocess
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


def test_imports_inside_functions_say_why():
    silent = []
    for path in sorted((ROOT / "nnctl").rglob("*.py")):
        text = path.read_text(encoding="utf-8")
        if not re.search(r"^ +(from|import) ", text, re.MULTILINE):
            continue
        lines = text.splitlines()
        functions = (node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.FunctionDef))
        found = {(node.lineno, node.end_lineno) for function in functions for node in ast.walk(function)
                 if isinstance(node, ast.Import | ast.ImportFrom)}  # fmt: skip
        told = 0  # the last line of an import with a reason, which holds for those right under it
        for first, last in sorted(found):
            own = "\n".join(lines[first - 1 : last])
            if "#" in own or lines[first - 2].lstrip().startswith("#") or told == first - 1:
                told = last
            else:
                silent.append(f"{path.relative_to(ROOT)}:{first}: {own.strip()}")
    assert silent == [], "add a comment, such as: # imported here to keep start-up fast"


def test_no_large_file_is_kept_by_accident():
    # A file that a script wrote into the folder stays in every clone for good once it is committed.
    listing = subprocess.run(["git", "-C", str(ROOT), "ls-files", "-z"], capture_output=True, check=False)
    if listing.returncode:
        pytest.skip("the tests of a release run outside a git checkout")
    tracked = [ROOT / os.fsdecode(name) for name in listing.stdout.split(b"\0") if name]
    assert tracked
    assert [str(path) for path in tracked if path.is_file() and path.stat().st_size > 1_000_000] == []
