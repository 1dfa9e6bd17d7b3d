"""Windows, and a Korean one, as far as another system can pretend it (as_windows/pretended_windows.py)."""

import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from nnctl import quoting
from nnctl.cli import error_handler
from nnctl.config.loader import load
from nnctl.data.readers.paths import find_files
from nnctl.errors import ConfigError, DataError
from nnctl.training import atomic_files

HERE = Path(__file__).resolve().parent
NT = SimpleNamespace(name="nt")


def as_windows():
    paths = [str(HERE / "as_windows"), str(HERE.parents[1]), os.environ.get("PYTHONPATH", "")]
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    return {**kept, "NNCTL_TEST_AS_WINDOWS": "1", "PYTHONPATH": os.pathsep.join(filter(None, paths))}


@pytest.fixture(scope="module")
def day(tmp_path_factory):
    """Command line -> what the command printed, of a_students_day.py; the folder; and what went to stderr."""
    folder = tmp_path_factory.mktemp("내 자료 (1)")
    environment = {**as_windows(), "NNCTL_KERNELS": "numpy"}  # which need no minute to be compiled
    done = subprocess.run([sys.executable, str(HERE / "a_students_day.py")], cwd=folder, env=environment,
                          capture_output=True, timeout=100)  # fmt: skip
    outputs, errors = done.stdout.decode("cp949"), done.stderr.decode("cp949")
    assert done.returncode == 0, errors
    assert outputs.count("\n") == outputs.count("\r\n") > 50
    commands = outputs.replace("\r\n", "\n").split("$ nnctl ")[1:]
    return [tuple(command.split("\n", 1)) for command in commands], folder, errors.replace("\r\n", "\n")


def test_a_students_day_on_a_korean_windows(day):
    commands, folder, errors = day
    codes = [(line.split()[0], int(output.rpartition("exit ")[2])) for line, output in commands]
    assert codes == [
        ("init", 0), ("check", 0), ("summary", 0), ("train", 0), ("eval", 0), ("predict", 0), ("predict", 0),
        ("predict", 2), ("train", 0), ("train", 130), ("train", 2), ("train", 0),
    ]  # fmt: skip
    assert "bug" not in errors and "Traceback" not in errors
    for said in ("no such file", "encoding: cp949"):
        assert said in errors
    assert "interrupted" in dict(commands)["train ? ??.yaml --run ? ?? --epochs 10000000 --quiet"]
    assert [path.name for path in folder.rglob(".*")] == []  # no lock, nothing half written


def test_its_output_is_in_korean_without_what_cp949_lacks(day):
    outputs = "".join(output for _, output in day[0])
    for words in ("내 설정", '"꽃"', "★장미", "3 epochs x 1 iteration", '"내 실행"', "--- training"):
        assert words in outputs
    assert "?" not in outputs


def test_its_files_are_utf_8(day):
    folder = day[1]
    lines = (folder / "답 1.csv").read_text(encoding="utf-8").splitlines()
    assert lines[0] == "꽃,probability_★장미,probability_백합" and len(lines) == 41
    assert "path: [꽃 자료.csv]" in (folder / "내 실행" / "config.yaml").read_text(encoding="utf-8")
    assert b"\r" not in (folder / "시작.yaml").read_bytes()  # the same bytes on every system, read by `check` above


@pytest.mark.parametrize(
    ("path", "written"),
    [(r"C:\runs\iris-1", r"C:\runs\iris-1"), (r"C:\my runs\iris", r'"C:\my runs\iris"'), ("runs/꽃", "runs/꽃"),
     ("a&b.csv", '"a&b.csv"'), ("it's.csv", '"it\'s.csv"'), ("-x.csv", "./-x.csv")],
)  # fmt: skip
def test_a_path_in_a_hint_can_be_pasted_into_cmd_and_powershell(monkeypatch, path, written):
    monkeypatch.setattr(quoting, "os", NT)
    assert quoting.shell_path(path) == written


def test_a_file_that_a_scanner_has_open_is_renamed_a_moment_later(monkeypatch):
    tries = []

    def replace(*paths):
        tries.append(paths)
        if len(tries) < 3:
            raise PermissionError(13, "open")

    monkeypatch.setattr(atomic_files, "os", SimpleNamespace(name="nt", replace=replace))
    monkeypatch.setattr(atomic_files.time, "sleep", lambda _: None)
    atomic_files.move(Path("a"), Path("b"))
    assert tries == [(Path("a"), Path("b"))] * 3


def test_a_file_that_stays_open_is_told_with_its_fix(monkeypatch):
    def refuse(*_):
        raise PermissionError(13, "open")

    monkeypatch.setattr(atomic_files, "os", SimpleNamespace(name="nt", replace=refuse))
    monkeypatch.setattr(atomic_files.time, "sleep", lambda _: None)
    with pytest.raises(PermissionError) as refused:
        atomic_files.move(Path("a"), Path("b"))
    monkeypatch.setattr(error_handler, "os", NT)
    assert "close the program" in error_handler._hint_for(refused.value, None)


def test_a_reader_that_has_left_is_an_invalid_argument_there(monkeypatch):
    invalid = OSError(22, "Invalid argument")
    assert not error_handler._reader_has_left(invalid)
    monkeypatch.setattr(error_handler, "os", NT)
    assert error_handler._reader_has_left(invalid)
    assert not error_handler._reader_has_left(OSError(22, "Invalid argument", "a.csv"))


@pytest.mark.parametrize("path", [r"C:\Users\kim\data.csv", r"D:\data.csv"])
def test_a_backslash_in_double_quotes_is_told_with_its_fix(tmp_path, path):
    config = tmp_path / "c.yaml"
    config.write_text(f'dataset: {{path: "{path}"}}\n', encoding="utf-8")
    with pytest.raises(ConfigError, match=r"invalid escape(.|\n)*single quotes"):
        load(config)


def test_a_path_whose_backslashes_became_a_tab_is_told_with_its_fix():
    with pytest.raises(DataError, match=r"C:\\temp(.|\n)*double quotes"):
        find_files(["C:\temp.csv"])


def test_two_slashes_behind_a_drive_are_no_address():
    with pytest.raises(DataError, match="no such file"):
        find_files(["C://temp/data.csv"])
    with pytest.raises(DataError, match="from the network"):
        find_files(["https://example.org/data.csv"])


@pytest.mark.slow
@pytest.mark.parametrize("folder", ["cli", "data", "training"])
def test_the_suite_passes_without_what_only_posix_has(folder):
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-n", "0", str(HERE.parent / folder)],
        cwd=HERE.parents[1], env=as_windows(), capture_output=True, text=True, encoding="utf-8", errors="replace",
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-20000:]
