"""load_data(): the rows of a bundled data set where reading them is simple, else made-up rows to be replaced."""

from __future__ import annotations

from typing import Any

from nnctl.data import Preprocessing
from nnctl.data.catalog.bundled import BUNDLED, bundled_path
from nnctl.data.preprocessing.features import Number
from nnctl.data.preprocessing.inputs import ArrayInput, TableInput
from nnctl.data.preprocessing.targets import TargetCoder
from nnctl.interop.keras.expected_inputs import described
from nnctl.interop.keras.graph import KerasModel
from nnctl.interop.keras_code.formatting import STEP, call, listed, named, number, paragraph, statement, text, value_of
from nnctl.training.model import Model

ROWS = 64  # that are made up


def data_code(model: Model, lowered: KerasModel, preprocessing: Preprocessing, outputs: list[str]) -> list[str]:
    """The lines of load_data and of its constants. outputs: Keras' names of the outputs."""
    bundled = BUNDLED.get(preprocessing.dataset.name or "")
    inputs, targets = list(preprocessing.inputs.values()), list(preprocessing.targets.values())
    if bundled and not bundled.fetched and len(inputs) == len(targets) == 1:
        if isinstance(inputs[0], TableInput) and _is_plain(inputs[0]) and _is_simple(targets[0]):
            return _table(preprocessing, inputs[0], targets[0])
        if isinstance(inputs[0], ArrayInput) and _is_array(inputs[0], targets[0]):
            return _arrays(preprocessing, inputs[0], targets[0])
    return _made_up(model, lowered, preprocessing, outputs)


def _is_plain(entry: TableInput) -> bool:
    return all(isinstance(feature, Number) and feature.fill is None for feature in entry.features) and (
        len(entry.shape) == 1
    )


def _is_simple(coder: TargetCoder) -> bool:
    classes = coder.labels == "integer" or (coder.labels == "binary" and len(coder.classes or ()) == 2)
    return len(coder.columns) == 1 and (classes or coder.labels == "number") and not coder.soft


def _is_array(entry: ArrayInput, coder: TargetCoder) -> bool:
    unscaled = entry.lengths is None and (entry.shift, entry.scale, entry.fill) == ((0.0,), (1.0,), None)
    return unscaled and coder.labels == "integer" and coder.numeric


def _words(preprocessing: Preprocessing) -> list[str]:
    """What x and y are, as lines of a docstring."""
    found = []
    for sentence in described(preprocessing):
        words = sentence.replace("\\", "\\\\").replace('"""', "'''")
        found += paragraph(f"{words[0].upper()}{words[1:]}.", STEP, STEP)
    return found


def _file(preprocessing: Preprocessing) -> list[str]:
    name = preprocessing.dataset.name
    assert name is not None  # it is a bundled data set
    return statement(call("Path", text(str(bundled_path(name)))).before("DATA = "))


def _table(preprocessing: Preprocessing, entry: TableInput, coder: TargetCoder) -> list[str]:
    numbers: list[Any] = list(entry.features)
    lines = _file(preprocessing)
    lines += statement(named("FEATURES = ", listed([text(feature.name) for feature in numbers])))
    scaled = any((feature.shift, feature.scale) != (0, 1) for feature in numbers)
    if scaled:
        for name, values in (("SHIFT", [f.shift for f in numbers]), ("SCALE", [f.scale for f in numbers])):
            array = call("np.array", listed([number(float(value)) for value in values]))
            lines += statement(array.before(f"{name} = "))
    if coder.classes:
        lines += statement(named("CLASSES = ", listed(list(map(text, coder.classes)))))
    column = text(coder.columns[0])
    read = f"CLASSES.index(row[{column}])" if coder.classes else f"float(row[{column}])"
    dtype = '"int32"' if coder.classes else '"float32"'
    lines += [
        "", "", "def load_data():", f'{STEP}"""The table as x and y."""',
        f'{STEP}with DATA.open(newline="", encoding="utf-8") as file:', f"{STEP * 2}rows = list(csv.DictReader(file))",
        f'{STEP}x = np.array([[row[name] for name in FEATURES] for row in rows], "float32")',
    ]  # fmt: skip
    lines += [f"{STEP}x = (x - SHIFT) / SCALE"] if scaled else []
    lines += statement(f"y = np.array([{read} for row in rows], {dtype})", STEP)
    if coder.target.scaled:
        lines.append(f"{STEP}y = (y - {number(coder.shift[0])}) / {number(coder.scale[0])}")
    return [*lines, *_shuffled(preprocessing)]


