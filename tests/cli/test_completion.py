"""Shell completion: the candidates of every kind of parameter, the scripts, and silence whatever goes wrong."""

import os
import shutil
import subprocess
import sys

import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from nnctl import cli
from nnctl.cli.completing import answer, candidates
from nnctl.cli.completing.shells import SHELLS
from nnctl.cli.completion import running_shell
from nnctl.config.config_files import bundled_configs
from nnctl.data import bundled_names


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("a b.yaml", "mine.yml", "data.csv", ".hidden.yaml", "part/inner.yaml"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("layers: [\n")
    for age, name in enumerate(("runs/iris-2", "runs/wine-1", "runs/iris-1", "elsewhere")):  # the newest first
        (tmp_path / name).mkdir(parents=True)
        (tmp_path / name / "config.yaml").write_text("")
        os.utime(tmp_path / name / "config.yaml", (10**9 - age, 10**9 - age))
    return tmp_path


def values(line):
    words, incomplete, _ = SHELLS["zsh"].split(f"nnctl {line}")
    return [item.value for item in candidates(cli.program, words[1:], incomplete)]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("tra", ["train"]),
        ("explain-", ["explain-batches"]),
        ("train --re", ["--resume"]),
        ("train iris --engine ", ["numpy", "torch"]),
        ("train iris --engine=t", ["torch"]),
        ("train digits_c", ["digits_cnn"]),
        ("train m", ["mine.yml"]),
        ("train part/", ["part/inner.yaml"]),
        ("train 'a ", ["a b.yaml"]),
        ("check .h", [".hidden.yaml"]),
        ("--lang ", ["en", "ko"]),
        ("train iris --lang k", ["ko"]),
        ("datasets i", ["iris"]),
        ("init re", ["regress"]),
        ("completion p", ["powershell"]),
        ("eval ", ["runs/iris-2", "runs/wine-1", "runs/iris-1", "elsewhere", "part/", "runs/"]),
        ("eval runs/i", ["runs/iris-2", "runs/iris-1"]),
        ("train --resume runs/w", ["runs/wine-1"]),
        ("predict elsewhere da", ["data.csv"]),
        ("eval elsewhere --data d", ["data.csv"]),
        ("runs ", ["elsewhere/", "part/", "runs/"]),
        ("export --to ke", ["keras", "keras-code"]),
        ("explain LSTM", ["LSTM"]),
        ("explain epo", ["epoch"]),
        ("train iris --set opt", ["optimizer.", "optimizer="]),
        ("train iris --set optimizer.adam.am", ["optimizer.adam.amsgrad="]),
        ("train iris --set optimizer.learning_r", ["optimizer.learning_rate.", "optimizer.learning_rate="]),
        ("train optimizers/sgd --set optimizer.mom", ["optimizer.momentum="]),
        ("train --set optimizer.learning_r", []),  # an argument of which optimizer?
        ("train iris --set optimizer=adam", ["optimizer=adam", "optimizer=adamax", "optimizer=adamw"]),
        ("train iris --set engine.backend=", ["engine.backend=numpy", "engine.backend=torch"]),
        ("train iris --set batch_size=", ["batch_size=all"]),
        ("train iris --set epo", ["epochs="]),
        ("train iris --set epochs=", []),
        ("train digits --set layers.", [f"layers.{name}." for name in ("dense", "dropout", "dense_1", "dense_2")]),
        ("train digits --set layers.dropout.r", ["layers.dropout.rate="]),
        ("train digits --set layers.1.r", ["layers.1.rate="]),
        ("train digits --set layers[1].r", ["layers[1].rate="]),
        ("train digits --set layers[1].Dropout.r", ["layers[1].Dropout.rate="]),
        ("train digits --set layers.Dropout.r", ["layers.Dropout.rate="]),
        ("train digits --set layers.0.use_bias=", ["layers.0.use_bias=true", "layers.0.use_bias=false"]),
        ("train digits --set layers.9.r", []),
        ("train digits --set layers.dense.use_bias=", ["layers.dense.use_bias=true", "layers.dense.use_bias=false"]),
        ("train diabetes --set callbacks.EarlyStopping.pa", ["callbacks.EarlyStopping.patience="]),
        ("train mine.yml --set epo", ["epochs="]),  # a config that is no YAML
        ("train nowhere.yaml --set layers.", []),
        ("train iris --set no.such.key.", []),
    ],
)
def test_candidates(line, expected):
    assert values(line) == expected


def test_every_command_config_and_data_set_is_a_candidate():
    assert values("") == list(cli.COMMANDS)
    assert set(bundled_configs()) < set(values("train "))
    assert values("datasets ") == list(bundled_names())
    assert {"Dense", "adam", "relu", "mse", "accuracy", "EarlyStopping"} < set(values("explain "))


def test_folders_and_keys_go_on_and_all_else_is_finished():
    def types(words, incomplete):
        return {item.value: item.type for item in candidates(cli.program, words, incomplete)}

    assert types(["train"], "pa") == {"part/": "more"} and types(["train"], "min") == {"mine.yml": "plain"}
    assert set(types(["train", "iris", "--set"], "").values()) == {"more"}


