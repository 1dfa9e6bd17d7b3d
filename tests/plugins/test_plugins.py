"""Packages that add components: found by entry points, used like nnctl's own; a broken one harms nobody."""

import json
import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from nnctl.components.registry import Family, PluginError
from nnctl.config.json_schema import FAMILIES

EXAMPLE = Path(__file__).parent / "example_package"
DECLARED = tomllib.loads((EXAMPLE / "pyproject.toml").read_text(encoding="utf-8"))["project"]
CONFIG = """
dataset: {path: rows.csv, target: y}
layers:
  - Dense: {units: 8, activation: absolute, kernel_initializer: checkerboard, kernel_regularizer: rounded_l1}
  - Gain
  - Dense: {units: 1}
loss: {quantile: {q: 0.4}}
metrics: [max_error]
optimizer: {signum: {learning_rate: {Warmup: {target: 0.05, steps: 20}}}}
callbacks: [{StopBelow: {value: 10}}]
epochs: 100
"""
PLAIN = "dataset: {path: rows.csv, target: y}\nlayers: [{Dense: {units: 1}}]\nloss: mse\n"


def install(folder, name, groups):
    """A package's metadata as pip leaves it: a folder *.dist-info on sys.path, with the entry points."""
    info = folder / f"{name.replace('-', '_')}-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n", encoding="utf-8")
    lines = [f"[{group}]\n" + "".join(f"{key} = {value}\n" for key, value in entries.items())
             for group, entries in groups.items()]  # fmt: skip
    (info / "entry_points.txt").write_text("\n".join(lines), encoding="utf-8")


@pytest.fixture
def nnctl(tmp_path):
    """Runs a command in a folder with data, and with what is installed in its folder `site`."""
    (tmp_path / "site").mkdir()
    rows = "".join(f"{i},{i % 7},{2 * i - i % 7}\n" for i in range(60))
    (tmp_path / "rows.csv").write_text("a,b,y\n" + rows, encoding="utf-8")
    (tmp_path / "plain.yaml").write_text(PLAIN, encoding="utf-8")
    (tmp_path / "example.yaml").write_text(CONFIG, encoding="utf-8")
    root = Path(__file__).parents[2]

    def run(*arguments, code=0):
        path = os.pathsep.join(map(str, (tmp_path / "site", EXAMPLE, root)))
        ran = subprocess.run([sys.executable, "-m", "nnctl", *arguments], cwd=tmp_path, capture_output=True,
                             encoding="utf-8", env={**os.environ, "PYTHONPATH": path})  # fmt: skip
        assert ran.returncode == code, ran.stderr
        return ran

    run.site = tmp_path / "site"
    return run


def test_the_example_declares_one_component_of_each_family():
    assert DECLARED["entry-points"].keys() == {family.group for family in FAMILIES.values()}
    assert all(len(entries) == 1 for entries in DECLARED["entry-points"].values())


@pytest.mark.parametrize("module", ["layers", "losses", "metrics", "optimizers", "activations"])
def test_contributing_shows_the_example(module):
    page = (Path(__file__).parents[2] / "CONTRIBUTING.md").read_text(encoding="utf-8")
    code = (EXAMPLE / "nnctl_example" / f"{module}.py").read_text(encoding="utf-8")
    assert f"```python\n{code}```" in page


def test_the_example_trains_predicts_and_is_in_the_schema(nnctl):
    install(nnctl.site, DECLARED["name"], DECLARED["entry-points"])
    lines = [json.loads(line) for line in nnctl("train", "example.yaml", "--json").stdout.splitlines()]
    assert lines[-1]["reason"] == "early stopping" and 1 < lines[-1]["epochs"] < 100
    assert len(nnctl("predict", lines[-1]["folder"], "rows.csv").stdout.splitlines()) >= 60
    schema = json.loads(nnctl("schema").stdout)["$defs"]
    for noun, family in FAMILIES.items():
        [name] = DECLARED["entry-points"][family.group]
        assert f"{noun}.{name}" in schema
    nnctl("check", "example.yaml", "--set", "layers.1=Gian", code=2)


BROKEN = {
    "broken.absent:X": "which cannot be loaded: ModuleNotFoundError: No module named 'broken.absent'",
    "broken.fails:X": "which cannot be loaded: ZeroDivisionError: division by zero",
    "broken.exits:X": "which cannot be loaded: SystemExit: 3",
    "broken": "but broken registers no layer of that name",
}


def break_it(site, value):
    package = site / "broken"
    package.mkdir()
    start = "from nnctl.nn.layers import Layer, layers\n"
    for name, text in {
        "__init__": "", "fails": "1 / 0", "exits": "raise SystemExit(3)",
        "dense": start + "@layers.register('dense')\nclass X(Layer):\n    pass\n",
    }.items():  # fmt: skip
        (package / f"{name}.py").write_text(text, encoding="utf-8")
    install(site, "nnctl-broken", {"nnctl.layers": {"Broken": value}})


@pytest.mark.parametrize("value", BROKEN)
def test_a_broken_package_is_named(value, tmp_path, monkeypatch):
    break_it(tmp_path, value)
    monkeypatch.syspath_prepend(tmp_path)
    for name in [name for name in sys.modules if name.partition(".")[0] == "broken"]:
        monkeypatch.delitem(sys.modules, name)
    family = Family("layer")
    for _ in range(2):  # it stays broken
        with pytest.raises(PluginError) as caught:
            family.lookup("broken")
        [problem] = caught.value.problems
        assert problem.message == f"layer 'Broken' is declared by the package nnctl-broken, {BROKEN[value]}"
        assert "nnctl-broken" in problem.hint


def test_a_package_cannot_take_a_name_of_ours(nnctl):
    break_it(nnctl.site, "broken.dense:X")
    error = nnctl("check", "plain.yaml", "--set", "layers.0=broken", code=2).stderr
    assert "ValueError: layer 'dense' is registered in nnctl.nn.layers.dense already" in error
    assert "Traceback" not in error and error.count("error:") == 1 and "hint: update nnctl-broken" in error


def test_a_broken_package_harms_no_command_that_does_not_use_it(nnctl):
    break_it(nnctl.site, "broken.fails:X")
    install(nnctl.site, DECLARED["name"], DECLARED["entry-points"])
    nnctl("train", "plain.yaml")
    nnctl("check", "example.yaml")
    assert '"layer.Gain"' in nnctl("schema").stdout
    error = nnctl("check", "plain.yaml", "--set", "layers.0=Unheard", code=2).stderr
    assert "unknown layer 'Unheard'" in error and "nnctl-broken, which cannot be loaded" in error


def test_two_packages_with_one_name_are_told(nnctl):
    install(nnctl.site, DECLARED["name"], DECLARED["entry-points"])
    install(nnctl.site, "nnctl-rival", {"nnctl.layers": {"gain": "broken:X"}})
    error = nnctl("check", "example.yaml", code=2).stderr
    assert "declared by the packages nnctl-example and nnctl-rival" in error
