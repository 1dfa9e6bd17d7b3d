"""The command `nnctl`: one module a verb, imported only when it is called."""

from __future__ import annotations

from nnctl import interrupts

interrupts.leave_while_importing()

import gc  # noqa: E402
import importlib  # noqa: E402
import sys  # noqa: E402

import click  # noqa: E402

from nnctl import __version__  # noqa: E402
from nnctl.cli.error_handler import Switches, catching  # noqa: E402
from nnctl.cli.options import debug_option  # noqa: E402
from nnctl.similar_names import alike  # noqa: E402

# verb -> (module under nnctl.cli, what it does). `nnctl --help` reads this table alone.
COMMANDS = {
    "init": ("init", "Write a commented starter config."),
    "check": ("check", "Check a config and its data without training."),
    "summary": ("summary", "Show layers, output shapes, parameters and memory."),
    "explain-batches": ("explain_batches", "Explain how epochs, batches and iterations add up."),
    "train": ("train", "Train the network a config describes, or resume a run."),
    "eval": ("evaluate", "Show a run's metrics, confusion matrix and per-class table."),
    "predict": ("predict", "Predict each row of a file with a trained run."),
    "datasets": ("datasets", "List the bundled data sets, or preview one."),
    "schema": ("schema", "Print the JSON Schema of configs, for editors."),
}


class Program(click.Group):
    """The group of all verbs, and the one place where errors become messages and exit codes."""

    def list_commands(self, context: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS:
            return None
        module, summary = COMMANDS[name]
        command: click.Command = importlib.import_module(f"nnctl.cli.{module}").command
        command.name, command.short_help = name, summary
        return command

    def resolve_command(self, context: click.Context, args: list[str]):
        name = args[0]
        if name not in COMMANDS and not name.startswith("-"):
            near = alike(name, COMMANDS, 2, 0.5)
            mend = f"did you mean {' or '.join(near)}?" if near else f"commands: {', '.join(COMMANDS)}"
            raise click.UsageError(f"no such command {name!r}; {mend}", context)
        return super().resolve_command(context, args)

    def format_commands(self, context: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, summary) for name, (_, summary) in COMMANDS.items()])

    def invoke(self, context: click.Context):
        try:
            return super().invoke(context)
        except KeyboardInterrupt:  # click would print an empty line
            raise click.Abort from None

    def main(self, args=None, prog_name="nnctl", standalone_mode=True, **extra):
        switches = Switches()
        with catching(switches):
            # outside of its standalone mode click returns the exit code instead of leaving with it
            code = super().main(args, prog_name, standalone_mode=False, obj=switches, **extra)
            sys.stdout.flush()  # here a full disk still gets its message
            sys.exit(code or 0)


@click.group(
    "nnctl",
    cls=Program,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Start with:  nnctl train iris",
)
@click.version_option(__version__, prog_name="nnctl", message="%(prog)s %(version)s")
@debug_option
@click.pass_context
def program(context: click.Context) -> None:
    """Train neural networks from a YAML file, on the machine in front of you."""
    if context.invoked_subcommand is None:
        click.echo(context.get_help())


def main() -> None:
    """Runs the command line; never returns."""
    # Imports make many objects and no garbage: looking for it every 700 objects takes a twentieth of a short run.
    gc.set_threshold(50_000, 20, 20)
    try:
        interrupts.begin_command()
        program()
    except KeyboardInterrupt:  # after all that catches it
        interrupts.leave()
    finally:
        gc.freeze()  # at its end Python would look through all of them once more: a tenth of a short run


interrupts.end_importing()
