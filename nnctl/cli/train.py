"""nnctl train: trains the network that a config describes, or resumes a run."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from nnctl.cli.options import json_option, set_option, subcommand
from nnctl.errors import ExitCode, RunError

if TYPE_CHECKING:
    from nnctl.reports.run_report import Report
    from nnctl.training.events import Subscriber

RUNS = Path("runs")
NEWEST = "newest"  # `--resume` without a run

_EXIT_CODES = {"interrupted": ExitCode.INTERRUPTED, "terminated": ExitCode.TERMINATED, "hung up": ExitCode.HUNG_UP}


@subcommand()
@click.argument("config", required=False)
@set_option
@click.option("--epochs", type=int, metavar="N", help="Number of passes over the training samples.")
@click.option("--seed", type=int, metavar="N", help="Random seed.")
@click.option("--engine", type=click.Choice(["numpy", "torch"]),
              help="Compute backend: nnctl's own, or PyTorch (for GPUs and several machines).")  # fmt: skip
@click.option("--device", type=click.Choice(["auto", "cpu", "cuda", "mps"]),
              help="Device of the torch engine; default: a GPU if there is one.")  # fmt: skip
@click.option("--threads", type=int, metavar="N",
              help="Number of compute threads; default: OMP_NUM_THREADS, or one per core.")  # fmt: skip
@click.option("--run", "--run-dir", "folder", metavar="DIR", help="Folder of the run; default: runs/NAME-TIME.")
@click.option(
    "--resume", "resumed", is_flag=False, flag_value=NEWEST, metavar="[RUN]",
    help="Resume a run where it stopped; RUN defaults to the newest run under runs/.",
)  # fmt: skip
@click.option("--profile", is_flag=True, help="Print the time spent in each layer and phase.")
@json_option
@click.option("-q", "--quiet", is_flag=True, help="Print a one-line summary.")
@click.option("-v", "--verbose", is_flag=True, help="Print a row for every epoch, even of a long run.")
def command(
    config: str | None,
    overrides: tuple[str, ...],
    epochs: int | None,
    seed: int | None,
    engine: str | None,
    device: str | None,
    threads: int | None,
    folder: str | None,
    resumed: str | None,
    profile: bool,
    as_json: bool,
    quiet: bool,
    verbose: bool,
) -> None:
    """Train the network that CONFIG describes.

    CONFIG is a YAML file or the name of a bundled config, such as iris. In a terminal, a live table shows the loss and
    the metrics after every iteration. Each finished epoch leaves a row; * marks the best epoch so far.

    \b
    nnctl train iris
    nnctl train my.yaml --set optimizer.adam.learning_rate=0.01 --epochs 100
    nnctl train --resume runs/iris-20260101-120000
    """
    if as_json and quiet:
        raise click.UsageError("--json and --quiet cannot be used together")
    if profile and resumed is not None:
        raise click.UsageError("--profile works for a new run only, not with --resume")
    all_overrides = [*overrides, *_shorthands(epochs, seed, engine, device, threads)]
    report = _report(as_json, quiet, verbose)
    try:
        if resumed is not None:
            from nnctl.api.training import run_further  # imported here to keep start-up fast

            run = _run_to_resume(resumed, config, folder)
            ended = run_further(run, overrides=all_overrides, on_event=[report])
        elif config is not None:
            from nnctl.api.training import run_new  # imported here to keep start-up fast

            reports: list[Subscriber] = [report, *_profile(profile and not as_json)]
            ended = run_new(config, folder=folder or None, on_event=reports, overrides=all_overrides, profile=profile)
        else:
            raise click.UsageError("give a CONFIG, such as: nnctl train iris (or --resume to resume a run)")
    finally:
        report.close()
    raise click.exceptions.Exit(_EXIT_CODES.get(ended.reason, ExitCode.DONE))


def _shorthands(
    epochs: int | None, seed: int | None, engine: str | None, device: str | None, threads: int | None
) -> list[str]:
    """The overrides, as for `--set`, of the options that are short for one."""
    given = {"epochs": epochs, "seed": seed, "engine.backend": engine, "engine.device": device,
             "engine.threads": threads}  # fmt: skip
    return [f"{key}={value}" for key, value in given.items() if value is not None]


def _profile(wanted: bool) -> list[Subscriber]:
    if not wanted:
        return []
    from nnctl.reports.profile_table import ProfileReport  # imported here to keep start-up fast
    from nnctl.reports.terminal import Terminal

    return [ProfileReport(Terminal.of())]


def _report(as_json: bool, quiet: bool, verbose: bool) -> Report:
    from nnctl.reports import run_report  # imported here to keep start-up fast
    from nnctl.reports.terminal import Terminal

    terminal = Terminal.of()
    if as_json:
        return run_report.JsonReport(terminal)
    if quiet:
        return run_report.QuietReport(terminal)
    if not terminal.live:
        return run_report.PlainReport(terminal, every_epoch=verbose)
    from nnctl.reports.live_table import LiveReport  # imported here to keep start-up fast

    return LiveReport(terminal, every_epoch=verbose)


def _run_to_resume(resumed: str, config: str | None, folder: str | None) -> Path:
    """The run to resume: the one given, or that of `--run`, or the newest (with the name of the config)."""
    if resumed != NEWEST:
        if config or folder:
            raise click.UsageError(
                "a run has its own config and folder: give only --resume RUN, with --set for changes"
            )
        return Path(resumed)
    if folder:
        return Path(folder)
    name = Path(config).stem if config else "*"
    runs = [path.parent for path in RUNS.glob(f"{name}-*/config.yaml")]
    if not runs:
        of = f" of {name!r}" if config else ""
        raise RunError(f"there is no run{of} to resume", where=str(RUNS),
                       hint="start one with nnctl train CONFIG, or give the folder of a run: --resume RUN")  # fmt: skip
    return max(runs, key=lambda run: (run / "config.yaml").stat().st_mtime)
