"""Whatever goes wrong: one readable message on stderr, the right exit code, a traceback only on request."""

import errno
import os
import subprocess
import sys
import warnings
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from nnctl import cli
from nnctl.cli.error_handler import Switches, catching
from nnctl.config.config_files import bundled_configs
from nnctl.data.catalog.bundled import bundled_path
from nnctl.errors import ConfigError, DataError, InputError, Problem, Stopped, TrainingError

SPEC_ERROR = ConfigError.of(
    [Problem("must be at least 1, got 0", "a.yaml:3:4: epochs", "write epochs: 10"), Problem("unknown key 'los'")]
)

IRIS = str(bundled_configs()["iris"])
TABLE = str(bundled_path("iris"))


@pytest.mark.parametrize(
    ("error", "code", "message"),
    [
        (
            SPEC_ERROR,
            2,
            "error: must be at least 1, got 0\n   at: a.yaml:3:4: epochs\n hint: write epochs: 10\n"
            "error: unknown key 'los'\n2 problems\n",
        ),
        (DataError("empty", "d.csv"), 2, "error: empty\n   at: d.csv\n"),
        (TrainingError("the loss is nan"), 1, "error: the loss is nan\n"),
        (Stopped("stopped after epoch 3"), 130, "stopped after epoch 3\n"),
        (KeyboardInterrupt(), 130, "stopped\n"),
        (
            OSError(errno.ENOSPC, "No space left on device", "runs/x"),
            1,
            "error: No space left on device\n   at: runs/x\n hint: free some disk space and try again\n",
        ),
        (OSError(errno.EFBIG, "File too large", "x"), 1, "error: File too large\n   at: x\n hint: raise the limit "),
        (PermissionError(errno.EACCES, "Permission denied", "x"), 1, "error: Permission denied\n   at: x\n hint: "),
        (MemoryError("Unable to allocate 8 GiB"), 1, "error: not enough memory: Unable to allocate 8 GiB\n hint: "),
        (MemoryError(), 1, "error: not enough memory\n hint: "),
        (
            KeyError("x"),
            1,
            "error: this is a bug in nnctl: KeyError: 'x'\n hint: run it again with --debug and report the traceback\n",
        ),
        (click.UsageError("give a CONFIG"), 2, "error: give a CONFIG\n"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, BaseException) else "",
)
def test_an_error_becomes_a_message_and_an_exit_code(capsys, error, code, message):
    with pytest.raises(SystemExit) as left, catching(Switches()):
        raise error
    assert left.value.code == code
    said = capsys.readouterr()
    assert said.out == "" and said.err.startswith(message)
    assert not message.endswith("\n") or said.err == message


def test_no_error_is_exit_0():
    with pytest.raises(SystemExit) as left, catching(Switches()):
        pass
    assert left.value.code == 0


def test_debug_shows_the_traceback_and_the_message(capsys):
    with pytest.raises(SystemExit), catching(Switches(debug=True)):
        raise InputError("wrong")
    said = capsys.readouterr().err
    assert said.startswith("Traceback") and said.endswith("error: wrong\n")


def nnctl(*arguments):
    return CliRunner().invoke(cli.program, [str(a) for a in arguments])


@pytest.mark.parametrize("arguments", [["--debug", "train", "no.yaml"], ["train", "no.yaml", "--debug"]])
def test_debug_works_before_and_after_the_command(arguments):
    result = nnctl(*arguments)
    assert result.exit_code == 2 and "Traceback" in result.stderr and "no such config file" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["trian"], ["no such command 'trian'", "did you mean train?"]),
        (["zzzzzz"], ["commands: init, check"]),
        (["train", "iris", "--epoch", "3"], ["--epoch", "--epochs"]),
        (
            ["train", "iris", "--batch-size", "3"],
            ["No such option '--batch-size'. hint: it is a key of the config: --set batch_size=VALUE; usage"],
        ),
        (["check", "iris", "--lr", "3"], ["No such option '--lr'. hint: it", "--set optimizer.learning_rate=VALUE"]),
        (["summary", "iris", "--optimizer", "sgd"], ["--set optimizer=VALUE"]),
        (["eval", "--lr", "3"], ["No such option '--lr'", "usage: nnctl eval"]),
        (
            ["train", "iris", "--set", "epochs", "3"],
            ["unexpected extra argument (3)", "--set key=value without blanks"],
        ),
        (["train", "iris", "3"], ["unexpected extra argument (3) hint: usage"]),
        (["fit", "iris"], ["no such command 'fit'; did you mean train?"]),
        (["help"], ["no such command 'help'; did you mean --help?"]),
        (["train", "iris", "--epochs", "many"], ["--epochs", "many"]),
        (["train"], ["give a CONFIG", "nnctl train --help"]),
        (["train", "iris", "--json", "--quiet"], ["cannot be used together"]),
        (["train", "iris", "--engine", "abacus"], ["'numpy'", "'torch'"]),
        (["train", "iris", "--device", "cuda"], ["is for the torch backend", "--engine torch", "engine.device"]),
        (["check", "iris", "--set", "engine.dtype=mixed_bfloat16"], ["is for the torch backend", "dtype: float32"]),
        (["check", "iris", "--set", "engine={jit_compile: true}"], ["is for the torch backend"]),
        (["train", "iris", "--resume", "runs/x"], ["own config"]),
        (["train", "--resume", "no_such_run"], ["no such run", "no_such_run"]),
        (["train", "no.yaml"], ["no such config file", "no.yaml"]),
        (["train", "iris", "--set", "epochs"], ["key.path=value"]),
        (["train", "iris", "--epochs", "0"], ["at least 1", "epochs"]),
        (["eval"], ["RUN"]),
        (["eval", "no_such_run"], ["no such run"]),
        (["eval", "iris"], ["this is a ready config, not a run", "nnctl train iris"]),
        (["predict", "iris.yaml", "in.csv"], ["this is a ready config, not a run", "nnctl train iris.yaml"]),
        (["predict", IRIS, "in.csv"], ["this is a config, not a run", f"nnctl train {IRIS}"]),
        (["report", "iris"], ["this is a ready config, not a run", "nnctl train iris"]),
        (["train", "--resume", "optimizers/adam"], ["this is a ready config", "nnctl train optimizers/adam"]),
        (["explain", "iris", "--row", "3"], ["--row wants a run, and iris is a ready config", "nnctl train iris"]),
        (["explain", IRIS, "--row", "3"], ["--row wants a run", "is a config", f"nnctl train {IRIS}"]),
        (["explain", "irsi", "--row", "3"], ["no such run"]),
        (["eval", "x", "--split", "tset"], ["'test'"]),
        (["predict", "run", "in.csv", "-o", "out.xls"], ["out.xls", ".csv", "--format"]),
        (["predict", "run", "in.csv", "--format", "npz"], ["-o"]),
        (["predict", "run", "in.csv", "--json", "--format", "csv"], ["cannot be used together"]),
        (["predict", "run", "in.csv", "-o", "no/such/folder/out.csv"], ["no such folder", "mkdir -p no/such/folder"]),
        (["explain-batches"], ["--samples", "CONFIG"]),
        (["explain-batches", "--samples", "10", "--batch-size", "0"], ["batch size must be at least 1"]),
        (["explain-batches", "--samples", "-3"], ["samples must be at least 1"]),
        (["explain-batches", "--samples", "10", "--batch-size", "half"], ["'half'", "'all'"]),
        (["explain-batches", "1000"], ["a number of samples is given by an option: --samples 1000"]),
        (["explain-batches", "--samples", "10", "--set", "epochs=2"], ["CONFIG"]),
        (["init", "classfy"], ["no template", "did you mean classify?"]),
        (["init", "-o", "."], ["folder"]),
        (["init", TABLE], ["no template", f"nnctl init --from {TABLE}"]),
        (["explain", TABLE], ["this is data, not a config", f"nnctl init --from {TABLE}"]),
        (["predict", TABLE, TABLE], ["give one INPUT, not 2 files", "nnctl predict '", "/*.csv'"]),
        (["predict", IRIS, TABLE, TABLE], ["give an INPUT, or a RUN and an INPUT"]),
        (["train", str(Path(TABLE).parent)], ["is a folder", f"nnctl init --from {Path(TABLE).parent}"]),
        (["import", TABLE], ["not a .keras file, or damaged: it is not a zip archive", "model.save"]),
        (["import", "no.keras"], ["there is no such file", "the current folder is"]),
        (["train", TABLE], ["this is data, not a config", f"nnctl init --from {TABLE}"]),
        (["datasets", "irsi"], ["did you mean iris?"]),
    ],
    ids=lambda value: " ".join(value)[:40] if value and isinstance(value, list) else None,
)
def test_a_usage_error_has_a_hint(tmp_path, monkeypatch, arguments, says):
    monkeypatch.chdir(tmp_path)
    result = nnctl(*arguments)
    assert result.exit_code == 2
    assert result.stderr.startswith("error: ") and "Traceback" not in result.stderr and result.stdout == ""
    for words in says:
        assert words in " ".join(result.stderr.split())
    assert list(tmp_path.iterdir()) == []


