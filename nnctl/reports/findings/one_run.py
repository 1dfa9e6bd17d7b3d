"""Everything that a report says of one run. What cannot be made is left out, with a sentence that says why."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from nnctl.api import TrainedRun, load
from nnctl.data.load_sample import SampledRows, load_sample
from nnctl.errors import NnctlError
from nnctl.reports.findings import structure
from nnctl.reports.findings.activations import activations_of
from nnctl.reports.findings.answers import answers_of
from nnctl.reports.findings.config_values import config_values, written_config
from nnctl.reports.findings.document import Facts, Run
from nnctl.reports.findings.evaluation import bigger_metrics, evaluation_of, most_rows
from nnctl.reports.findings.filters import filters_of
from nnctl.reports.findings.history import history_of
from nnctl.reports.findings.importance import importance_of
from nnctl.reports.findings.outputs import outputs_of
from nnctl.reports.findings.rows import ShownRows
from nnctl.reports.findings.rules.evidence import Evidence
from nnctl.reports.findings.run_files import RunFiles, read_run
from nnctl.reports.findings.thinning import number
from nnctl.reports.findings.verdict import verdict_of
from nnctl.reports.kept_weights import weights_used
from nnctl.reports.notes import translated
from nnctl.training.model import Model
from nnctl.translation import _, plural

Result = TypeVar("Result")


class _Parts:
    """Makes the parts of a report, and collects a sentence on each that cannot be made."""

    def __init__(self) -> None:
        self.missing: list[str] = []

    def make(self, why: Callable[[str], str], part: Callable[[], Result]) -> Result | None:
        """The part; None if it fails. why: the sentence, from the error's message."""
        try:
            return part()
        except NnctlError as error:
            problem = error.problems[0]
            where = f"{problem.where}: " if problem.where else ""
            self.missing.append(why(f"{where}{problem.message}"))
            return None


def run_of(folder: Path) -> Run:
    """What is known of a run. Raises RunError if the folder is none of a run."""
    files, parts = read_run(folder), _Parts()
    trained = parts.make(
        lambda message: _("The trained model could not be read ({why}), so nothing is said about it.").format(
            why=message
        ),
        lambda: _model(files),
    )
    run = _from_files(files, None if trained is None else trained.model)
    if trained is not None:
        _add_model(run, trained.model)
        sample = parts.make(
            lambda message: _("The run's data could not be read ({why}), so the model could not be evaluated.").format(
                why=message
            ),
            lambda: load_sample(trained.preprocessing, most_rows(trained.model)),
        )
        if sample is not None:
            parts.make(
                lambda message: _("The model could not be evaluated on the run's data ({why}).").format(why=message),
                lambda: _add_answers(run, files, trained, sample),
            )
    run["missing"] = parts.missing
    run["verdict"] = verdict_of(_evidence(run, files), files.environment)
    return run


def _model(files: RunFiles) -> TrainedRun:
    if files.state == "running":
        raise NnctlError(_("the model is written when the run ends"))
    return load(files.folder)


def _from_files(files: RunFiles, model: Model | None) -> Run:
    """The parts that need no model; bigger metrics are known only with one."""
    started = files.started
    return {
        "name": files.name,
        "folder": str(files.folder),
        "created": _moment(started.get("time")),
        "state": files.state,
        "verdict": {"headline": "", "grade": "unknown", "sentences": [], "suggestions": []},
        "missing": [],
        "facts": _facts(files, model),
        "history": history_of(files, bigger_metrics(model) if model else frozenset()),
        "evaluation": None,
        "outputs": [],
        "importance": None,
        "layers": [],
        "weights": [],
        "activations": None,
        "filters": [],
        "graph_svg": None,
        "config": config_values(files.text),
        "config_yaml": files.text,
        "notes": [translated(str(note)) for note in (*(started.get("notes") or ()), *files.said)],
        "environment": dict(files.environment),
        "batches": structure.batches_of(started),
    }


