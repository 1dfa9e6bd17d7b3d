"""nnctl completion: prints the script that completes commands, options and values in a shell."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click

from nnctl.cli.options import subcommand
from nnctl.translation import _


@subcommand()
@click.argument("shell", required=False, metavar="[bash|zsh|fish|powershell]")
def command(shell: str | None) -> None:
    """Print the script that completes nnctl's commands in a shell; default: the shell that is running.

    It completes commands, options, ready configs, data sets, runs, files, and the keys and values of --set. Run one of
    these lines, or put it into the file that your shell reads at its start:

    \b
    eval "$(nnctl completion bash)"                                 # ~/.bashrc
    eval "$(nnctl completion zsh)"                                  # ~/.zshrc
    nnctl completion fish | source                                  # ~/.config/fish/config.fish
    nnctl completion powershell | Out-String | Invoke-Expression    # $PROFILE
    """
    from nnctl.cli.completing.shells import SHELLS  # imported here to keep start-up fast

    name = shell or running_shell()
    if name not in SHELLS:
        given = _("there is no completion for the shell {name!r}").format(name=name) if name else \
            _("the running shell is not known")  # fmt: skip
        raise click.UsageError(
            _("{problem}; name one of these: nnctl completion {shells}").format(problem=given, shells="|".join(SHELLS))
        )
    chosen = SHELLS[name]
    click.echo(chosen.script().encode(), nl=False)  # as bytes: bash on Windows does not take \r\n
    if sys.stdout.isatty():
        told = _("To switch completion on, add this line to {file}:").format(file=chosen.file)
        click.echo(f"\n{told}\n  {chosen.install}", err=True)


def running_shell() -> str | None:
    """The name of the shell that has started nnctl; None if it is not known."""
    try:
        parent = Path(f"/proc/{os.getppid()}/comm").read_text(encoding="utf-8").strip()
    except OSError:  # not Linux
        parent = ""
    login = Path(os.environ.get("SHELL", "")).name
    names = {"bash": "bash", "zsh": "zsh", "fish": "fish", "pwsh": "powershell", "powershell": "powershell"}
    if os.name == "nt" and "PSModulePath" in os.environ and not login:
        return "powershell"
    return names.get(parent) or names.get(login) or login or None
