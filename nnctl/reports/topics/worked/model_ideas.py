"""Worked examples of models and their data, computed by nnctl's own layers, losses and metrics."""

from __future__ import annotations

import math

import numpy as np

from nnctl.data.config import SplitSpec
from nnctl.data.splits import split_rows
from nnctl.reports.number_format import count
from nnctl.reports.topics.document import Example
from nnctl.reports.topics.shape_drawing import shown_shape
from nnctl.reports.topics.worked import activations as curves
from nnctl.reports.topics.worked.components import made
from nnctl.reports.topics.worked.layers import computed
from nnctl.reports.topics.worked.metrics import value
from nnctl.reports.topics.worked.numbers import array, bracketed, number
from nnctl.reports.topics.worked.text import lines_example, table_example
from nnctl.translation import _


def unit() -> Example:
    dense = made("layer", "Dense", units=1, activation="relu")
    x = np.array([[1.0, -2.0, 3.0]])
    weights, y = computed(dense, [x])
    products = " + ".join(
        f"{bracketed(w)} * {bracketed(v)}" for w, v in zip(weights["kernel"][:, 0], x[0], strict=True)
    )
    return lines_example(
        _("Three inputs, random weights, a bias of 0, and relu:"),
        [f"x = {array(x[0])}", f"w = {array(weights['kernel'][:, 0])}",
         f"y = relu({products} + 0) = {number(y[0, 0])}"],
    )  # fmt: skip


def classification_and_regression() -> Example:
    kinds = ((_("a number"), "mse", "1"), (_("yes or no"), "binary_crossentropy", "1"),
             (_("one of several classes"), "sparse_categorical_crossentropy", _("one per class")),
             (_("several labels at once"), "binary_crossentropy", _("one per label")),
             (_("a text"), "ctc", _("one per character, and the blank")))  # fmt: skip
    rows = []
    for target, name, units in kinds:
        loss = made("loss", name)
        rows.append([target, units, loss.usual_activation(), name])
    return table_example("", [_("target"), _("units of the last layer"), _("its activation"), _("loss")], rows, left=4)


def parameters() -> Example:
    rows = []
    for name, arguments, shape in (
        ("Dense", {"units": 16}, (4,)), ("Conv2D", {"filters": 32, "kernel_size": 3}, (28, 28, 1)),
        ("LSTM", {"units": 16}, (10, 8)), ("Embedding", {"input_dim": 1000, "output_dim": 32}, (10,)),
    ):  # fmt: skip
        layer = made("layer", name, **arguments)
        weights = layer.weights([shape] if layer.merges else shape)
        shapes = ", ".join(f"{weight} {shown_shape(each.shape)}" for weight, each in weights.items())
        total = sum(math.prod(each.shape) for each in weights.values())
        rows.append([f"{name} {next(iter(arguments.values()))}", shown_shape(shape), shapes, count(total)])
    return table_example("", [_("layer"), _("input"), _("weights"), _("parameters")], rows, left=3)


def tensor_shapes() -> Example:
    rows = []
    for kind, name, arguments, shape in (
        (_("a table"), "Dense", {"units": 8}, (4,)), (_("a sequence"), "LSTM", {"units": 8}, (10, 3)),
        (_("a sequence, every step"), "LSTM", {"units": 8, "return_sequences": True}, (10, 3)),
        (_("an image"), "Conv2D", {"filters": 8, "kernel_size": 3}, (28, 28, 1)),
        (_("an image as a vector"), "Flatten", {}, (28, 28, 1)),
    ):  # fmt: skip
        layer = made("layer", name, **arguments)
        output = layer.output_shape([shape] if layer.merges else shape)
        rows.append([kind, shown_shape((None, *shape)), name, shown_shape((None, *output))])
    return table_example("", [_("data"), _("shape"), _("layer"), _("output")], rows, left=4)