def test_a_config_that_is_in_a_folder_of_its_name_is_found(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "small").mkdir()
    (tmp_path / "small" / "config.yaml").write_text("layers: []")  # as nnctl import writes it
    assert "did you mean small/config.yaml?" in nnctl("train", "small.yaml").stderr


@pytest.mark.parametrize("language", ["en", "ko"])
def test_the_hint_names_the_usage_once(language):
    said = " ".join(nnctl("--lang", language, "train", "--bad").stderr.split())
    assert "usage: nnctl train [OPTIONS] [CONFIG]; for all options: nnctl train --help" in said


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs Linux's full device")
@pytest.mark.parametrize("arguments", [["datasets"], ["train", "iris", "--epochs", "2"]])
def test_a_full_disk_is_reported_in_one_line(tmp_path, arguments):
    with open("/dev/full", "w", encoding="utf-8") as full:
        command = [sys.executable, "-m", "nnctl", *arguments]
        done = subprocess.run(command, cwd=tmp_path, stdout=full, stderr=subprocess.PIPE, text=True)
    assert done.returncode == 1
    assert done.stderr.splitlines()[0] == "error: No space left on device" and "Traceback" not in done.stderr
    assert ("nnctl train --resume resumes a run" in done.stderr) == (arguments[0] == "train")


