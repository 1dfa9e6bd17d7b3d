"""Rules that look at the curves."""

from __future__ import annotations

import math
from itertools import pairwise

from nnctl.quoting import shell_path
from nnctl.reports.findings.rules import changes
from nnctl.reports.findings.rules.evidence import Advice, Evidence, Ruling
from nnctl.reports.number_format import count, metric
from nnctl.training.verdict import FALLING, FAR, GAP, RISEN
from nnctl.translation import _, plural

FEW_EPOCHS = 4  # with fewer, a curve says nothing about its course
JUMP = 1.3  # an epoch whose loss is this many times that of the epoch before is a jump
MANY_JUMPS = 0.1  # of the epochs
NEARLY_PERFECT = 0.95  # of the way from the baseline to a perfect model: more epochs cannot do much
STILL = 0.05  # a training loss that fell by less than this fraction in the whole training has not fallen


def diverged(found: Evidence) -> Ruling | None:
    """The loss was no longer a number."""
    if found.reason != "nan":
        return None
    return Ruling(
        "problem",
        _("Training stopped because the loss was no longer a number: the steps of the optimizer were too large."),
        [changes.learning_rate(found, 0.1, _("Use a learning rate ten times smaller."))],
    )


def interrupted(found: Evidence) -> Ruling | None:
    """The run can be resumed."""
    if found.state != "stopped" or found.reason == "nan":
        return None
    return Ruling(
        "warning",
        _("The run was stopped before its end, so the model could still become better."),
        [Advice(_("Continue the run: {command}").format(command=f"nnctl train --resume {shell_path(found.folder)}"))],
    )


def learning_rate_too_high(found: Evidence) -> Ruling | None:
    """The loss jumps up again and again."""
    small = 0.02 * found.scale  # near 0, where any change is many times as large, jumps do not matter
    for name, text in _JUMPS.items():
        losses = found.series(name)
        jumps = [b for a, b in pairwise(losses) if b > JUMP * a and b - a > small]
        if len(losses) >= FEW_EPOCHS and len(jumps) >= max(2, math.ceil(MANY_JUMPS * len(losses))):
            return Ruling(
                "warning",
                text().format(n=count(len(jumps)), all=count(len(losses))),
                [changes.learning_rate(found, 1 / 3, _("Use a learning rate three times smaller."))],
            )
    return None


_JUMPS = {
    "loss": lambda: _(
        "The training loss jumps up in {n} of {all} epochs, which is what a learning rate that is too high does."
    ),
    "val_loss": lambda: _(
        "The validation loss jumps up in {n} of {all} epochs, which is what a learning rate that is too high does."
    ),
}


def not_learning(found: Evidence) -> Ruling | None:
    """The training loss hardly falls from the first to the last epoch."""
    losses = found.series("loss")
    if len(losses) < FEW_EPOCHS or losses[-1] < losses[0] * (1 - STILL) or losses[0] < 0.5 * found.scale:
        return None
    return Ruling(
        "problem",
        _("The training loss hardly changes: {first} in the first epoch, {last} in the last.").format(
            first=metric(losses[0]), last=metric(losses[-1])
        ),
        [changes.learning_rate(found, 10, _("Use a learning rate ten times larger."))],
    )


