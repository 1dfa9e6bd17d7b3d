"""The verdict on a run: what the rules say, a headline made of it, and what to try."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from nnctl.config.defaults import dump, flow
from nnctl.reports.findings.document import Finding, Suggestion, Verdict
from nnctl.reports.findings.rules import baseline, curves, insides, results
from nnctl.reports.findings.rules.evidence import Advice, Evidence, Ruling
from nnctl.translation import _

# Every rule by its name, in the order in which findings of the same severity are listed.
RULES: Mapping[str, Callable[[Evidence], Ruling | None]] = {
    "diverged": curves.diverged,
    "against_baseline": baseline.against_baseline,
    "other_outputs": baseline.other_outputs,
    "interrupted": curves.interrupted,
    "data_changed": results.data_changed,
    "nothing_held_out": results.nothing_held_out,
    "reads_nothing": results.reads_nothing,
    "not_learning": curves.not_learning,
    "leakage": insides.leakage,
    "never_predicted": results.never_predicted,
    "overfitting": curves.overfitting,
    "validation_rises": curves.validation_rises,
    "underfitting": curves.underfitting,
    "still_falling": curves.still_falling,
    "learning_rate_too_high": curves.learning_rate_too_high,
    "imbalance": results.imbalance,
    "dead_units": insides.dead_units,
    "saturated": insides.saturated,
    "weak_class": results.weak_class,
    "biased": results.biased,
    "calibration": results.calibration,
    "important_columns": insides.important_columns,
    "uncertain": results.uncertain,
    "no_validation": curves.no_validation,
}
LITTLE, MUCH = 0.3, 0.9  # of the way from the baseline to a perfect model
_SEVERITIES = ("problem", "warning", "good", "note")  # the most serious first; what is good, before remarks


def verdict_of(found: Evidence, environment: Mapping[str, Any]) -> Verdict:
    """environment: of the run, with the command that trained it."""
    said = {name: ruling for name, rule in RULES.items() if (ruling := rule(found))}
    order = _in_order(said)
    sentences: list[Finding] = [
        {"rule": name, "severity": said[name].severity, "text": said[name].text} for name in order
    ]
    headline, grade = _headline(found, said)
    return {
        "headline": headline,
        "grade": grade,  # type: ignore[typeddict-item]  # one of the four words
        "sentences": sentences,
        "suggestions": _suggestions([(name, each) for name in order for each in said[name].advice], environment),
    }


def _in_order(said: Mapping[str, Ruling]) -> list[str]:
    return sorted(said, key=lambda name: _SEVERITIES.index(said[name].severity))


def _headline(found: Evidence, said: Mapping[str, Ruling]) -> tuple[str, str]:
    worst = [name for name in _in_order(said) if said[name].severity in ("problem", "warning")]
    if found.state == "running":
        return _("This run is still training; what follows is its state so far."), "unknown"
    if "diverged" in said:
        return _("Training failed: the loss was no longer a number."), "poor"
    against = said.get("against_baseline")
    if against is None:
        if found.evaluation is None:
            return _("The model could not be evaluated, so this report only shows how it was trained."), "unknown"
        return _("The model was trained and evaluated; there is no baseline to compare it with."), "unknown"
    others = said.get("other_outputs")
    if against.severity == "problem" and (others is None or others.severity == "problem"):
        return _("The model is not clearly better than always giving the same answer."), "poor"
    gained = found.gained
    if worst and said[worst[0]].severity == "problem":
        return _("The model is better than the baseline, but something is wrong with it."), "fair"
    if against.severity == "warning" or (gained is not None and gained < LITTLE):
        return _("The model is only a little better than the baseline."), "fair"
    if worst:
        return _BUT.get(worst[0], _something)(), "fair"
    if gained is not None and gained >= MUCH:
        return _("The model is very good, and nothing looks wrong."), "good"
    return _("The model is clearly better than the baseline, and nothing looks wrong."), "good"


def _something() -> str:
    return _("The model is clearly better than the baseline, but there is something to improve.")


_BUT: Mapping[str, Callable[[], str]] = {
    "data_changed": lambda: _(
        "The model is clearly better than the baseline, but the data are not those that it was trained with."
    ),
    "leakage": lambda: _("The model looks almost too good: one column may give the target away."),
    "overfitting": lambda: _("The model is clearly better than the baseline, but it overfits."),
    "validation_rises": lambda: _("The model is clearly better than the baseline, but it was trained for too long."),
    "underfitting": lambda: _("The model is better than the baseline, but it underfits."),
    "still_falling": lambda: _("The model is clearly better than the baseline, and was still becoming better."),
    "nothing_held_out": lambda: _(
        "The model is better than the baseline on the rows that it was trained on, and untested on others."
    ),
    "interrupted": lambda: _("The model is clearly better than the baseline, though the run was stopped early."),
}


def _suggestions(advice: Sequence[tuple[str, Advice]], environment: Mapping[str, Any]) -> list[Suggestion]:
    """Each once: two rules may ask for the same change, or for opposite ones, of which the more serious rule wins."""
    found: list[Suggestion] = []
    changed: set[str] = set()
    for rule, each in advice:
        if any(other["text"] == each.text for other in found) or changed & set(each.changes):
            continue
        changed |= set(each.changes)
        found.append({
            "rule": rule, "text": each.text, "yaml": yaml_of(each.changes) if each.changes else None,
            "command": command_of(each.sets, environment) if each.sets else None,
        })  # fmt: skip
    return found


def yaml_of(changes: Mapping[str, Any]) -> str:
    """Top-level keys of a config with their values, as YAML."""
    return dump(changes, {})


def command_of(sets: Mapping[str, Any], environment: Mapping[str, Any]) -> str | None:
    """The command that trained the run, with these values; None if it was no command, or resumed the run."""
    command = environment.get("command")
    if not isinstance(command, list) or len(command) < 3 or command[1] != "train" or "--resume" in command:
        return None
    words = _without_options([str(word) for word in command[2:]], ["--run", "--run-dir", *(f"--{key}" for key in sets)])
    return shlex.join(
        ["nnctl", "train", *words, *(w for key, value in sets.items() for w in ("--set", f"{key}={one_line(value)}"))]
    )


def _without_options(words: Sequence[str], names: Sequence[str]) -> list[str]:
    """The words of a command without these options and their values."""
    kept: list[str] = []
    skip = False
    for word in words:
        if skip:
            skip = False
        elif word in names:
            skip = True
        elif word.partition("=")[0] not in names:
            kept.append(word)
    return kept


def one_line(value: Any) -> str:
    """A value as YAML in one line, with mappings and lists in brackets."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{one_line(key)}: {one_line(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(one_line, value)) + "]"
    return flow(value)
