"""What is said about a run that is not there."""

import os

import pytest

from nnctl.errors import RunError
from nnctl.training.run_folder import existing_folder


def hint(folder):
    with pytest.raises(RunError) as error:
        existing_folder(folder)
    assert error.value.problems[0].message == "there is no such run"
    return error.value.problems[0].hint


@pytest.fixture
def runs(tmp_path):
    """The folders of runs, each older than the one before."""

    def made(*names):
        for age, name in enumerate(names):
            (tmp_path / name).mkdir()
            (tmp_path / name / "config.yaml").write_text("seed: 1\n", encoding="utf-8")
            os.utime(tmp_path / name / "config.yaml", (1e9 - age, 1e9 - age))
        return tmp_path

    return made


def test_similar_names_come_first(runs):
    folder = runs("iris-3", "wine-20260101-2", "wine-20260101-1", "wine-20260101-0", "iris-1")
    assert hint(folder / "wine") == f"did you mean {folder / 'wine-20260101-2'} or {folder / 'wine-20260101-1'}?"
    assert hint(folder / "irsi-1") == f"did you mean {folder / 'iris-1'}?"
    assert hint(folder / "zz") == "runs there: " + ", ".join(
        str(folder / name) for name in ("iris-3", "wine-20260101-2", "wine-20260101-1", "wine-20260101-0", "iris-1")
    )


def test_of_many_the_newest_are_named(runs):
    folder = runs("c", "b", "a", "d", "e", "f")
    assert hint(folder / "zz") == f"the newest runs there: {', '.join(str(folder / name) for name in 'cbade')}"


def test_no_runs_at_all(tmp_path):
    assert hint(tmp_path / "x") == hint(tmp_path / "nowhere" / "x") == "start one with nnctl train CONFIG"
