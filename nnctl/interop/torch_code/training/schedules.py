"""Schedules: the function `learning_rate` of a step, a table from a schedule to the lines of its body."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from nnctl.errors import InputError
from nnctl.interop.torch_code.python_text import fitted, literal


def exponential(s: Any) -> list[str]:
    return [f"return {literal(s.initial_learning_rate)} * {literal(s.decay_rate)} ** ({_passed(s)})"]


def inverse_time(s: Any) -> list[str]:
    return [f"return {literal(s.initial_learning_rate)} / (1 + {literal(s.decay_rate)} * ({_passed(s)}))"]


def piecewise(s: Any) -> list[str]:
    lines = []
    for boundary, value in zip(s.boundaries, s.values, strict=False):
        lines += [f"if step <= {literal(boundary)}:", f"    return {literal(value)}"]
    return [*lines, f"return {literal(s.values[-1])}"]


def polynomial(s: Any) -> list[str]:
    drop = s.initial_learning_rate - s.end_learning_rate
    length = literal(s.decay_steps)
    lines = []
    if s.cycle:
        lines, length = [f"length = {length} * max(1, math.ceil(step / {length}))"], "length"
    power = "" if s.power == 1 else f" ** {literal(s.power)}"
    return [*lines, f"left = 1 - min(step / {length}, 1)",
            f"return {literal(drop)} * left{power} + {literal(s.end_learning_rate)}"]  # fmt: skip


def cosine(s: Any) -> list[str]:
    top = s.initial_learning_rate if s.warmup_target is None else s.warmup_target
    lines, passed = [], "step"
    if s.warmup_steps:
        start, length = literal(s.initial_learning_rate), literal(s.warmup_steps)
        lines = [f"if step < {length}:",
                 f"    return {start} + {literal(top - s.initial_learning_rate)} * step / {length}"]  # fmt: skip
        passed = f"(step - {length})"
    half = "(1 + math.cos(math.pi * passed)) / 2"
    height = half if not s.alpha else f"({literal(1 - s.alpha)} * {half} + {literal(s.alpha)})"
    return [*lines, f"passed = min({passed} / {literal(s.decay_steps)}, 1)", f"return {literal(top)} * {height}"]


def restarts(s: Any) -> list[str]:
    longer, higher = literal(s.t_mul), literal(s.m_mul)
    lines = [f"time = step / {literal(s.first_decay_steps)}", "length = height = 1.0", "while time >= length:",
             "    time -= length", f"    length *= {longer}", f"    height *= {higher}"]  # fmt: skip
    half = "(1 + math.cos(math.pi * time / length)) / 2"
    more = f" + {literal(s.alpha)}" if s.alpha else ""
    share = f"{literal(1 - s.alpha)} * height * {half}" if s.alpha else f"height * {half}"
    return [*lines, f"return {literal(s.initial_learning_rate)} * ({share}{more})"]


def _passed(s: Any) -> str:
    return f"step {'//' if s.staircase else '/'} {literal(s.decay_steps)}"


SCHEDULES: Mapping[str, Callable[[Any], list[str]]] = {
    "ExponentialDecay": exponential,
    "InverseTimeDecay": inverse_time,
    "PiecewiseConstantDecay": piecewise,
    "PolynomialDecay": polynomial,
    "CosineDecay": cosine,
    "CosineDecayRestarts": restarts,
}


def schedule_code(schedule: Any) -> str:
    """The function. Raises InputError for a schedule that is not in the table."""
    if schedule.kind not in SCHEDULES:
        raise InputError(f"the schedule {schedule.kind!r} cannot be written in PyTorch",
                         hint="train with one of " + ", ".join(sorted(SCHEDULES)))  # fmt: skip
    lines = ["def learning_rate(step):", f'    """The learning rate of a batch, counted from 0: {schedule.kind}."""']
    for line in SCHEDULES[schedule.kind](schedule):
        bare = line.lstrip()
        lines += fitted(bare, " " * (4 + len(line) - len(bare)))
    return "\n".join(lines)
