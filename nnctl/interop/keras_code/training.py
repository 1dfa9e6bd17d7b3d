"""compile_model() and train(): how the config trains, in Keras."""

from __future__ import annotations

from typing import Any

from nnctl.components.component import plain
from nnctl.errors import InputError
from nnctl.interop.keras.compiling import Compiling
from nnctl.interop.keras.graph import KerasModel
from nnctl.interop.keras.objects import KerasObject, is_own
from nnctl.interop.keras_code.formatting import (
    STEP,
    Bracket,
    Expression,
    call,
    listed,
    made,
    mapping,
    named,
    number,
    paragraph,
    snake,
    statement,
    text,
    value_of,
)
from nnctl.nn.metrics.accuracy import BinaryAccuracy, CategoricalAccuracy, SparseCategoricalAccuracy
from nnctl.nn.schedules import Schedule
from nnctl.training.class_weights import given_weights
from nnctl.training.model import Model

OF_PROBABILITIES = [
    "def ctc_of_probabilities(y, p):",
    f'{STEP}"""CTC of a softmax\'s output: Keras\' loss takes logits, such as its logarithm."""',
    f"{STEP}return keras.losses.ctc(y, keras.ops.log(keras.ops.maximum(p, 1e-30)))",
]


def compile_code(model: Model, compiling: Compiling, lowered: KerasModel, probabilities: bool) -> list[str]:
    """The lines of compile_model. probabilities: whether ctc reads what a softmax gives."""
    names = output_names(model, lowered)
    losses = [_loss(each, probabilities) for each in compiling.losses]
    arguments: dict[str, Expression] = {
        "optimizer": made(compiling.optimizer), "loss": mapping(dict(zip(names, losses, strict=True)))
        if len(names) > 1 else losses[0],
    }  # fmt: skip
    if any(weight != 1 for weight in compiling.loss_weights):
        weights = map(number, compiling.loss_weights)
        arguments["loss_weights"] = mapping(dict(zip(names, weights, strict=True))) if len(names) > 1 else (
            listed(list(map(number, compiling.loss_weights))))  # fmt: skip
    for key, metrics in (("metrics", compiling.metrics), ("weighted_metrics", compiling.weighted_metrics)):
        shown = {name: listed([_metric(each, model, output) for each in own])
                 for name, output, own in zip(names, model.spec.outputs, metrics, strict=True)}  # fmt: skip
        if any(metrics):
            arguments[key] = mapping(shown) if len(names) > 1 else shown[names[0]]
    lines = ["def compile_model(model):", f'{STEP}"""Says how the model is trained."""']
    for left in compiling.left_out:
        lines += paragraph(f"# {left}", STEP, "# ")
    if isinstance(model.spec.optimizer.learning_rate, Schedule):
        lines += paragraph("# the schedule counts batches, from 0", STEP)
    return [*lines, *statement(call("model.compile", **arguments), STEP)]


def output_names(model: Model, lowered: KerasModel) -> list[str]:
    """Keras' names of the outputs: of their layers. Raises InputError where two outputs are of the same layer."""
    names = [tensor.layer for tensor in lowered.outputs]
    if len(set(names)) < len(names):
        raise InputError("two outputs are of the same shared layer, and Keras would have one name for both",
                         hint="put an Activation: {activation: linear} behind one of them")  # fmt: skip
    return names


def _loss(given: KerasObject, probabilities: bool) -> Expression:
    if given.name == "CTC":
        return "ctc_of_probabilities" if probabilities else made(given)
    return made(given) if given.given() else text(snake(given.name))


def _metric(given: KerasObject, model: Model, output: str) -> Expression:
    """A metric by its name where Keras understands the same by it."""
    unlike = {name: value for name, value in given.given().items() if name != "name"}
    kind = given.arguments["name"]
    if kind == "accuracy" and not unlike and _resolves_alike(given, model, output):
        return text("accuracy")
    if not unlike and kind in ("mse", "mae", "mape", "msle"):
        return text(kind)
    named_alike = kind == snake(given.name)
    arguments = unlike if named_alike else {**unlike, "name": kind}
    return call(f"{given.module}.{given.name}", **{name: value_of(value) for name, value in arguments.items()})


def _resolves_alike(given: KerasObject, model: Model, output: str) -> bool:
    """Whether Keras makes the same of `accuracy`: it goes by the numbers of units and the targets' shape."""
    units, labels = model.graph.shapes[output][-1], model.spec.losses[output].labels
    usual = (
        BinaryAccuracy if units == 1 else SparseCategoricalAccuracy if labels == "integer" else CategoricalAccuracy
    )  # fmt: skip
    return given.name == usual.__name__


def fit_code(model: Model, validation: float) -> list[str]:
    """The lines of train(): the call of fit. validation: the fraction of the rows for it."""
    spec = model.spec
    rows = "len(next(iter(y.values())))" if len(spec.outputs) > 1 else "len(y)"
    arguments: dict[str, Expression] = {
        "epochs": str(spec.epochs), "batch_size": rows if spec.batch_size is None else str(spec.batch_size),
    }  # fmt: skip
    lines = ["def train(model):", f'{STEP}"""Trains the model as the config says, on all rows of load_data."""',
             f"{STEP}x, y = load_data()"]  # fmt: skip
    if validation:
        arguments["validation_split"] = number(validation)
        lines.append(f"{STEP}# Keras takes the last rows for validation; nnctl draws them by its seed")
    if spec.class_weight == "balanced":
        onehot = next(iter(spec.losses.values())).labels == "onehot"
        lines += [f"{STEP}counts = np.bincount({'y.argmax(axis=-1)' if onehot else 'np.ravel(y).astype(int)'})",
                  f"{STEP}weights = len(y) / (np.count_nonzero(counts) * np.maximum(counts, 1))"]  # fmt: skip
        arguments["class_weight"] = "dict(enumerate(weights))"
    elif spec.class_weight:
        [target] = model.targets.values()
        weights = given_weights(spec.class_weight, spec.where("class_weight"), target)
        items = (named(f"{at}: ", number(float(weight))) for at, weight in enumerate(weights))
        arguments["class_weight"] = Bracket("{", tuple(items), "}")
    if callbacks := [_callback(each) for each in spec.callbacks]:
        arguments["callbacks"] = listed(callbacks)
    return [*lines, *statement(call("return model.fit", "x", "y", **arguments), STEP)]


def _callback(given: Any) -> Expression:
    """Raises InputError for a callback of another package."""
    if not is_own(given):
        raise InputError(f"Keras has no callback {given.kind}",
                         hint="remove it from the config, or export with --to keras")  # fmt: skip
    fields = type(given).model_fields
    arguments = {name: value_of(getattr(given, name)) for name in fields
                 if plain(getattr(given, name)) != plain(fields[name].default) and name != "every_epochs"}  # fmt: skip
    if given.kind == "ModelCheckpoint":
        return call("keras.callbacks.ModelCheckpoint", text("best.keras"), save_best_only="True", **arguments)
    return call(f"keras.callbacks.{given.kind}", **arguments)