def _moment(seconds: Any) -> str | None:
    """Seconds since 1970 in ISO 8601, in the local zone."""
    if not isinstance(seconds, int | float):
        return None
    return datetime.datetime.fromtimestamp(seconds).astimezone().isoformat(timespec="seconds")


def _facts(files: RunFiles, model: Model | None) -> Facts:
    started, config = files.started, files.config
    return {
        "dataset": dataset_name(config.dataset.name, config.dataset.path) if config else None,
        "model": model_name([(node.layer.kind, node.layer) for node in config.nodes]) if config else None,
        "task": None,
        "rows": dict(started.get("rows") or {}),
        "parameters": started.get("parameters"),
        "trainable": started.get("trainable"),
        "optimizer": config.optimizer.kind if config else None,
        "losses": {output: loss.kind for output, loss in config.losses.items()} if config else {},
        "engine": files.environment.get("engine"),
        "epochs": len(files.epochs),
        "planned_epochs": started.get("epochs"),
        "seconds": number(files.seconds),
        "weights": weights_used(model.kept) if model and model.kept else None,
    }


def dataset_name(name: str | None, paths: Sequence[str] | None) -> str | None:
    """The name of a bundled data set, or of the files."""
    if name:
        return name
    names = [Path(path).name for path in paths or ()]
    if len(names) > 1:
        return plural("{name} and {n} more file", "{name} and {n} more files", len(names) - 1).format(
            name=names[0], n=len(names) - 1
        )
    return names[0] if names else None


def model_name(kinds: Sequence[tuple[str, Any]]) -> str:
    """The layers in a few words: "Dense 16, Dense 3"; the same layer several times in a row counts once."""
    words: list[str] = []
    for kind, layer in kinds:
        size = getattr(layer, "units", None) or getattr(layer, "filters", None)
        words.append(f"{kind} {size}" if size else kind)
    return ", ".join(words if len(words) <= 8 else [*words[:4], "…", *words[-3:]])


def _add_model(run: Run, model: Model) -> None:
    run["layers"] = structure.layers_of(model)
    run["weights"] = structure.weights_of(model)
    run["graph_svg"] = structure.graph_svg(model)
    run["facts"]["parameters"] = model.parameters
    run["facts"]["trainable"] = model.trainable


def _add_answers(run: Run, files: RunFiles, trained: TrainedRun, sample: SampledRows) -> None:
    model, preprocessing = trained.model, trained.preprocessing
    metrics, answers = answers_of(model, preprocessing, sample.split)
    kinds = [each.kind for each in answers]
    shown = ShownRows(sample, preprocessing, reads_steps(model))
    run["evaluation"] = evaluation_of(files, model, sample, metrics, answers)
    run["facts"]["task"] = ", ".join(dict.fromkeys(kinds))
    run["outputs"] = outputs_of(answers, preprocessing, shown)
    run["importance"] = importance_of(model, preprocessing, sample.split, kinds)
    run["activations"] = activations_of(model, sample.split)
    run["filters"] = filters_of(model, preprocessing)
    if not run["notes"]:
        run["notes"] = [translated(note) for note in sample.notes]


def reads_steps(model: Model) -> bool:
    """Whether the model reads time steps: it has a recurrent or a one-dimensional layer, or attention."""
    words = ("RNN", "LSTM", "GRU", "Bidirectional", "1D", "Attention", "TimeDistributed", "Masking")
    return any(word in node.layer.kind for node in model.graph.nodes for word in words)


def _evidence(run: Run, files: RunFiles) -> Evidence:
    resolved: Mapping[str, Any] = files.config.resolved if files.config else {}
    return Evidence(
        history_of(files, frozenset(), most=len(files.epochs)), run["evaluation"], run["outputs"], run["importance"],
        run["activations"], written_config(files.text), resolved, files.state, files.ended.get("reason"),
        str(files.folder), run["facts"]["rows"],
    )  # fmt: skip
