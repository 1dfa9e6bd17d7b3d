"""The generated file: docstring, imports, class, loading, training, and a prediction of made-up rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from nnctl.interop.torch_code.activations import applied
from nnctl.interop.torch_code.builder import Builder
from nnctl.interop.torch_code.copied import definitions, names_in, needed_by
from nnctl.interop.torch_code.data import Described
from nnctl.interop.torch_code.python_text import INDENT, class_name, commented, fitted, names_of_outputs
from nnctl.interop.torch_code.training.loop import training_code
from nnctl.training.model import Model


@dataclass(frozen=True)
class File:
    """text: of the Python file. weights: by PyTorch's names. notes: what a user should know of them."""

    text: str
    weights: dict[str, Any]
    notes: tuple[str, ...] = ()


def builder_of(model: Model, lengths: set[str]) -> Builder:
    """The model's code. lengths: the inputs that come with the number of real steps of each row."""
    program = model.program
    fused = {objective.head.name for objective in model.executor.objectives if objective.fused}
    return Builder(model.graph, program.named_weights(), program.spans.keys(), lengths, fused)


def file_of(model: Model, described: Described, weights: str) -> File:
    """The whole file for a model whose data are described. weights: the name of the file with its weights."""
    builder = builder_of(model, described.lengths)
    name = class_name(model.spec.name)
    while name in definitions():
        name += "Model"
    code = "\n".join(class_code(builder, name))
    after = [
        load_code(name, model.program.dtype.name),
        training_code(model, builder),
        main_code(builder, model, described),
    ]
    used = needed_by(code + "\n\n" + "\n\n".join(after))
    blocks = [*used, code, *after]
    head = "\n".join(
        [*described.docstring(model, builder, weights), "", *imports("\n".join(blocks)), "", *described.constants()]
    )
    return File("\n\n\n".join([head, *blocks]) + "\n", builder.state)


def imports(code: str) -> list[str]:
    """The import statements that the code needs, sorted as isort does."""
    used = names_in(code)
    lines = ["import math"] if "math" in used else []
    lines += ["from pathlib import Path", ""]
    lines += ["import torch"] if "torch" in used else []
    lines += ["import torch.nn.functional as F"] if "F" in used else []
    return [*lines, "from safetensors.torch import load_file", "from torch import nn"]


def class_code(builder: Builder, name: str) -> list[str]:
    """The lines of the class."""
    given = ", ".join(["self", *builder.parameters])
    lines = [f"class {name}(nn.Module):"]
    if builder.init:
        lines += [f"{INDENT}def __init__(self):", f"{INDENT * 2}super().__init__()"]
        for line, comment in builder.init:
            lines += commented(line, comment, INDENT * 2)
        lines.append("")
    if not builder.after:
        return [*lines, f"{INDENT}def forward({given}):", *builder.lines()]
    lines += [f"{INDENT}def logits({given}):", *builder.lines(), ""]
    return [*lines, f"{INDENT}def forward({given}):", *forward_code(builder)]


def forward_code(builder: Builder) -> list[str]:
    """The body of forward where a last activation follows on `logits`."""
    logits = f"self.logits({', '.join(builder.parameters)})"
    names = names_of_outputs(builder.graph.outputs)
    if len(names) == 1:
        [function] = builder.after.values()
        return fitted(f"return {applied(function, logits)}", INDENT * 2)
    results = [applied(builder.after.get(output), name)
               for output, name in zip(builder.graph.outputs, names, strict=True)]  # fmt: skip
    return [*fitted(f"{', '.join(names)} = {logits}", INDENT * 2), *fitted(f"return {', '.join(results)}", INDENT * 2)]


def load_code(name: str, dtype: str) -> str:
    """The function that loads the weights."""
    made = f"{name}()" if dtype == "float32" else f"{name}().double()"
    return f'''def load():
    """The model with its trained weights, ready to predict."""
    model = {made}
    model.load_state_dict(load_file(Path(__file__).with_suffix(".safetensors")))
    return model.eval()'''


def main_code(builder: Builder, model: Model, described: Described) -> str:
    """The program at the end: predictions for two rows that are made up."""
    rows = described.made_up_rows(builder, model.program.dtype.name)
    names = names_of_outputs(builder.graph.outputs)
    call = f"model({', '.join(builder.parameters)})"
    lines = ['if __name__ == "__main__":', "    model = load()"]
    lines += [line for name, value, comment in rows for line in commented(f"{name} = {value}", comment, INDENT)]
    lines += ["    with torch.no_grad():", *fitted(f"{', '.join(names)} = {call}", INDENT * 2)]
    for output, name in zip(builder.graph.outputs, names, strict=True):
        classes = described.classes_of(output)
        if classes and described.one_class_a_row(output):
            lines += [f"    for row in {name}:", f"        print({classes}[int(row.argmax())], row.tolist())"]
        else:
            lines.append(f"    print({name})")
    return "\n".join(lines)