def _arrays(preprocessing: Preprocessing, entry: ArrayInput, coder: TargetCoder) -> list[str]:
    shape = flat_shape(entry.shape)
    divided = f" / {number(entry.divisor)}" if entry.divisor != 1 else ""
    return [
        *_file(preprocessing), "", "", "def load_data():", f'{STEP}"""The arrays as x and y."""',
        f"{STEP}with np.load(DATA) as file:",
        *statement(f"x = file[{text(entry.array)}].reshape({shape}){divided}", STEP * 2),
        f"{STEP * 2}y = file[{text(coder.columns[0])}].astype(int)", *_shuffled(preprocessing),
    ]  # fmt: skip


def flat_shape(shape: tuple[int, ...]) -> str:
    return ", ".join(["-1", *map(str, shape)])


def _shuffled(preprocessing: Preprocessing) -> list[str]:
    """The last lines: the files of the data sets are sorted by class."""
    return [f"{STEP}order = np.random.default_rng({preprocessing.seed}).permutation(len(x))",
            f"{STEP}return x[order], y[order]"]  # fmt: skip


def _made_up(model: Model, lowered: KerasModel, preprocessing: Preprocessing, outputs: list[str]) -> list[str]:
    lines = [
        "def load_data():",
        f'{STEP}"""Made-up rows: put your own data here, as x and y.',
        "",
        *_words(preprocessing),
    ]
    for name, value in lowered.padding.items():
        lines += paragraph(f"In the input {name!r}, all features of padded time steps are {value:.0f}.", STEP, STEP)
    lines += [f'{STEP}"""', f"{STEP}rng = np.random.default_rng(0)"]
    xs = [_input_code(model, tensor.layer, tensor.shape) for tensor in lowered.inputs]
    ys = [_target_code(model, output) for output in model.graph.outputs]
    lines += _assigned("x", [tensor.layer for tensor in lowered.inputs], xs)
    return [*lines, *_assigned("y", outputs, ys), f"{STEP}return x, y"]


def _assigned(name: str, keys: list[str], values: list[str]) -> list[str]:
    """name = value, or a dict of several."""
    if len(values) == 1:
        return statement(f"{name} = {values[0]}", STEP)
    each = [f"{STEP * 2}{text(key)}: {value}," for key, value in zip(keys, values, strict=True)]
    return [f"{STEP}{name} = {{", *each, f"{STEP}}}"]


def _input_code(model: Model, name: str, shape: Any) -> str:
    size = value_of((ROWS, *(8 if n is None else n for n in shape)))
    shown = size if isinstance(size, str) else size.flat()
    takers: list[Any] = [node.layer for node in model.graph.nodes if name in node.sources]
    words = [layer.input_dim for layer in takers if layer.kind == "Embedding"]
    return f"rng.integers({min(words)}, size={shown})" if words else f"rng.normal(size={shown})"


def _target_code(model: Model, output: str) -> str:
    shape, labels = model.graph.shapes[output], model.spec.losses[output].labels
    size = ", ".join([str(ROWS), *(str(8 if n is None else n) for n in shape)])
    units = shape[-1]
    if labels == "integer":
        outer = size.rpartition(", ")[0]
        return f"rng.integers({units}, size={f'({outer})' if ',' in outer else outer})"
    if labels == "onehot":
        return f"np.eye({units})[rng.integers({units}, size={ROWS})]"
    if labels == "binary":
        return f"rng.integers(2, size=({size}))"
    if labels == "sequence":
        return f"rng.integers(1, {units}, size=({ROWS}, 2))"
    return f"rng.random(size=({size}))"
