"""The formats that a trained run can be exported to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from nnctl.api.trained_run import TrainedRun


class Writer(Protocol):
    """What a format's module has as `export`."""

    def __call__(self, run: TrainedRun, path: Path, **options: Any) -> Exported: ...


@dataclass(frozen=True)
class Exported:
    """What an export has written.

    files: the files, the main one first. notes: what a user should know of them. try_it: a command or a few lines of
    Python that use the file.
    """

    files: tuple[Path, ...]
    notes: tuple[str, ...] = ()
    try_it: str = ""


@dataclass(frozen=True)
class Format:
    """A format: its module under nnctl.interop, its summary, the ending of its files.

    options: names of the options of `nnctl export`, beside the common ones, that its `export` takes.
    """

    module: str
    summary: str
    suffix: str
    options: frozenset[str] = field(default_factory=frozenset)

    def writer(self) -> Writer:
        writer: Writer = import_module(f"nnctl.interop.{self.module}").export
        return writer


FORMATS: Mapping[str, Format] = {
    "onnx": Format("onnx", "ONNX, for onnxruntime and model servers", ".onnx", frozenset({"preprocessing"})),
    "keras": Format("keras_file", "a file that keras.saving.load_model reads", ".keras"),
    "keras-code": Format("keras_code", "the Keras script that the config stands for", ".keras.py"),
    "torch-code": Format("torch_code", "a plain PyTorch module, with its weights beside it", ".torch.py"),
}
