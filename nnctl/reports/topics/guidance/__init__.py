"""Advice on every component of nnctl, a module for each family; the components of plug-ins have none."""

from __future__ import annotations

from importlib import import_module

from nnctl.reports.topics.guide import Guide

# A family is imported when one of its pages is shown.
_MODULES = {
    "layer": "layers", "activation": "activations", "loss": "losses", "metric": "metrics", "optimizer": "optimizers",
    "schedule": "schedules", "initializer": "initializers", "regularizer": "regularizers", "callback": "callbacks",
}  # fmt: skip


def guide_of(noun: str, name: str) -> Guide | None:
    """The advice on a component; None where nothing is written of it."""
    guides = guides_of(noun)
    if name not in guides and noun == "metric":
        guides = guides_of("loss")  # a loss that is measured as a metric
    return guides.get(name)


def guides_of(noun: str) -> dict[str, Guide]:
    """The advice on a family, by name."""
    if noun not in _MODULES:
        return {}
    found: dict[str, Guide] = import_module(f"nnctl.reports.topics.guidance.{_MODULES[noun]}").GUIDES
    return found
