"""Rules that compare the metrics on held-out rows with those of the baseline."""

from __future__ import annotations

from collections.abc import Mapping

from nnctl.reports.findings.document import Baseline
from nnctl.reports.findings.rules import changes, curves
from nnctl.reports.findings.rules.evidence import Advice, Evidence, Ruling
from nnctl.reports.number_format import metric
from nnctl.training.verdict import betters, output_of
from nnctl.translation import _


def against_baseline(found: Evidence) -> Ruling | None:
    """Whether the model beats the baseline, and by how much."""
    base = found.evaluation["baseline"] if found.evaluation else None
    if base is None or base["value"] is None or base["model_value"] is None or found.evaluation is None:
        return None
    value, baseline, name = base["model_value"], base["value"], base["metric"]
    bigger = name in found.evaluation["bigger"]
    shown = {"metric": name, "value": metric(value), "baseline": metric(baseline), "split": found.split}
    if not betters(value, baseline, bigger):
        text = _no_better(value, baseline, bigger, shown).format(**shown)
        other = _better_metric(found, base)
        if other is None:
            return Ruling("problem", f"{text} {base['description']}", _if_no_better(found))
        but = _("But {metric} is {value}; the baseline has {baseline}.").format(
            metric=other,
            value=metric(found.evaluation["metrics"][other]),
            baseline=metric(base["metrics"][other]),
        )
        return Ruling("warning", f"{text} {but} {base['description']}")
    gained = found.gained
    if gained is None:
        text = _("On the {split}, {metric} is {value}; the baseline has {baseline}.").format(**shown)
    else:
        text = _(
            "On the {split}, {metric} is {value}; the baseline has {baseline}. The model goes {share} of the way "
            "from the baseline to a perfect model."
        ).format(**shown, share=f"{gained:.0%}")
    return Ruling("good", f"{text} {base['description']}")


def _no_better(value: float, baseline: float, bigger: bool, shown: Mapping[str, str]) -> str:
    """For a metric that is not clearly better than the baseline's. shown: both as they are written."""
    if shown["value"] != shown["baseline"] and (value > baseline) == bigger:
        return _("On the {split}, {metric} is {value}: hardly better than the baseline's {baseline}.")
    return _("On the {split}, {metric} is {value}: no better than the baseline's {baseline}.")


def _better_metric(found: Evidence, base: Baseline) -> str | None:
    """A metric, or else the loss, by which the model is better than the baseline, of the output that the leading metric
    belongs to; None if there is none."""
    metrics = found.evaluation["metrics"] if found.evaluation else {}
    layers = [output["layer"] for output in found.outputs] if len(found.outputs) > 1 else []
    better = []
    for name, value in metrics.items():
        known = base["metrics"].get(name)
        same = output_of(name, layers) == output_of(base["metric"], layers)
        if same and value is not None and known is not None and found.evaluation is not None:
            better += [name] if betters(value, known, name in found.evaluation["bigger"]) else []
    return next((name for name in better if not name.endswith("loss")), better[0] if better else None)


def other_outputs(found: Evidence) -> Ruling | None:
    """The outputs that `against_baseline` does not speak of, by the leading metric of each."""
    base = found.evaluation["baseline"] if found.evaluation else None
    if base is None or found.evaluation is None or len(found.outputs) < 2:
        return None
    metrics, layers = found.evaluation["metrics"], [output["layer"] for output in found.outputs]
    sentences, is_worse = [], False
    for output in found.outputs:
        shared = {
            name: (value, known)
            for name, value in metrics.items()
            if output_of(name, layers) == output["layer"]
            and value is not None and (known := base["metrics"].get(name)) is not None
        }  # fmt: skip
        if not shared or base["metric"] in shared:
            continue
        name = next((each for each in shared if not each.endswith("loss")), next(iter(shared)))
        value, baseline = shared[name]
        shown = {"metric": name, "value": metric(value), "baseline": metric(baseline), "split": found.split}
        bigger = name in found.evaluation["bigger"]
        if betters(value, baseline, bigger):
            text = _("On the {split}, {metric} is {value}; the baseline has {baseline}.")
        else:
            text, is_worse = _no_better(value, baseline, bigger, shown), True
        sentences.append(text.format(**shown))
    if not sentences:
        return None
    if not is_worse:
        return Ruling("good", " ".join(sentences))
    text = _("Raise the factor of that output in `loss_weights`, or check that the columns tell something about it.")
    return Ruling("problem", " ".join(sentences), [Advice(text)])


def _if_no_better(found: Evidence) -> list[Advice]:
    losses, to_gain = found.series("loss"), found.to_gain
    if losses and to_gain is not None and losses[-1] - found.perfect_loss < 0.75 * to_gain:
        if found.has_layer("Dropout"):
            text = _(
                "It fits the training rows, but does not generalize: give the model fewer units, or collect more rows "
                "to train on."
            )
            return [Advice(text)]
        return [
            changes.dropout(
                found,
                0.3,
                _(
                    "It fits the training rows, but does not generalize: add Dropout, use fewer units, or train on"
                    " more rows."
                ),
            )
        ]
    if curves.validation_rises(found):
        text = _(
            "Check that the columns tell something about the target; with more units or epochs, the model would only "
            "learn the training rows by heart."
        )
        return [Advice(text)]
    return [
        Advice(
            _(
                "Check that the columns tell something about the target; then try more epochs, more units or another "
                "learning rate."
            )
        )
    ]
