"""What the sentences about a config take their numbers from."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from nnctl.config.config_files import find_config, read_config
from nnctl.config.loader import load
from nnctl.config.source_map import Document, Path, show_path
from nnctl.config.types import Config
from nnctl.config.yaml_reader import read
from nnctl.data.dataset import Dataset
from nnctl.engine.graph import Node
from nnctl.training.batch_plan import Plan
from nnctl.training.dry_run import Summary, summarize
from nnctl.training.model import Model, load_data


@dataclass(frozen=True)
class Context:
    """A config, the document that it was read from, its data, and the model that they make."""

    text: str
    document: Document
    config: Config
    data: Dataset
    model: Model

    @cached_property
    def plan(self) -> Plan:
        rows = self.data.train.rows
        return Plan(rows, min(self.config.batch_size or rows, rows), self.config.epochs)

    @cached_property
    def summary(self) -> Summary:
        return summarize(self.model, self.data)

    @cached_property
    def nodes(self) -> dict[str, list[Node]]:
        """The layers that a key path (`layers[1].Dense`) stands for: several inside of a `repeat`."""
        found: dict[str, list[Node]] = {}
        for node in self.model.graph.nodes:
            found.setdefault((node.where or "").rpartition(": ")[2], []).append(node)
        return found

    def nodes_at(self, path: Path) -> list[Node]:
        return self.nodes.get(show_path(path), [])

    def value(self, path: Path) -> Any:
        """What the file says at a key path."""
        value = self.document.data
        for step in path:
            value = value[step]
        return value


def context_of(config: str) -> Context:
    """Loads a config and its data, and builds the model. Raises what `check` raises for a mistake in any of them."""
    file = find_config(config)
    content = read_config(file)
    checked = load(file)
    data = load_data(checked)
    model = Model.build(checked, data.input_shapes, data.targets)
    return Context(content.decode("utf-8-sig"), read(content, str(file)), checked, data, model)
