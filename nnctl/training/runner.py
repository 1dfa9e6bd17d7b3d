"""What the commands train and train --resume call."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from nnctl import config as specs
from nnctl.config.types import Config
from nnctl.engine.profiler import Clock
from nnctl.errors import ConfigError, RunError
from nnctl.quoting import shell_path
from nnctl.torch_engine import launch
from nnctl.training import checkpoint, together
from nnctl.training.events import RunEnded, Subscriber
from nnctl.training.initial_weights import put, saved_initial, start_from
from nnctl.training.model import Model, load_data
from nnctl.training.model_file import about_of
from nnctl.training.run import Run
from nnctl.training.run_folder import (
    CHECKPOINTS,
    CONFIG,
    MODEL,
    existing_folder,
    folder_of_run,
    remove_leftovers,
)
from nnctl.training.run_log import last_end
from nnctl.training.training_state import is_finished

if TYPE_CHECKING:
    from nnctl.training.unsaved_run import UnsavedRun

R = TypeVar("R", bound=Run)


def train(spec: Config, *, folder: Path | None = None, subscribers: Iterable[Subscriber] = (),
          profile: bool = False, rows: Any = None) -> RunEnded:  # fmt: skip
    """Trains, and saves into `folder` (default runs/NAME-TIMESTAMP). Events go to the subscribers, with `profile` the
    event Profiled, too. rows: in memory, in place of the config's files. Raises NnctlError."""
    if (before := together.run_before_restart(spec, folder)) is not None:
        return resume(before, subscribers=subscribers, rows=rows)
    run = _prepared(together.run_class(), spec, subscribers, rows)  # raises what is wrong before there is a folder
    if profile:
        run.model.executor.profiled = True
        run.loop.clock = Clock()
    return together.start(run, folder)


def train_unsaved(spec: Config, *, subscribers: Iterable[Subscriber] = (), rows: Any = None) -> UnsavedRun:
    """Trains without writing anything. Returns the run, whose `model` is trained and whose `ended` says how it ended.
    Raises NnctlError."""
    from nnctl.training.unsaved_run import UnsavedRun  # not needed for runs that are saved

    run = _prepared(UnsavedRun, spec, subscribers, rows)
    run.train_in_memory()
    return run


def _prepared(cls: type[R], spec: Config, subscribers: Iterable[Subscriber], rows: Any) -> R:
    """A new run with its data and its model."""
    data = load_data(spec, rows)
    model = Model.build(spec, data.input_shapes, data.targets)
    initial = start_from(model, data)
    return cls(spec, data, model, subscribers, notes=initial.notes, initial=initial.arrays)


def resume(folder: Path, *, overrides: Sequence[str] = (), subscribers: Iterable[Subscriber] = (),
           rows: Any = None) -> RunEnded:  # fmt: skip
    """Continues a run from its newest good checkpoint, or from the beginning if there is none. If the run is finished,
    its model is written again if it is missing or damaged. overrides: changes to the config, as `--set` takes them.
    rows: those that the run was trained on, if a program passed them."""
    with together.lock(folder_of_run(folder)) as lock:
        path = existing_folder(folder) / CONFIG
        text = path.read_text(encoding="utf-8")
        spec = specs.loads(text, str(path), overrides)
        if overrides and spec.weights != specs.loads(text, str(path)).weights:
            raise RunError("the initial weights of a run cannot be changed when it is resumed", where=str(folder),
                           hint="start a new run")  # fmt: skip
        found, notes = checkpoint.newest(folder / CHECKPOINTS)
        finished = is_finished(found.position, spec) if found else None
        if found and finished:
            if not launch.rank():
                remove_leftovers(folder)  # the run may have been killed in its last moments
                checkpoint.remove_after(folder / CHECKPOINTS, found.position["step"])
            notes += _what_is_left(folder, spec, text, finished, bool(overrides))
        elif found is None:
            notes.append("no checkpoint to resume from: the run starts from the beginning")
        if not finished and (end := last_end(folder)).get("reason") == "nan":
            notes.append(
                "the run stopped because training had diverged; it resumes from the last good weights"
                + (f"; {end['hint'].partition('; ')[2]}" if "; " in (end.get("hint") or "") else "")
            )
        data = load_data(spec, rows)
        model = Model.build(spec, data.input_shapes, data.targets, initialize=found is None)
        initial = saved_initial(folder)
        if found is None and initial is None:
            initial, more = start_from(model, data)
            notes += more
        elif found is None and initial is not None:
            put(model.program, initial)
        run = together.run_class()(spec, data, model, subscribers, found=found, notes=notes, initial=initial or {})
        if not overrides:  # the run's own text tells where each value came from
            run.config, run.config_is_written = text, True
        return run.go(lock)


def _what_is_left(folder: Path, spec: Config, text: str, finished: str, overridden: bool) -> list[str]:
    """A note on what is left to do for a run that has trained all its epochs. Raises RunError if there is nothing."""
    more = f"nnctl train --resume {shell_path(folder)} --epochs {spec.epochs * 2}"
    done = RunError(f"the run is finished: {finished}", where=str(folder), hint=f"to continue training: {more}")
    if overridden and _but_for_keep(spec) != _but_for_keep(specs.loads(text, CONFIG)):
        raise done
    path = folder / MODEL
    if not path.is_file():
        return [f"the run is finished, and its {MODEL} is missing: it is written now, from the last checkpoint"]
    try:
        about = about_of(path, path.read_bytes())
        its = specs.loads(about["config"], str(path))
        if _but_for_keep(its) != _but_for_keep(spec) or about["kept"]["last"].get("iteration"):
            raise RunError("the model is not that of the finished run")
    except (RunError, ConfigError, KeyError, TypeError, AttributeError) as error:
        what = error.problems[0].message if isinstance(error, RunError) else "the model cannot be read"
        return [f"the run is finished, but {what}: it is written again, from the last checkpoint"]
    if its.keep != spec.keep:
        return [f"the run is finished; eval and predict now use the {spec.keep} weights"]
    raise done


def _but_for_keep(spec: Config) -> dict[str, Any]:
    return {key: value for key, value in spec.resolved.items() if key != "keep"}
