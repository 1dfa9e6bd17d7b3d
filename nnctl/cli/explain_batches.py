"""nnctl explain-batches: explains the arithmetic of samples, batch size, epochs and iterations."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from nnctl.cli.options import json_option, set_option, subcommand
from nnctl.cli.output_files import output_file, tell_written, write_output
from nnctl.errors import NnctlError
from nnctl.translation import _

if TYPE_CHECKING:
    from nnctl.config import Config
    from nnctl.reports.batch_sizes import Setup
    from nnctl.training.batch_plan import Plan
    from nnctl.training.model import Model

ALL: Literal["all"] = "all"  # the whole training set as one batch


class BatchSize(click.ParamType):
    """A whole number, or `all`."""

    name = "batch size"

    def convert(
        self, value: str | int, param: click.Parameter | None, context: click.Context | None
    ) -> int | Literal["all"]:
        if value == ALL:
            return ALL
        try:
            return int(value)
        except ValueError:
            self.fail(f"{value!r} is neither a whole number nor {ALL!r}.", param, context)


@subcommand()
@click.argument("config", required=False)
@click.option("--samples", type=int, metavar="N", help="Number of training samples; default: that of CONFIG.")
@click.option(
    "--batch-size", type=BatchSize(), metavar="B", help="Samples per batch, or `all`; default: that of CONFIG, or 32."
)
@click.option("--epochs", type=int, metavar="E", help="Passes over all samples; default: that of CONFIG, or 1.")
@click.option("--ranks", type=click.IntRange(min=1), default=1, metavar="N",
              help="Processes that train together, as torchrun starts them.")  # fmt: skip
@click.option(
    "--html", "page", metavar="FILE.html", help="Write the lesson as a page with a slider for the batch size."
)
@set_option
@json_option
def command(
    config: str | None,
    samples: int | None,
    batch_size: int | Literal["all"] | None,
    epochs: int | None,
    ranks: int,
    page: str | None,
    overrides: tuple[str, ...],
    as_json: bool,
) -> None:
    """Explain how samples, batch size and epochs determine the number of iterations, with a drawing.

    \b
    nnctl explain-batches --samples 1000 --batch-size 100 --epochs 20
    nnctl explain-batches iris
    nnctl explain-batches iris --ranks 2
    nnctl explain-batches iris --html batches.html
    """
    from nnctl.reports.batch_sizes import Setup  # imported here to keep start-up fast
    from nnctl.training.batch_plan import Plan

    file = output_file(page, config) if page else None
    source = None
    model: Model | None = None
    if config is None:
        if samples is None:
            raise click.UsageError("give a CONFIG or --samples N, for example: --samples 1000 --batch-size 100")
        if overrides:
            raise click.UsageError("--set overrides a value of a CONFIG, but no CONFIG is given")
        batch_size = 32 if batch_size is None else batch_size
        epochs = 1 if epochs is None else epochs
        spec = None
    else:
        from nnctl.config import load  # imported here to keep start-up fast

        if config.isdecimal() and not Path(config).exists():
            raise click.UsageError(f"a number of samples is given by an option: --samples {config}")
        spec = load(config, overrides)
        if samples is None:
            samples, model = _built(spec)
            source = _("samples: the training split of the dataset in {config}").format(config=config)
        batch_size = (spec.batch_size or ALL) if batch_size is None else batch_size
        epochs = spec.epochs if epochs is None else epochs
    size = max(samples, 1) if batch_size == "all" else batch_size
    plan = Plan(samples, size, epochs)
    setup = Setup(size) if spec is None else Setup.of(spec, samples, model)

    if file:
        from nnctl.reports.batch_page import html_page  # imported here to keep start-up fast

        write_output(file, html_page(plan, setup, source, ranks))
    if as_json:
        click.echo(_json(plan, setup, ranks))
        return
    from nnctl.reports.batch_arithmetic import explain  # imported here to keep start-up fast
    from nnctl.reports.batch_lesson import show_lesson
    from nnctl.reports.terminal import Terminal

    terminal = Terminal.of()
    explain(plan, terminal, source, ranks)
    show_lesson(plan, setup, terminal, ranks)
    if file:
        terminal.print()
        tell_written(file)


def _built(spec: Config) -> tuple[int, Model | None]:
    """The number of training samples, and the model; None if it cannot be built, which `check` explains."""
    from nnctl.training.model import Model, load_data  # imported here to keep start-up fast

    data = load_data(spec)
    try:
        return data.train.rows, Model.build(spec, data.input_shapes, data.targets)
    except NnctlError:
        return data.train.rows, None


def _json(plan: Plan, setup: Setup, ranks: int) -> str:
    from nnctl.reports.batch_sizes import rows  # imported here to keep start-up fast
    from nnctl.reports.json_output import dumps

    share = dict(zip(("least", "most"), plan.share(ranks), strict=True))
    return dumps(
        {
            "samples": plan.samples,
            "batch_size": plan.batch_size,
            "epochs": plan.epochs,
            "iterations_per_epoch": plan.iterations_per_epoch,
            "last_batch": plan.last_batch,
            "partial": plan.partial,
            "total_iterations": plan.total_iterations,
            "weight_updates": plan.total_iterations,
            "samples_seen": plan.samples_seen,
        }
        | ({"ranks": ranks, "batch_size_of_a_rank": share} if ranks > 1 else {})
        | {
            "learning_rate_rule": setup.rule,
            "batch_sizes": [
                {
                    "batch_size": row.plan.batch_size,
                    "iterations_per_epoch": row.plan.iterations_per_epoch,
                    "last_batch": row.plan.last_batch,
                    "weight_updates": row.plan.total_iterations,
                    "memory": row.memory,
                    "learning_rate": row.learning_rate,
                    "learning_rate_factor": row.factor,
                }
                for row in rows(plan, setup, ranks)
            ],
        }
    )
