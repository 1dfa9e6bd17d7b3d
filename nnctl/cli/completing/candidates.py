"""What the parameters of the commands may be: a table from their names to what finds the candidates."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, TypeAlias

import click
from click.shell_completion import CompletionItem

from nnctl.cli.completing.files import entries, run_folders

# (the values of the parameters before it, what is typed of the word) -> its candidates
Source: TypeAlias = Callable[[Mapping[str, Any], str], list[CompletionItem]]


def source_of(command: str | None, parameter: click.Parameter) -> Source | None:
    """What finds the candidates of a parameter; None if click knows them, or nobody does."""
    if isinstance(parameter.type, click.Choice) or getattr(parameter, "is_flag", False):
        return None
    name = parameter.name or ""
    for key in ((command, name), (None, name)):
        if key in _SOURCES:
            return _SOURCES[key]
    metavar = parameter.metavar or ""
    return _files if any(word in metavar for word in ("FILE", "PATH", "DIR", "MODEL")) else None


def _named(names: Iterable[str], incomplete: str) -> list[CompletionItem]:
    return [CompletionItem(name) for name in names if name.startswith(incomplete)]


def _files(given: Mapping[str, Any], incomplete: str) -> list[CompletionItem]:
    return entries(incomplete)


def _folders(given: Mapping[str, Any], incomplete: str) -> list[CompletionItem]:
    return entries(incomplete, ())


def _configs(given: Mapping[str, Any], incomplete: str) -> list[CompletionItem]:
    from nnctl.config.config_files import bundled_configs  # imported here to keep start-up fast

    ready = _named(bundled_configs(), incomplete)
    return [*entries(incomplete, (".yaml", ".yml")), *ready]


def _runs(given: Mapping[str, Any], incomplete: str) -> list[CompletionItem]:
    newest = run_folders(incomplete)
    return [*newest, *(item for item in entries(incomplete, ()) if item.value.rstrip("/") not in
                       {run.value for run in newest})]  # fmt: skip


def _runs_or_files(given: Mapping[str, Any], incomplete: str) -> list[CompletionItem]:
    runs = run_folders(incomplete)
    return [*runs, *entries(incomplete)]


def _datasets(given: Mapping[str, Any], incomplete: str) -> list[CompletionItem]:
    from nnctl.data import bundled_names  # imported here to keep start-up fast

    return _named(bundled_names(), incomplete)


def _datasets_or_files(given: Mapping[str, Any], incomplete: str) -> list[CompletionItem]:
    return [*_datasets(given, incomplete), *entries(incomplete)]


def _templates(given: Mapping[str, Any], incomplete: str) -> list[CompletionItem]:
    folder = Path(__file__).parent.parent / "templates"
    return _named(sorted(path.stem for path in folder.glob("*.yaml")), incomplete)


def _languages(given: Mapping[str, Any], incomplete: str) -> list[CompletionItem]:
    from nnctl.translation import LANGUAGES  # imported here to keep start-up fast

    return [CompletionItem(code, help=own) for code, own in LANGUAGES.items() if code.startswith(incomplete)]


def _shells(given: Mapping[str, Any], incomplete: str) -> list[CompletionItem]:
    from nnctl.cli.completing.shells import SHELLS  # imported here, where it is used

    return _named(SHELLS, incomplete)


def _overrides(given: Mapping[str, Any], incomplete: str) -> list[CompletionItem]:
    from nnctl.cli.completing.set_keys import completions  # imported here to keep start-up fast

    return completions(incomplete, given.get("config"))


def _topics(given: Mapping[str, Any], incomplete: str) -> list[CompletionItem]:
    from nnctl.cli.completing.set_keys import shipped  # imported here to keep start-up fast
    from nnctl.reports.topics.ideas import IDEAS

    names = dict.fromkeys([*IDEAS, *shipped().components()])
    if given.get("topic"):  # after the name of a family
        return _named(names, incomplete)
    return [*_named(names, incomplete), *(_runs_or_configs(given, incomplete))]


def _runs_or_configs(given: Mapping[str, Any], incomplete: str) -> list[CompletionItem]:
    return [*run_folders(incomplete), *entries(incomplete, (".yaml", ".yml"))]


# (command, or None for all; name of the parameter) -> what finds its candidates
_SOURCES: dict[tuple[str | None, str], Source] = {
    (None, "config"): _configs,
    (None, "run"): _runs,
    (None, "runs"): _runs,
    (None, "overrides"): _overrides,
    (None, "lang"): _languages,
    (None, "dataset"): _datasets_or_files,
    ("runs", "folder"): _folders,
    ("train", "resumed"): _runs,
    ("predict", "names"): _runs_or_files,
    ("datasets", "name"): _datasets,
    ("init", "template"): _templates,
    ("completion", "shell"): _shells,
    ("explain", "topic"): _topics,
}
