"""The generated file: docstring, imports, class, loading, training, and a prediction of made-up rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from nnctl.errors import InputError
from nnctl.interop.torch_code.activations import applied
from nnctl.interop.torch_code.builder import Builder
from nnctl.interop.torch_code.copied import definitions, names_in, needed_by
from nnctl.interop.torch_code.data import Described
from nnctl.interop.torch_code.data_in_words import docstring
from nnctl.interop.torch_code.python_text import INDENT, class_name, commented, fitted, paragraph
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
    code = "\n".join(class_code(builder, name, masks=True))
    training, notes = training_or_why_not(model, builder, described)
    after = [
        load_code(name, model.program.dtype.name),
        *training,
        main_code(builder, model, described),
    ]
    used = needed_by(code + "\n\n" + "\n\n".join(after))
    blocks = [*used, code, *after]
    head = [*docstring(model, builder, described, weights), "", *imports("\n".join(blocks))]
    if constants := described.constants():
        head += ["", *constants]
    return File("\n\n\n".join(["\n".join(head), *blocks]) + "\n", builder.state, notes)


def training_or_why_not(model: Model, builder: Builder, described: Described) -> tuple[list[str], tuple[str, ...]]:
    """The code of `train`, and a note that there is none where a loss or an optimizer cannot be written in PyTorch."""
    try:
        return training_code(model, builder, described), ()
    except InputError as error:
        why = f"there is no function train, because {error.problems[0].message}"
        return ["\n".join(paragraph(f"# {why[0].upper()}{why[1:]}.", hanging="# "))], (f"in the file, {why}",)


def imports(code: str) -> list[str]:
    """The import statements that the code needs, sorted as isort does."""
    used = names_in(code)
    lines = ["import math"] if "math" in used else []
    lines += ["from pathlib import Path", ""]
    lines += ["import torch"] if "torch" in used else []
    lines += ["import torch.nn.functional as F"] if "F" in used else []
    return [*lines, "from safetensors.torch import load_file", "from torch import nn"]


def class_code(builder: Builder, name: str, *, masks: bool = False) -> list[str]:
    """The lines of the class. masks: with methods that give the masks of the outputs."""
    given = ", ".join(["self", *builder.parameters])
    lines = [f"class {name}(nn.Module):"]
    if builder.init:
        lines += [f"{INDENT}def __init__(self):", f"{INDENT * 2}super().__init__()"]
        for line, comment in builder.init:
            lines += commented(line, comment, INDENT * 2)
        lines.append("")
    if builder.after:
        lines += [f"{INDENT}def logits({given}):", *builder.lines(), ""]
    lines += [f"{INDENT}def forward({given}):", *(forward_code(builder) if builder.after else builder.lines())]
    for output in builder.masks if masks else ():
        lines += ["", *mask_code(builder, output)]
    return lines


def mask_code(builder: Builder, output: str) -> list[str]:
    """The method that gives the mask of an output."""
    mask = builder.masks[output]
    given = ", ".join(["self", *builder.parameters_of(mask)])
    return [f"{INDENT}def {builder.mask_method(output)}({given}):", *builder.body.lines(mask, remarks=False)]


def forward_code(builder: Builder) -> list[str]:
    """The body of forward where a last activation follows on `logits`."""
    logits = f"self.logits({', '.join(builder.parameters)})"
    names = builder.output_names
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
    names = builder.output_names
    call = f"model({', '.join(builder.parameters)})"
    lines = ['if __name__ == "__main__":', "    model = load()"]
    lines += [line for name, value, comment in rows for line in commented(f"{name} = {value}", comment, INDENT)]
    lines += ["    with torch.no_grad():", *fitted(f"{', '.join(names)} = {call}", INDENT * 2)]
    for output, name in zip(builder.graph.outputs, names, strict=True):
        classes, labels = described.classes_of(output), described.preprocessing.targets[output].labels
        if classes is None or labels == "sequence" or len(builder.graph.shapes[output]) > 1:
            lines.append(f"    print({name})")
            continue
        border = 0 if model.gives_logits(output) else 0.5
        found, number = (f"row > {border}", "row.item()") if labels == "binary" else ("row.argmax()", "row.max()")
        lines += [f"    for row in {name}:", f'        print({classes}[int({found})], f"{{{number}:.3f}}")']
    return "\n".join(lines)
