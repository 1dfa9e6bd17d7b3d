"""The command `nnctl`. Each subcommand has its own module, which is imported only when the command is used."""

from __future__ import annotations

from nnctl import interrupts

interrupts.leave_while_importing()

import gc  # noqa: E402
import importlib  # noqa: E402
import os  # noqa: E402
import sys  # noqa: E402
from collections.abc import Sequence  # noqa: E402
from typing import TYPE_CHECKING, Any, Never  # noqa: E402

import click  # noqa: E402

from nnctl import progress  # noqa: E402
from nnctl.cli.error_handler import Switches, catching  # noqa: E402
from nnctl.cli.help_page import TranslatedHelp  # noqa: E402
from nnctl.cli.options import begin_language, debug_option, lang_option  # noqa: E402
from nnctl.translation import _  # noqa: E402
from nnctl.version import __version__  # noqa: E402

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

# What a user does -> the commands for it: command -> (module under nnctl.cli, summary). `nnctl --help` reads only this.
GROUPS = {
    "Write a config": {
        "init": ("init", "Write a commented starter config."),
        "check": ("check", "Check a config and its data without training."),
        "summary": ("summary", "Show layers, output shapes, parameters and memory."),
        "datasets": ("datasets", "List the bundled data sets, or preview one."),
    },
    "Train and evaluate": {
        "train": ("train", "Train the network a config describes, or resume a run."),
        "eval": ("evaluate", "Show a run's metrics, confusion matrix and per-class table."),
        "report": ("report", "Write a page that shows and explains a run, or several."),
        "runs": ("runs", "List the runs in a folder, the newest first."),
    },
    "Use a trained model": {
        "predict": ("predict", "Predict each row of a file with a trained run."),
        "export": ("export", "Write a run's model for ONNX, Keras or PyTorch."),
        "import": ("import_", "Import a model that Keras has saved."),
    },
    "Learn": {
        "explain": ("explain", "Explain a layer, an idea, a config, or a row of a run."),
        "explain-batches": ("explain_batches", "Explain how epochs, batches and iterations add up."),
    },
    "Set up and clean up": {
        "cache": ("cache", "List or remove the large tables that are stored on disk."),
        "schema": ("schema", "Print the JSON Schema of configs, for editors."),
        "completion": ("completion", "Print the script that completes commands in your shell."),
    },
}
COMMANDS = {name: entry for group in GROUPS.values() for name, entry in group.items()}


class Program(TranslatedHelp, click.Group):
    """The group of all commands, and the only place where errors become messages and exit codes."""

    def list_commands(self, context: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS:
            return None
        module, summary = COMMANDS[name]
        command: click.Command = importlib.import_module(f"nnctl.cli.{module}").command
        command.name, command.short_help = name, _(summary)
        return command

    def shell_complete(self, context: click.Context, incomplete: str) -> list[CompletionItem]:
        """The commands, from the table: click's own method would import each of them."""
        from click.shell_completion import CompletionItem  # imported here to keep start-up fast

        found = [CompletionItem(name, help=_(summary)) for name, (_module, summary) in COMMANDS.items()
                 if name.startswith(incomplete)]  # fmt: skip
        return [*found, *click.Command.shell_complete(self, context, incomplete)]

    def resolve_command(
        self, context: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name = args[0]
        if name not in COMMANDS and not name.startswith("-"):
            from nnctl.cli.usage_hints import command_hint  # imported here to keep start-up fast

            raise click.UsageError(f"no such command {name!r}; {command_hint(name, list(COMMANDS))}", context)
        if isinstance(context.obj, Switches):
            context.obj.command = name
        return super().resolve_command(context, args)

    def format_commands(self, context: click.Context, formatter: click.HelpFormatter) -> None:
        width = max(map(len, COMMANDS))  # the same in every group, so that the summaries are one column
        for title, group in GROUPS.items():
            with formatter.section(_(title)):
                formatter.write_dl([(name.ljust(width), _(summary)) for name, (_module, summary) in group.items()])

    def invoke(self, context: click.Context) -> Any:
        try:
            return super().invoke(context)
        except KeyboardInterrupt:  # click would print an empty line
            raise click.Abort from None

    # narrower than click's signature: it always exits, and has no use for `standalone_mode` and `complete_var`
    def main(self, args: Sequence[str] | None = None, **extra: Any) -> Never:  # type: ignore[override]
        switches = Switches()
        progress.listener = _tell
        with catching(switches):
            if "_NNCTL_COMPLETE" in os.environ:  # a shell asks for completions
                from nnctl.cli.completing import complete  # imported here to keep start-up fast

                complete(self)
                sys.exit()
            begin_language(sys.argv[1:] if args is None else args)
            # with standalone_mode=False, click returns the exit code instead of exiting
            extra |= {"prog_name": "nnctl", "standalone_mode": False, "obj": switches}
            code = super().main(args, **extra)
            sys.stdout.flush()  # here, so that a full disk is reported as an error
            sys.exit(code or 0)


def _tell(text: str) -> None:
    from nnctl.reports.terminal import Terminal  # imported here to keep start-up fast

    Terminal.of(sys.stderr).flow(text)


@click.group(
    "nnctl",
    cls=Program,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Start with:  nnctl train iris",
)
@click.version_option(__version__, prog_name="nnctl", message="%(prog)s %(version)s")
@debug_option
@lang_option
@click.pass_context
def program(context: click.Context) -> None:
    """Train neural networks from a YAML file, on the machine in front of you."""
    if context.invoked_subcommand is None:
        click.echo(context.get_help())


def main() -> None:
    """Runs the command line; never returns."""
    # Imports create many objects and no garbage: a collection every 700 objects takes a twentieth of a short run.
    gc.set_threshold(50_000, 20, 20)
    # nnctl uses no pydantic plugins, and looking for some goes through every installed package. Only here, since the
    # plugins of a program that imports nnctl are its own.
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "1")
    try:
        interrupts.begin_command()
        _open_closed_streams()
        program()
    except KeyboardInterrupt:  # one that `catching` did not catch
        interrupts.leave(interrupts.exit_code() - 128)
    except SystemExit as ended:
        if "RANK" in os.environ and isinstance(ended.code, int):
            # Started by torchrun: threads of PyTorch that still want the interpreter while it is taken down would end
            # the process with an error ("terminate called without an active exception").
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(ended.code)
        raise
    finally:
        gc.freeze()  # otherwise Python would collect garbage once more at exit: a tenth of a short run


def _open_closed_streams() -> None:
    """Opens the null device in place of each standard stream that is closed, as for a daemon or after `>&-` in a shell:
    Python has None there, and the next file to be opened would get the number of the stream."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: SIM115  (open until the end)


interrupts.end_importing()
