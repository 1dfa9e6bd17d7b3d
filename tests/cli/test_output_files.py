"""Files that commands write: whole, or not at all."""

import os
import sys

import pytest
from small_runs import COLOURED, COLOURS, nnctl, train

# For each command that writes a file, its arguments; FILE is the file, RUN a run, ROWS a file with rows.
WRITING = {
    "report": "report RUN -o FILE",
    "report as Markdown": "report RUN --markdown -o FILE",
    "report as JSON": "report RUN --json -o FILE",
    "topic": "explain tanh --html FILE",
    "config": "explain iris --html FILE",
    "row": "explain RUN --row 1 --split train --html FILE",
    "batches": "explain-batches iris --html FILE",
    "picture of a graph": "summary two_inputs_two_outputs --plot FILE",
    "template": "init two_inputs -o FILE --force",
    "config for data": "init --from ROWS --target age -o FILE --force",
    "predictions": "predict RUN ROWS -o FILE --format csv",
    "onnx": "export RUN --to onnx -o FILE --force",
    "torch-code": "export RUN --to torch-code -o FILE --force",
    "keras-code": "export RUN --to keras-code -o FILE --force",
}
ENDINGS = {"picture of a graph": ".svg", "template": ".yaml", "config for data": ".yaml", "onnx": ".onnx"}


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return train(tmp_path_factory.mktemp("coloured"), COLOURED, train=COLOURS)


def called(kind, run, file):
    names = {"FILE": file, "RUN": run, "ROWS": run.parent / "train.csv"}
    return nnctl(*(names.get(word, word) for word in WRITING[kind].split()))


@pytest.fixture
def full_disk(monkeypatch):
    """Files cannot grow beyond 50 bytes in the test, as on a disk that becomes full while they are written."""
    monkeypatch.setattr(sys, "dont_write_bytecode", True)  # Python would keep what is left of its own files
    resource, signal = pytest.importorskip("resource"), pytest.importorskip("signal")
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)

    def call(*arguments):
        resource.setrlimit(resource.RLIMIT_FSIZE, (50, before[1]))
        try:
            return called(*arguments)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, before)

    return call


@pytest.mark.parametrize("kind", WRITING)
def test_a_write_that_fails_leaves_the_old_file(kind, run, tmp_path, full_disk):
    if kind == "onnx":
        pytest.importorskip("onnx.helper", reason="needs nnctl[onnx]")
    file = tmp_path / f"old{ENDINGS.get(kind, '.py')}"
    file.write_text("old")
    failed = full_disk(kind, run, file)
    assert failed.exit_code == 1 and failed.stderr.startswith("error: File too large"), failed.output
    assert "wrote" not in failed.output
    assert file.read_text() == "old" and list(tmp_path.iterdir()) == [file]
    done = called(kind, run, file)
    assert done.exit_code == 0 and f"wrote {file}" in done.output, done.output
    assert file.stat().st_size > 50


@pytest.mark.skipif(os.name == "nt", reason="links need a privilege there")
def test_a_link_stays_one(tmp_path):
    (tmp_path / "page.html").write_text("old")
    (tmp_path / "link.html").symlink_to("page.html")
    assert nnctl("explain", "tanh", "--html", tmp_path / "link.html").exit_code == 0
    assert (tmp_path / "link.html").is_symlink()
    assert "<title>" in (tmp_path / "page.html").read_text(encoding="utf-8")
