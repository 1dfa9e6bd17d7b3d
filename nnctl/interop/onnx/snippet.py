"""The few lines of Python that `nnctl export` shows: onnxruntime with this file's own inputs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

_TYPES = {1: "np.float32", 2: "np.uint8", 7: "np.int64"}
_STRING = 8
_MOST = 30  # inputs that are shown


def snippet(path: Path, inputs: Mapping[str, Any], examples: Mapping[str, str | float], outputs: Sequence[str]) -> str:
    """inputs: what the file's graph declares of each. examples: a value of each column; other inputs get zeros."""
    lines = ["import numpy as np", "import onnxruntime", "", f"session = onnxruntime.InferenceSession({str(path)!r})"]
    lines.append("rows = {")
    shown = list(inputs.items())[:_MOST]
    lines += [f"    {name!r}: {_example(described, examples.get(name))}," for name, described in shown]
    if len(inputs) > _MOST:
        lines.append(f"    # and {len(inputs) - _MOST} more: session.get_inputs() lists them")
    lines += ["}", f"for name, value in zip({list(outputs)!r}, session.run(None, rows)):", "    print(name, value)"]
    return "\n".join(lines)


def _example(described: Any, value: str | float | None) -> str:
    """An input of one row."""
    kind = described.type.tensor_type
    shape = [axis.dim_value or 1 for axis in kind.shape.dim]
    numpy_type = "object" if kind.elem_type == _STRING else _TYPES[kind.elem_type]
    if shape == [1, 1] and value is not None:
        return f"np.array([[{value!r}]], {numpy_type})"
    if shape == [1] or value is not None:  # lengths, or a column of time steps
        return f"np.full({tuple(shape)}, {1 if value is None else value!r}, {numpy_type})"
    return f"np.zeros({tuple(shape)}, {numpy_type})"
