"""The output of commands in terminals of several sizes and in pipes, with and without colors."""

import os
import re
import subprocess
import sys
import threading

import pytest
from click.testing import CliRunner

from nnctl import cli

pty = pytest.importorskip("pty", reason="pseudo-terminals are Unix's")


def in_terminal(columns, rows, *arguments, cwd, **environment):
    """The output of `nnctl ARGUMENTS` in a terminal of that size, and its exit code."""
    import fcntl
    import struct
    import termios

    ours, its = pty.openpty()
    fcntl.ioctl(its, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
    inherited = {k: v for k, v in os.environ.items() if k not in ("COLUMNS", "LINES", "NO_COLOR", "FORCE_COLOR")}
    command = [sys.executable, "-m", "nnctl", *map(str, arguments)]
    process = subprocess.Popen(command, stdin=its, stdout=its, stderr=its, cwd=cwd,
                               env={**inherited, "TERM": "xterm-256color", **environment})  # fmt: skip
    os.close(its)
    received = bytearray()

    def read():
        while True:
            try:
                piece = os.read(ours, 65536)
            except OSError:  # the process is gone
                return
            if not piece:
                return
            received.extend(piece)

    reader = threading.Thread(target=read)
    reader.start()
    code = process.wait(timeout=60)
    reader.join()
    os.close(ours)
    return received.decode(), code


def unstyled(text):
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", text).replace("\r\n", "\n").replace("\r", "\n")


@pytest.mark.parametrize(("columns", "rows"), [(100, 30), (40, 15)])
def test_training_in_a_terminal_is_live(tmp_path, columns, rows):
    received, code = in_terminal(columns, rows, "train", "digits", "--epochs", 60, "--run", "r", cwd=tmp_path)
    text = unstyled(received)
    assert code == 0
    assert re.search(r"^epoch \d+/60 [━─]+", text, re.M)  # the line of progress
    assert re.search(r"^ +\d+/34 +\d\.\d{4}", text, re.M)  # a row of an iteration
    assert re.search(r"^ +\*? ?60 +\d\.\d{4}", text, re.M)  # the row of the last epoch
    assert received.count("\x1b[?25l") == received.count("\x1b[?25h") == 1  # the cursor is given back
    assert "nnctl eval r" in text and text.index("nnctl eval r") > text.rindex("━")


def test_a_dumb_terminal_and_a_pipe_get_plain_lines(tmp_path):
    received, code = in_terminal(80, 24, "train", "iris", "--epochs", 3, cwd=tmp_path, TERM="dumb")
    assert code == 0 and "\x1b" not in received and "baseline" in received
    done = subprocess.run([sys.executable, "-m", "nnctl", "train", "iris", "--epochs", "3"], cwd=tmp_path,
                          capture_output=True, text=True, check=True)  # fmt: skip
    assert "\x1b" not in done.stdout and "baseline" in done.stdout and done.stderr == ""


def test_colors_follow_the_terminal_and_the_environment(tmp_path):
    colored, _ = in_terminal(80, 24, "datasets", "irsi", cwd=tmp_path)
    assert "\x1b[31;1merror:\x1b[0m" in colored
    uncolored, _ = in_terminal(80, 24, "datasets", "irsi", cwd=tmp_path, NO_COLOR="1")
    assert "\x1b" not in uncolored and "error:" in uncolored
    piped = CliRunner(env={"FORCE_COLOR": "1"}).invoke(cli.program, ["datasets"])
    assert "\x1b[1m" in piped.stdout


@pytest.mark.parametrize("width", [40, 60, 100])
@pytest.mark.parametrize(
    "arguments",
    [
        ["datasets"],
        ["datasets", "breast_cancer"],
        ["summary", "two_inputs_two_outputs"],
        ["check", "cars"],
        ["explain-batches", "digits"],
    ],
    ids=" ".join,
)
def test_results_fit_any_width(arguments, width):
    result = CliRunner(env={"COLUMNS": str(width)}).invoke(cli.program, arguments)
    assert result.exit_code == 0
    assert [line for line in result.stdout.splitlines() if len(line) > width] == []


def test_a_stream_without_unicode_gets_ascii(tmp_path):
    environment = {**os.environ, "PYTHONIOENCODING": "ascii"}
    for arguments in (["train", "iris", "--epochs", "2"], ["explain-batches", "--samples", "9", "--batch-size", "4"]):
        done = subprocess.run([sys.executable, "-m", "nnctl", *arguments], cwd=tmp_path, env=environment,
                              capture_output=True)  # fmt: skip
        assert done.returncode == 0 and done.stdout.isascii() and done.stderr == b""


def test_help_lists_every_command_and_every_command_has_help():
    listed = CliRunner().invoke(cli.program, ["--help"]).stdout
    for name, (_, summary) in cli.COMMANDS.items():
        assert re.search(rf"^  {name} +{re.escape(summary)}$", listed, re.M)
        result = CliRunner().invoke(cli.program, [name, "--help"])
        assert result.exit_code == 0 and f"nnctl {name}" in result.stdout and "--debug" in result.stdout
    assert CliRunner().invoke(cli.program, []).stdout == listed
    assert CliRunner().invoke(cli.program, ["--version"]).stdout.startswith("nnctl 0.")


def test_help_groups_the_commands_by_what_a_user_does():
    listed = CliRunner().invoke(cli.program, ["--help"]).stdout
    places = [listed.index(f"\n{title}:\n  {next(iter(group))} ") for title, group in cli.GROUPS.items()]
    assert places == sorted(places)
    assert sum(map(len, cli.GROUPS.values())) == len(cli.COMMANDS)  # no command is in two groups


def test_an_overflow_in_training_is_reported_once_by_nnctl(tmp_path):
    command = [
        sys.executable,
        "-m",
        "nnctl",
        "train",
        "diabetes",
        "-q",
        "--set",
        "optimizer={sgd: {learning_rate: 1e30}}",
    ]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 1 and done.stderr.startswith("error: ") and done.stderr.count("\n") == 3