def still_falling(found: Evidence) -> Ruling | None:
    """Both losses were still falling when training ended."""
    losses, validated = found.series("loss"), found.series("val_loss")
    if len(losses) < FEW_EPOCHS or found.state != "finished" or found.reason != "done":
        return None
    before = -1 - max(1, len(losses) // 5)
    falls = losses[-1] < losses[before] * (1 - FALLING) and losses[before] - losses[-1] > 0.02 * found.scale
    if validated:
        falls = (
            falls
            and len(validated) == len(losses)
            and min(validated[before:]) < min(validated[:before]) * (1 - FALLING)
        )
        falls = falls and validated[-1] < min(validated) * (1 + FALLING)
    if not falls:
        return None
    trained = found.history["epochs"][-1] if found.history else len(losses)
    return Ruling(
        "note" if (found.gained or 0.0) >= NEARLY_PERFECT else "warning",
        _("The loss was still falling when training ended, so more epochs may make the model better."),
        [changes.epochs(found, 2 * trained, _("Train twice as long."))],
    )  # fmt: skip


def overfitting(found: Evidence) -> Ruling | None:
    """The validation loss is far above the training loss."""
    both = found.both_losses()
    if len(both) < FEW_EPOCHS:
        return None
    kept = found.history["best_epoch"] if found.history and _keeps_best(found) else None
    trained, held_out = next((losses for epoch, *losses in both if epoch == kept), both[-1][1:])
    if not (held_out - trained > GAP * found.scale and held_out > FAR * trained):
        return None
    advice = []
    if found.has_layer("Dropout"):
        advice.append(Advice(_("Give the model fewer units, or collect more rows to train on.")))
    else:
        advice.append(changes.dropout(found, 0.3, _("Add Dropout, which switches off random units during training.")))
    return Ruling(
        "warning",
        _(
            "The model overfits: its loss is {trained} on the training rows, but {held_out} on the validation rows, "
            "which it was not trained on.").format(
            trained=metric(trained), held_out=metric(held_out)
        ),
        advice,
    )  # fmt: skip


def validation_rises(found: Evidence) -> Ruling | None:
    """After its best epoch the validation loss has gone up, while the training loss went down."""
    both = found.both_losses()
    if len(both) < FEW_EPOCHS:
        return None
    best, trained_then, lowest = min(both, key=lambda each: each[2])
    last, trained, _held_out = both[-1]
    left, end = last - best, sorted(held_out for _epoch, _trained, held_out in both[-3:])[1]
    if left < max(2, last // 10) or end - lowest < RISEN * found.scale or trained > trained_then:
        return None
    text = plural(
        "The validation loss was lowest in epoch {epoch} and has risen since, for {n} epoch, while the training loss "
        "went on falling: from there on the model learned the training rows by heart.",
        "The validation loss was lowest in epoch {epoch} and has risen since, for {n} epochs, while the training "
        "loss went on falling: from there on the model learned the training rows by heart.",
        left,
    ).format(epoch=count(best), n=count(left))
    advice = changes.early_stopping(
        found,
        max(3, last // 10),
        _("Stop when the validation loss no longer improves, and keep the best weights."),
    )
    if found.reason == "early stopping" and _keeps_best(found):
        return Ruling("note", text)  # training has ended because of it, and the model has the weights of the best epoch
    return Ruling("warning", text, [] if found.has_callback("EarlyStopping") else [advice])


def underfitting(found: Evidence) -> Ruling | None:
    """Even the training rows are predicted badly, and training no longer helps."""
    losses, to_gain = found.series("loss"), found.to_gain
    if len(losses) < FEW_EPOCHS or to_gain is None or losses[-1] - found.perfect_loss < 0.7 * to_gain:
        return None
    if overfitting(found) or validation_rises(found):
        return None  # a larger model would do so all the more
    before = losses[-1 - max(1, len(losses) // 5)]
    fell, least = before - losses[-1], min(losses[0] - losses[-1], before)  # the first loss may be far above the others
    if fell > FALLING * least or losses[-1] >= losses[0] * (1 - STILL):
        return None  # it still learns, or it has not learned at all, which other rules say
    baseline = to_gain + found.perfect_loss
    text = _(
        "The model underfits: even on the training rows its loss is {loss}, not much below the {baseline} of the "
        "baseline, and it no longer falls."
    )
    if losses[-1] >= baseline:
        text = _(
            "The model underfits: even on the training rows its loss is {loss}, no lower than the {baseline} of the "
            "baseline, and it no longer falls."
        )
    return Ruling(
        "warning",
        text.format(loss=metric(losses[-1]), baseline=metric(baseline)),
        [changes.wider(found, _(
            "Give the hidden layers twice as many units, or add a layer; and check that the columns tell something "
            "about the target."))],
    )  # fmt: skip


def no_validation(found: Evidence) -> Ruling | None:
    """Without validation rows nobody can see overfitting."""
    held_out = found.evaluation is None or found.evaluation["split"] != "train"
    if not held_out or not found.series("loss") or found.series("val_loss") or found.rows.get("validation"):
        return None
    return Ruling(
        "note",
        _("The run has no validation rows, so the curves cannot show whether the model overfits."),
        [changes.validation(found, 0.2, _("Hold back a fifth of the rows for validation."))],
    )


def _keeps_best(found: Evidence) -> bool:
    return found.resolved.get("keep", "best") == "best"
