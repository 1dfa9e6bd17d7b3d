"""Worked examples of how training works, computed by nnctl's own layers, losses, optimizers and batch plans."""

from __future__ import annotations

import numpy as np

from nnctl.reports.number_format import count
from nnctl.reports.topics.document import Curve, Example, Plot
from nnctl.reports.topics.worked import activations as curves
from nnctl.reports.topics.worked.components import made
from nnctl.reports.topics.worked.losses import value_and_gradient
from nnctl.reports.topics.worked.numbers import array, number
from nnctl.reports.topics.worked.text import lines_example, table_example
from nnctl.training.batch_plan import Plan
from nnctl.translation import _


def loss_function() -> Example:
    y, p = [[3.0], [5.0], [2.0]], [[2.5], [5.0], [4.0]]
    rows = []
    for name in ("mse", "mae", "huber"):
        each, _gradient = value_and_gradient(made("loss", name), y, p)
        rows.append([name, *map(number, each), number(each.mean())])
    return table_example(
        _("Three rows with the targets 3, 5, 2 and the predictions 2.5, 5, 4:"),
        [_("loss"), _("row 1"), _("row 2"), _("row 3"), _("loss of the batch")], rows, left=1,
    )  # fmt: skip


def gradient_descent() -> Example:
    rows, w, rate = [], np.array([0.0]), 0.25
    for step in range(1, 6):
        gradient = 2 * (w - 3)
        (new,) = made("optimizer", "sgd").rule(w, gradient, rate)
        rows.append([str(step), number(w[0]), number((w[0] - 3) ** 2), number(gradient[0]), number(new[0])])
        w = new
    return table_example(
        _("The loss (w - 3)^2 is lowest at w = 3. From w = 0, with a learning rate of {rate}:").format(rate=rate),
        [_("step"), "w", _("loss"), "dL/dw = 2 (w - 3)", "w - lr dL/dw"], rows,
    )  # fmt: skip


def learning_rate() -> Example:
    rows = []
    for rate in (0.01, 0.1, 0.5, 0.9, 1.1):
        w, path = np.array([0.0]), []
        for _step in range(20):
            (w,) = made("optimizer", "sgd").rule(w, 2 * (w - 3), rate)
            path.append(float((w[0] - 3) ** 2))
        rows.append([number(rate), *(number(path[step - 1]) for step in (1, 2, 5, 20))])
    return table_example(
        _("The loss (w - 3)^2, which is 9 at first, after some steps of sgd:"),
        [_("learning rate"), *(_("step {number}").format(number=step) for step in (1, 2, 5, 20))], rows,
        _("0.01 is too small, 1.1 too large: the loss grows."),
    )  # fmt: skip


def backpropagation() -> Example:
    x, w, b, target = 2.0, 0.5, -0.25, 1.0
    sigmoid, mse = made("activation", "sigmoid"), made("loss", "mse")
    z = w * x + b
    y = float(curves.value(sigmoid, [z])[0])
    loss, dy = (float(v.reshape(-1)[0]) for v in value_and_gradient(mse, [[target]], [[y]]))
    slope = float(curves.derivative(sigmoid, [z])[0])
    dz = dy * slope
    return lines_example(
        _("One unit with sigmoid, x = {x}, w = {w}, b = {b}, the target {target} and the loss mse:").format(
            x=number(x), w=number(w), b=number(b), target=number(target)),
        [f"z = w x + b = {number(z)}", f"y = sigmoid(z) = {number(y)}",
         f"L = (y - {number(target)})^2 = {number(loss)}",
         f"dL/dy = 2 (y - {number(target)}) = {number(dy)}",
         f"dy/dz = y (1 - y) = {number(slope)}",
         f"dL/dz = {number(dy)} * {number(slope)} = {number(dz)}",
         f"dL/dw = dL/dz x = {number(dz * x)}", f"dL/db = dL/dz = {number(dz)}"],
        _("Both gradients are negative: larger weights lower the loss."),
    )  # fmt: skip


def epoch() -> Example:
    plan = Plan(1000, 100, 20)
    seen = _("rows seen = {sum}").format(sum=f"{count(plan.samples)} * {plan.epochs} = {count(plan.samples_seen)}")
    return lines_example(_("1000 rows, a batch size of 100 and 20 epochs:"), [*_iterations(plan), seen])


