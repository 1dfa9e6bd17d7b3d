"""The ONNX file of a trained model: its inputs and outputs, its metadata, and the check before it is written."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from nnctl import config as configs
from nnctl.api.trained_run import TrainedRun
from nnctl.data import Preprocessing
from nnctl.data.preprocessing.inputs import ArrayInput, TableInput
from nnctl.errors import InputError
from nnctl.interop.formats import Exported
from nnctl.interop.onnx.builder import IR, ML, ML_OPSET, OPSET, Builder, Tensor
from nnctl.interop.onnx.lowering import lower
from nnctl.interop.onnx.outputs import answers
from nnctl.interop.onnx.raw_inputs import array_input, examples, lengths_of, masked, stands_in_the_way, table_input
from nnctl.interop.onnx.snippet import snippet
from nnctl.training.atomic_files import write_safely
from nnctl.training.run_folder import CONFIG, NOWHERE
from nnctl.version import __version__

LARGEST = 2**31 - 1  # bytes of a file: a limit of the format


def export(run: TrainedRun, path: Path, *, preprocessing: bool | None = None) -> Exported:
    """Writes a trained model as an ONNX file.

    preprocessing: True: raw values in, classes and numbers in their unit out; False: the tensors of the model's own
    inputs and outputs. By default raw values for each input whose preprocessing ONNX can express, and a note on each
    other one.
    Raises InputError for what cannot be written, naming it.
    """
    b = Builder()
    notes: list[str] = []
    tensors = _inputs(b, run.preprocessing, run, preprocessing, notes)
    outputs = lower(b, run.model.program, tensors)
    names = _outputs(b, run, outputs, preprocessing is not False, notes)
    if run.model.program.dtype == np.float64:
        notes.append("the weights are float64 in the run and float32 in the file")
    write_safely(path, assembled(b, _name(run), _doc(run), _metadata(run)))
    return Exported((path,), tuple(notes), snippet(path, b.inputs, examples(run.preprocessing), names))


# Inputs


def _inputs(b: Builder, fitted: Preprocessing, run: TrainedRun, wanted: bool | None,
            notes: list[str]) -> dict[str, Tensor]:  # fmt: skip
    """Declares the inputs. Returns the model's inputs by name."""
    program = run.model.program
    lengths = lengths_of(fitted)
    tensors: dict[str, Tensor] = {}
    for name in dict.fromkeys(lengths.values()):
        b.input(name, "INT64", [], "the number of time steps of each row")
    for name, entry in fitted.inputs.items():
        shape = program.graph.shapes[name]
        why = stands_in_the_way(entry)
        if why and wanted:
            raise InputError(f"{why}, so the input {name!r} cannot take raw values", where=str(run.folder),
                             hint="use --no-preprocessing, and give the model the preprocessed tensor")  # fmt: skip
        if why and wanted is None:
            notes.append(f"{why}: the input {name!r} takes preprocessed values, as nnctl's own readers make them")
        raw = wanted is not False and not why
        b.scope = f"preprocessing/{name}"
        if not raw:
            x = b.input(name, _plain_kind(run, name), shape, "preprocessed")
        elif isinstance(entry, TableInput):
            x = table_input(b, fitted, entry, lengths.get(name))
        else:
            assert isinstance(entry, ArrayInput)  # texts stand in the way
            kind = "UINT8" if entry.divisor != 1 else _plain_kind(run, name)
            if entry.array not in b.inputs:
                b.input(entry.array, kind, shape, "values from 0 to 255" if kind == "UINT8" else "")
            x = array_input(b, entry, entry.array, kind, lengths.get(name))
        tensors[name] = masked(Tensor(x, shape), lengths, name, b)
    return tensors


def _plain_kind(run: TrainedRun, name: str) -> str:
    """int64 for token ids: of an input that only Embeddings read."""
    graph = run.model.graph
    readers = [node.layer.kind for node in graph.nodes if name in node.sources]
    return "INT64" if readers and set(readers) == {"Embedding"} else "FLOAT"


# Outputs


def _outputs(b: Builder, run: TrainedRun, outputs: dict[str, Tensor], raw: bool, notes: list[str]) -> list[str]:
    """Declares the outputs; returns their names."""
    names = []
    for name, p in outputs.items():
        coder, loss = run.preprocessing.targets[name], run.model.spec.losses[name]
        if raw and coder.labels == "sequence":
            notes.append(f"the output {name!r} has the classes of each time step, which ONNX cannot read as text: "
                         "class 0 is the blank, repeated classes count once")  # fmt: skip
        if not raw or coder.labels == "sequence":
            free = b.unused(name)
            b.output(p.name, free, "FLOAT", p.shape)
            names.append(free)
            continue
        prefix = f"{name}_" if len(outputs) > 1 else ""
        called = coder.columns[0] if len(coder.columns) == 1 else name
        called = f"{called}_predicted" if called in b.inputs else called
        names += answers(b, coder, loss, p, called, prefix)
    return names


# The file


def assembled(b: Builder, name: str, doc: str = "", metadata: Mapping[str, str] | None = None) -> bytes:
    """The file's bytes, after onnx has checked every node and every shape."""
    onnx = b.onnx
    graph = b.graph(name)
    ops = [onnx.helper.make_opsetid("", OPSET)]
    if any(node.domain == ML for node in graph.node):
        ops.append(onnx.helper.make_opsetid(ML, ML_OPSET))
    model = onnx.helper.make_model(graph, producer_name="nnctl", producer_version=__version__, opset_imports=ops,
                                   ir_version=IR, doc_string=doc)  # fmt: skip
    onnx.helper.set_model_props(model, dict(metadata or {}))
    if model.ByteSize() > LARGEST:
        raise InputError("the model is larger than 2 GB, the limit of an ONNX file")
    onnx.checker.check_model(model, full_check=True)
    content: bytes = model.SerializeToString()
    return content


def _folder(run: TrainedRun) -> Path:
    return run.folder if run.folder.is_dir() else run.folder.parent


def _name(run: TrainedRun) -> str:
    return "model" if run.folder == NOWHERE else _folder(run).resolve().name


def _doc(run: TrainedRun) -> str:
    kept = run.model.kept
    of = f", weights of the {kept.weights} epoch" if kept else ""
    return f"{_name(run)}: trained with nnctl {__version__}{of}"


def _metadata(run: TrainedRun) -> dict[str, str]:
    """What a program may want to know of the model: strings by name."""
    config = _folder(run) / CONFIG
    spec = run.model.spec
    saved = run.folder != NOWHERE and config.is_file()
    text = config.read_text(encoding="utf-8") if saved else configs.dump(spec.resolved, spec.origins)
    classes = {name: list(coder.classes) for name, coder in run.preprocessing.targets.items() if coder.classes}
    return {
        "model": _name(run),
        "classes": json.dumps(classes, ensure_ascii=False),
        "inputs": json.dumps(list(run.features), ensure_ascii=False),
        "config": text,
    }