def test_descriptions_and_their_language():
    def told(line):
        return answer(cli.program, {"_NNCTL_COMPLETE": "zsh_complete", "COMP_LINE": line})

    assert told("nnctl datase") == " datasets\tList the bundled data sets, or preview one.\n"
    assert told("nnctl train iris --set epo") == "+epochs=\tNumber of passes over the training rows.\n"
    assert told("nnctl --lang ko datase").isascii() is False
    assert told("NNCTL_LANG=xx nnctl datase").startswith(" datasets")


@pytest.mark.parametrize(
    ("shell", "line", "words", "incomplete"),
    [
        ("bash", "nnctl train ", ["nnctl", "train"], ""),
        ("bash", r"nnctl train a\ b", ["nnctl", "train"], "a b"),
        ("bash", r"nnctl train a\ ", ["nnctl", "train"], "a "),
        ("bash", "nnctl train 'a b", ["nnctl", "train"], "a b"),
        ("bash", "A=1 nnctl --set x=1 y", ["nnctl", "--set", "x=1"], "y"),
        ("powershell", r"nnctl train C:\data\a", ["nnctl", "train"], r"C:\data\a"),
        ("fish", "", [], ""),
    ],
)
def test_lines_become_words(shell, line, words, incomplete):
    assert SHELLS[shell].split(line)[:2] == (words, incomplete)


@settings(max_examples=20, deadline=None)
@given(
    line=st.text(st.characters(exclude_characters="\0", codec="utf-8"), max_size=20),
    shell=st.sampled_from([*SHELLS, "csh"]),
)
def test_whatever_is_typed_nothing_is_printed_but_candidates(line, shell):
    environment = {**os.environ, "_NNCTL_COMPLETE": f"{shell}_complete", "COMP_LINE": f"nnctl train {line}"}
    result = CliRunner().invoke(cli.program, [], env=environment)
    assert result.exit_code == 0 and result.stderr == ""


def test_names_that_would_break_a_line_are_left_out(folder):
    (folder / "b\nad.yaml").write_text("")
    assert values("train b") == ["breast_cancer"]


def nnctl_in(folder):
    """A folder for PATH with the command nnctl."""
    command = folder / "bin" / "nnctl"
    command.parent.mkdir()
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m nnctl "$@"\n')
    command.chmod(0o755)
    return command.parent


@pytest.mark.skipif(not shutil.which("bash") or os.name == "nt", reason="needs bash")
def test_bash(folder):
    def replies(line):
        script = (
            f'eval "$(nnctl completion bash)"; COMP_LINE="{line}"; COMP_POINT=${{#COMP_LINE}};'
            ' _nnctl_completion nnctl; printf "%s|" "${COMPREPLY[@]}"; complete -p nnctl >&2'
        )
        done = subprocess.run(["bash", "--norc", "-c", script], capture_output=True, text=True, env=environment)
        assert "-F _nnctl_completion nnctl" in done.stderr and done.stderr.count("\n") == 1
        return done.stdout.split("|")[:-1]

    environment = {**os.environ, "PATH": f"{nnctl_in(folder)}{os.pathsep}{os.environ['PATH']}"}
    assert replies("nnctl tra") == ["train "]
    assert replies("nnctl train a") == ["a\\ b.yaml ", "autoencoder "]
    # bash replaces only what stands behind the `=`
    assert replies("nnctl train iris --set engine.backend=t") == ["torch "]


def test_completion_imports_little(folder):
    code = (
        "import sys; from nnctl.cli import main\ntry:\n    main()\nfinally:\n    print(*sys.modules, file=sys.stderr)"
    )
    heavy = {"numpy", "duckdb", "pydantic", "rich", "torch", "importlib.metadata"}
    for line in ("nnctl train iris --set optimizer.", "nnctl explain L"):
        environment = {**os.environ, "_NNCTL_COMPLETE": "bash_complete", "COMP_LINE": line}
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment)
        assert done.stdout and not heavy & set(done.stderr.split()), line


@pytest.mark.parametrize("shell", SHELLS)
def test_a_script_is_printed(shell):
    result = CliRunner().invoke(cli.program, ["completion", shell])
    assert result.exit_code == 0 and f"{shell}_complete" in result.stdout and "COMP_LINE" in result.stdout
    assert SHELLS[shell].install in CliRunner().invoke(cli.program, ["completion", "--help"]).stdout


def test_the_running_shell_is_the_default(monkeypatch):
    monkeypatch.setenv("SHELL", "/usr/bin/fish")
    monkeypatch.setattr("os.getppid", lambda: 0)  # not to be found
    assert running_shell() == "fish"
    assert CliRunner().invoke(cli.program, ["completion"]).stdout == SHELLS["fish"].script()
    monkeypatch.setenv("SHELL", "/bin/csh")
    result = CliRunner().invoke(cli.program, ["completion"])
    assert result.exit_code == 2 and "'csh'" in result.stderr and "bash|zsh|fish|powershell" in result.stderr