def sequential_and_functional_models() -> Example:
    x = np.array([[1.0, -2.0]])
    branches = [computed(made("layer", "Dense", units=units, activation="relu"), [x])[1]
                for units in (2, 3)]  # fmt: skip
    _weights, joined = computed(made("layer", "Concatenate"), branches)
    return lines_example(
        _("Two branches with 2 and 3 units take the same row, and Concatenate joins them:"),
        [f"x = {array(x[0])}", *(f"{name} = {array(y[0])}" for name, y in zip("ab", branches, strict=True)),
         f"[a, b] = {array(joined[0])}"],
    )  # fmt: skip


def one_hot_encoding() -> Example:
    cities = ["Rome", "Oslo", "Rome", "Lima"]
    known = sorted(set(cities))
    rows = [[city, *(str(int(city == other)) for other in known), str(known.index(city))] for city in cities]
    return table_example(
        _("A column of words becomes one column for each word; the last column shows class numbers instead:"),
        [_("city"), *known, _("class number")], rows, left=1,
    )  # fmt: skip


def normalization() -> Example:
    x = np.array([10.0, 12.0, 14.0, 20.0])
    scaled = (x - x.mean()) / x.std()
    new = 16.0
    return lines_example(
        _("A column of the training rows, and a new row of the same column:"),
        [f"x = {array(x)}", f"mean = {number(x.mean())}, std = {number(x.std())}", f"x' = {array(scaled)}",
         f"16  ->  (16 - {number(x.mean())}) / {number(x.std())} = {number((new - x.mean()) / x.std())}"],
    )  # fmt: skip


def logits() -> Example:
    z = [-4.0, -1.0, 0.0, 1.0, 4.0]
    sigmoid, softmax = made("activation", "sigmoid"), made("activation", "softmax")
    rows = [["sigmoid(z)", *map(number, curves.value(sigmoid, z))],
            [_("softmax of all"), *map(number, curves.value(softmax, z))]]  # fmt: skip
    return table_example("", ["z", *map(number, z)], rows, left=1)


def split() -> Example:
    spec = SplitSpec(validation=0.2, test=0.2)
    found = split_rows(spec, 150, 0)
    rows = [
        [name, str(len(numbers)), ", ".join(str(n + 1) for n in sorted(numbers)[:6]) + ", ..."]
        for name, numbers in found.rows.items()
    ]
    return table_example(
        _("150 rows, counted from 1, with validation: 0.2 and test: 0.2:"),
        [_("split"), _("rows"), _("row numbers")], rows, left=1,
    )  # fmt: skip


def confusion_matrix() -> Example:
    y = [0, 0, 0, 0, 1, 1, 1, 2, 2, 2]
    predicted = [0, 0, 0, 1, 1, 1, 0, 2, 1, 2]
    counts = np.zeros((3, 3), int)
    np.add.at(counts, (y, predicted), 1)
    p = np.eye(3)[predicted]
    found = {name: value(made("metric", name), "integer", y, p)
             for name in ("accuracy", "precision", "recall", "f1_score")}  # fmt: skip
    example = table_example(
        _("Ten rows of three classes; each row of the table is a true class, each column a predicted one:"),
        [_("true class"), *(_("predicted {number}").format(number=n) for n in range(3))],
        [[str(n), *map(str, row)] for n, row in enumerate(counts)], left=1,
    )  # fmt: skip
    lines = [f"{name} = {number(result)}" for name, result in found.items()]
    lines[0] += f" = ({' + '.join(str(counts[n, n]) for n in range(3))}) / {len(y)}"
    return {**example, "lines": lines, "outcome": _("Precision, recall and F1 are means over the classes.")}


def seed() -> Example:
    rows = []
    for one in (0, 0, 1):
        initializer = made("initializer", "glorot_uniform")
        rows.append([str(one), array(np.round(initializer.sample((2, 2), np.random.default_rng(one)), 4).ravel())])
    return table_example(
        _("First weights of a layer with 2 inputs and 2 units:"), [_("seed"), _("weights")], rows, left=2
    )