def _iterations(plan: Plan) -> list[str]:
    """The two lines of arithmetic that lead from a plan to its number of iterations."""
    return [
        _("iterations per epoch = {sum}").format(
            sum=f"ceil({count(plan.samples)} / {plan.batch_size}) = {plan.iterations_per_epoch}"),
        _("iterations = {sum}").format(
            sum=f"{plan.iterations_per_epoch} * {plan.epochs} = {count(plan.total_iterations)}"),
    ]  # fmt: skip


def iteration() -> Example:
    plan = Plan(60_000, 32, 10)
    return lines_example(_("The 60,000 images of MNIST in batches of 32, for 10 epochs:"), _iterations(plan))


def batch() -> Example:
    plan = Plan(150, 32, 1)
    sizes = [plan.batch_size] * (plan.iterations_per_epoch - 1) + [plan.last_batch]
    return lines_example(
        _("The 150 flowers of iris in batches of 32:"),
        [f"{' + '.join(map(str, sizes))} = {sum(sizes)}"],
        _("There are {number} batches, and the last one has {rows} rows.").format(
            number=plan.iterations_per_epoch, rows=plan.last_batch),
    )  # fmt: skip


def batch_size() -> Example:
    rows = []
    for size in (1, 10, 32, 100, 1000):
        plan = Plan(1000, size, 20)
        rows.append(
            [str(size), count(plan.iterations_per_epoch), count(plan.total_iterations), count(plan.samples_seen)]
        )
    return table_example(
        _("1000 rows and 20 epochs:"),
        [_("batch size"), _("updates in an epoch"), _("updates in all"), _("rows seen")], rows,
    )  # fmt: skip


def vanishing_gradients() -> Example:
    rows = []
    for name in ("sigmoid", "tanh", "relu"):
        slope = float(curves.derivative(made("activation", name), [1.0])[0])
        rows.append([name, number(slope), *(number(slope**depth) for depth in (2, 5, 10))])
    return table_example(
        _("The derivative of an activation at z = 1, and the product of those of several layers:"),
        [_("activation"), "f'(1)", *(_("{number} layers").format(number=n) for n in (2, 5, 10))], rows, left=1,
    )  # fmt: skip


def softmax_with_crossentropy() -> Example:
    loss = made("loss", "sparse_categorical_crossentropy", from_logits=True)
    z, y = [2.0, 1.0, -1.0], 0
    p = curves.value(made("activation", "softmax"), z)
    value, gradient = value_and_gradient(loss, [y], [z])
    large, steep = value_and_gradient(loss, [y], [[-1000.0, 1000.0, 0.0]])
    return lines_example(
        _("The logits z of three classes, of which the first is right:"),
        [f"z = {array(z)}", f"p = softmax(z) = {array(p)}", f"y = {array([1, 0, 0])}",
         f"loss = -ln {number(p[0])} = {number(value[0])}", f"dloss/dz = p - y = {array(gradient[0])}",
         f"z = {array([-1000, 1000, 0])}  ->  loss = {number(large[0])}, dloss/dz = {array(steep[0])}"],
        _("The last line is exact, though exp(1000) would overflow."),
    )  # fmt: skip


def overfitting() -> Example:
    rng = np.random.default_rng(3)
    x = np.linspace(-1, 1, 12)
    y, x_new = np.sin(3 * x) + rng.normal(0, 0.25, x.size), np.linspace(-0.95, 0.95, 40)
    y_new = np.sin(3 * x_new) + rng.normal(0, 0.25, x_new.size)
    mse = made("loss", "mse")
    rows = []
    for degree in (0, 1, 3, 5, 9):
        fitted = np.polynomial.Polynomial.fit(x, y, degree)
        means = []
        for a, b in ((x, y), (x_new, y_new)):
            each, _gradient = value_and_gradient(mse, b[:, None], fitted(a)[:, None])
            means.append(number(each.mean()))
        rows.append([str(degree + 1), *means])
    return table_example(
        _("Polynomials fitted to 12 noisy points, and their mse on these and on 40 new points:"),
        [_("parameters"), _("training loss"), _("validation loss")], rows,
        _("The training loss only falls; the validation loss falls and rises again."),
    )  # fmt: skip


def learning_rate_plots() -> list[Plot]:
    """The loss over steps for three learning rates."""
    found: list[Curve] = []
    for rate in (0.01, 0.1, 0.9):
        w, path = np.array([0.0]), [9.0]
        for _step in range(20):
            (w,) = made("optimizer", "sgd").rule(w, 2 * (w - 3), rate)
            path.append(float((w[0] - 3) ** 2))
        found.append({"name": f"lr {rate}", "x": [float(s) for s in range(21)], "y": list(path)})
    return [{"kind": "curve", "title": _("loss over steps"), "curves": found}]
