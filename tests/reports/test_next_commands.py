"""The commands that come next: each is one that nnctl has, with quoted paths, in one column."""

import shlex

import pytest
from click.testing import CliRunner
from screens import lines, screen

from nnctl import cli
from nnctl.reports.next_commands import _NEXT, next_commands, show_next
from nnctl.reports.terminal import display_width
from nnctl.translation import use_language


@pytest.mark.parametrize("done", _NEXT)
def test_every_command_exists_and_takes_what_follows(done):
    for line in next_commands(done, "my runs/iris", "other"):
        program, name, *words = shlex.split(line)
        assert program == "nnctl" and "my runs/iris" in words
        command = cli.program.get_command(None, name)
        command.make_context(name, words)  # raises if an option or an argument is wrong


def test_paths_and_overrides_are_quoted():
    assert next_commands("stopped", "-my runs/it's") == ["nnctl train --resume './-my runs/it'\"'\"'s'"]
    assert next_commands("check", "c.yaml", options=["--set", "loss={huber: 2}"]) == [
        "nnctl train c.yaml --set 'loss={huber: 2}'"
    ]


@pytest.mark.parametrize("language", ["en", "ko"])
def test_the_commands_are_one_column_in_every_language(language):
    terminal = screen()
    use_language(language)
    try:
        show_next(["a", "b"], terminal)
    finally:
        use_language("en")
    first, second = lines(terminal)
    assert display_width(first) == display_width(second) and (first, second.strip()) == (f"{first[:-1]}a", "b")


def test_commands_end_with_what_comes_next(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def last(*arguments):
        result = CliRunner().invoke(cli.program, arguments)
        assert result.exit_code == 0, result.output
        return result.stdout[result.stdout.rindex("\nnext") + 1 :]

    assert (
        last("init", "-o", "my first.yaml") == "next  nnctl check 'my first.yaml'\n      nnctl train 'my first.yaml'\n"
    )
    assert last("check", "iris", "--set", "epochs=2") == "next  nnctl train iris --set epochs=2\n"
    assert "      nnctl report r\n" in last("train", "iris", "--set", "epochs=2", "--run", "r")
    assert last("eval", "r") == "next  nnctl report r\n      nnctl predict r FILE\n"