@pytest.mark.skipif(os.name == "nt", reason="needs a POSIX shell")
@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_closed_streams_do_not_matter(tmp_path, closed):
    (tmp_path / "d.csv").write_text("a,b,c\n" + "".join(f"{i},{i * i % 7},{i % 3}\n" for i in range(30)), "utf-8")
    unclear = f"{sys.executable} -m nnctl init --from d.csv {closed}"  # would ask at a terminal
    command = f"{sys.executable} -m nnctl train iris --epochs 1 --run r {closed} && ! {unclear}"
    done = subprocess.run(["sh", "-c", command], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0 and "bug in nnctl" not in done.stderr and "Traceback" not in done.stderr
    assert (tmp_path / "r" / "model.safetensors").is_file()


def test_a_closed_pipe_is_not_reported(tmp_path):
    command = [sys.executable, "-m", "nnctl", "schema"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    process.stdout.read(10)
    process.stdout.close()
    assert process.stderr.read() == b""
    process.stderr.close()
    process.wait()


@pytest.mark.parametrize("category", [RuntimeWarning, DeprecationWarning, UserWarning, FutureWarning, SyntaxWarning])
def test_no_python_warning_reaches_a_user(category):
    with warnings.catch_warnings(record=True) as shown:
        warnings.simplefilter("always")
        with pytest.raises(SystemExit), catching(Switches()):
            warnings.warn("invalid value encountered in log", category, stacklevel=1)
        warnings.warn("after it all is as it was", category, stacklevel=1)
    assert [str(each.message) for each in shown] == ["after it all is as it was"]


OVERFLOWING = """
dataset: iris
layers:
  - Dense: {units: 9, activation: exponential, kernel_initializer: {constant: 1e30}}
  - Dense: {units: 3, activation: softmax}
loss: sparse_categorical_crossentropy
epochs: 1
"""


@pytest.mark.parametrize("verb", ["check", "train", "summary"])
def test_an_overflow_is_an_error_without_a_warning(verb, tmp_path):
    (tmp_path / "c.yaml").write_text(OVERFLOWING)
    extra = ["--run", str(tmp_path / "run")] if verb == "train" else []
    with warnings.catch_warnings(record=True) as shown:
        warnings.simplefilter("always")
        result = CliRunner().invoke(cli.program, [verb, str(tmp_path / "c.yaml"), *extra])
    assert result.exit_code == (0 if verb == "summary" else result.exit_code)
    assert not shown and "Warning" not in result.output


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signals")
@pytest.mark.parametrize(("name", "code"), [("SIGINT", 130), ("SIGTERM", 143), ("SIGHUP", 129)])
def test_a_signal_leaves_no_temporary_files(name, code, tmp_path):
    """It comes while a copy of a CSV file with mixed line endings is written, for DuckDB."""
    (tmp_path / "d.csv").write_bytes(b"x,y\r\n" + b"1.5,2.5\n" * 200_000)
    (tmp_path / "c.yaml").write_text("dataset: {path: d.csv, target: y}\nlayers: [{Dense: {units: 1}}]\nloss: mse\n")
    (tmp_path / "temporary").mkdir()
    program = f"""if True:
        import os, signal, sys
        from nnctl.data.readers.csv import duckdb_source

        def pieces(*given, normalized=duckdb_source.normalized):
            for piece in normalized(*given):
                yield piece
                assert len(os.listdir("temporary")) == 1
                os.kill(os.getpid(), signal.{name})

        duckdb_source.normalized = pieces
        from nnctl import cli
        sys.argv = ["nnctl", "check", "c.yaml"]
        cli.main()
    """
    done = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True,
                          env=os.environ | {"TMPDIR": str(tmp_path / "temporary")})  # fmt: skip
    assert (done.returncode, done.stderr) == (code, "stopped\n")
    assert list((tmp_path / "temporary").iterdir()) == []
