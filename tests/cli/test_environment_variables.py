"""The environment variables that nnctl reads: each is documented, and a value that is not allowed is one message."""

import re
from pathlib import Path

import pytest
from small_runs import nnctl

ROOT = Path(__file__).parents[2]
FASHION = ["datasets", "fashion_mnist"]
IRIS = ["train", "iris", "--epochs", "1"]

# variable -> for each value that is not allowed, a command that reads it and what the message says
BAD = {
    "NNCTL_LANG": [("xx", ["datasets"], "NNCTL_LANG: there is no translation into 'xx'; languages: en (English), ko")],
    "NNCTL_DATA": [(__file__, FASHION, "NNCTL_DATA must name a folder, and this is a file")],
    "NNCTL_KERNELS": [
        ("bad", IRIS, "NNCTL_KERNELS must be numpy or numba, got 'bad'"),
        ("Numba", IRIS, "NNCTL_KERNELS must be numpy or numba, got 'Numba'"),
    ],
}


@pytest.mark.parametrize(("variable", "value", "arguments", "says"),
                         [(name, *case) for name, cases in BAD.items() for case in cases])  # fmt: skip
def test_a_value_that_is_not_allowed_is_one_message(monkeypatch, tmp_path, variable, value, arguments, says):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(variable, value)
    result = nnctl(*arguments)
    assert result.exit_code == 2
    assert result.stderr.startswith("error: ") and result.stderr.count("error:") == 1
    assert says in " ".join(result.stderr.split())
    assert list(tmp_path.iterdir()) == []  # no run was begun


@pytest.mark.parametrize("variable", BAD)
def test_an_empty_variable_counts_as_none(monkeypatch, tmp_path, variable):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(variable, "")
    assert nnctl(*IRIS, "--quiet").exit_code == 0


def test_every_variable_is_documented_and_tested():
    source = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "nnctl").rglob("*.py"))
    table = (ROOT / "docs" / "README.md").read_text(encoding="utf-8").partition("## Environment variables")[2]
    names = set(re.findall(r"\"(NNCTL_[A-Z_]+)\"", source))
    assert names == set(re.findall(r"^\| `(NNCTL_[A-Z_]+)`", table, re.MULTILINE)) == set(BAD)
