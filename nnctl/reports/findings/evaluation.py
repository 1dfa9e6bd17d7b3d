"""How good the model is: its metrics on rows that it was not trained on, beside those of the baseline."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from nnctl.data.load_sample import SampledRows
from nnctl.engine.cost_model import multiply_adds
from nnctl.reports.findings.answers import Answers
from nnctl.reports.findings.document import Baseline, Evaluation, Kind, Number
from nnctl.reports.findings.run_files import RunFiles
from nnctl.reports.findings.thinning import number
from nnctl.training.baseline import perfect
from nnctl.training.best_or_last import Kept
from nnctl.training.model import Model
from nnctl.translation import _

MOST_ROWS, FEWEST_ROWS = 20_000, 50
WITH_CLASSES: Sequence[Kind] = ("classification", "binary", "multilabel")
WORK = 4e9  # multiply-adds that the evaluated rows may take: about a second


def most_rows(model: Model) -> int:
    """On how many rows the report evaluates a model."""
    return int(min(MOST_ROWS, max(FEWEST_ROWS, WORK / max(1, multiply_adds(model.program)))))


def evaluation_of(run: RunFiles, model: Model, sample: SampledRows, metrics: Mapping[str, float],
                  answers: Sequence[Answers]) -> Evaluation:  # fmt: skip
    """metrics: on the sampled rows."""
    kinds = [each.kind for each in answers]
    masks = {each.output: each.mask for each in answers if each.mask is not None}
    perfect_metrics = {name: number(value) for name, value in perfect(model, sample.split, masks).items()}
    found = {name: number(value) for name, value in metrics.items()}
    return {
        "split": sample.name,  # type: ignore[typeddict-item]  # one of the three
        "rows": sample.total,
        "evaluated_rows": sample.split.rows,
        "sampled": sample.split.rows < sample.total,
        "metrics": found,
        "baseline": baseline_of(run, sample.name, found, kinds),
        "bigger": sorted(bigger_metrics(model)),
        "scaled": list(model.scaled_losses),
        "recorded": recorded(run, model.kept),
        "perfect": {name: value for name, value in perfect_metrics.items() if value is not None},
    }


def bigger_metrics(model: Model) -> frozenset[str]:
    """The metrics that should grow."""
    return frozenset(each.name for each in model.metrics if each.metric.better == "max")


def recorded(run: RunFiles, kept: Kept | None) -> dict[str, dict[str, Number]]:
    """By split, the metrics that training wrote down for these weights."""
    found: dict[str, dict[str, Number]] = {}
    epoch = next((each for each in run.epochs if kept and int(each["epoch"]) == kept.epoch), None)
    if epoch is not None and kept and not kept.iteration:
        metrics = epoch["metrics"]
        found["train"] = {name: number(value) for name, value in metrics.items() if not name.startswith("val_")}
        found["validation"] = {name[4:]: number(value) for name, value in metrics.items() if name.startswith("val_")}
    if run.ended.get("test"):
        found["test"] = {name: number(value) for name, value in run.ended["test"].items()}
    return {split: metrics for split, metrics in found.items() if metrics}


def leading_metric(names: Sequence[str], kinds: Sequence[Kind] = ()) -> str:
    """The metric to judge by: the first that is not a loss, since people understand it; else the loss. kinds: what the
    outputs predict, where it is known: for numbers, accuracy says nothing."""
    counted = not kinds or any(kind in WITH_CLASSES for kind in kinds)
    return next((name for name in names if not name.endswith("loss") and (counted or "accuracy" not in name)), "loss")


def baseline_of(run: RunFiles, split: str, metrics: Mapping[str, Number], kinds: Sequence[Kind]) -> Baseline | None:
    """The baseline of a split that training has computed; None if it is not known."""
    known = run.baselines.get(split) or {}
    shared = [name for name in metrics if number(known.get(name)) is not None]
    if not shared:
        return None
    name = leading_metric(shared, kinds)
    return {
        "metrics": {each: number(known[each]) for each in known},
        "metric": name,
        "value": number(known[name]),
        "model_value": metrics[name],
        "train_loss": number((run.baselines.get("train") or {}).get("loss")),
        "description": described(kinds),
    }


def described(kinds: Sequence[Kind]) -> str:
    """What the baseline predicts, in a sentence."""
    if len(set(kinds)) > 1:
        return _("The baseline always gives the same answer: the most frequent class, or the mean of the numbers.")
    if kinds[0] in WITH_CLASSES:
        return _(
            "The baseline always answers with the frequencies of the classes, and so with the most frequent class."
        )
    if kinds[0] == "ctc":
        return _("The baseline always answers with the frequencies of the labels, and so reads hardly any label.")
    return _("The baseline always predicts the mean of the training rows.")
