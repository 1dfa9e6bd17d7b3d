"""Losses, optimizers, schedules and metrics: real Keras makes the same of them, from a file's JSON and from code."""

import numpy as np
import pytest
from contract import check_rows
from golden import not_in_keras, read
from interop.keras.real_keras import close, keras

from nnctl.components.component import plain
from nnctl.errors import InputError
from nnctl.interop.keras import training
from nnctl.interop.keras.objects import ACTIVATIONS, INITIALIZERS, REGULARIZERS, activation, initializer, regularizer
from nnctl.interop.keras_code.formatting import flat, made, value_of
from nnctl.interop.keras_file.compile_config import first_state
from nnctl.interop.keras_import import components
from nnctl.interop.keras_import import training as imported
from nnctl.nn.activations import activations
from nnctl.nn.initializers import initializers
from nnctl.nn.losses import losses
from nnctl.nn.metrics import metrics, resolve
from nnctl.nn.optimizers import optimizers
from nnctl.nn.regularizers import regularizers
from nnctl.nn.schedules import schedules

LOSSES, OPTIMIZERS, SCHEDULES, METRICS, FUNCTIONS = map(
    read, ("losses", "optimizers", "schedules", "metrics", "activations")
)
NOT_IN_KERAS = {"lars", "radam"}


def both(given):
    """What Keras makes of an object in a file, and in a script."""
    names = {"keras": keras, "layers": keras.layers}
    return keras.saving.deserialize_keras_object(given.to_json()), eval(flat(made(given)), names)


def test_every_component_has_a_row():
    check_rows(losses, training.LOSSES, "LOSSES in nnctl/interop/keras/training.py")
    check_rows(optimizers, training.OPTIMIZERS, "OPTIMIZERS in nnctl/interop/keras/training.py", without=NOT_IN_KERAS)
    check_rows(schedules, training.SCHEDULES, "SCHEDULES in nnctl/interop/keras/training.py")
    check_rows(initializers, INITIALIZERS, "INITIALIZERS in nnctl/interop/keras/objects.py")
    check_rows(regularizers, REGULARIZERS, "REGULARIZERS in nnctl/interop/keras/objects.py")
    check_rows(activations, ACTIVATIONS, "ACTIVATIONS in nnctl/interop/keras/objects.py")
    resolved_or_sequences = {"accuracy", "label_error_rate", "exact_match"}
    losses_only = {"binary_focal_crossentropy", "huber"}  # as metrics, Keras does not have them
    check_rows(metrics, {*training.SAME_METRICS, *training.METRICS}, "SAME_METRICS in nnctl/interop/keras/training.py",
               without=resolved_or_sequences | losses_only)  # fmt: skip


@pytest.mark.parametrize("case", LOSSES.cases)
def test_a_loss(case):
    for loss in both(training.loss(losses.build(LOSSES.cases[case]))):
        value = float(loss(LOSSES[f"{case}/y"], LOSSES[f"{case}/p"]))
        close(np.array(value), LOSSES[f"{case}/mean"])
    back = imported._loss(training.loss(losses.build(LOSSES.cases[case])).to_json())
    assert losses.build(back) == losses.build(LOSSES.cases[case])


@pytest.mark.parametrize("case", [case for case in OPTIMIZERS.cases if case not in not_in_keras.OPTIMIZERS])
def test_an_optimizer(case):
    given = training.optimizer(optimizers.build(OPTIMIZERS.cases[case]))
    for optimizer in both(given):
        variables = [keras.Variable(OPTIMIZERS[f"start/{name}"], dtype="float64") for name in ("kernel", "bias")]
        optimizer.build(variables)
        state = first_state(given, [np.asarray(v) for v in (OPTIMIZERS["start/kernel"], OPTIMIZERS["start/bias"])])
        assert [tuple(v.shape) for v in optimizer.variables] == [array.shape for array in state]
        for variable, array in zip(optimizer.variables, state, strict=True):
            close(keras.ops.convert_to_numpy(variable), array)
        for step in range(3):
            gradients = [keras.ops.convert_to_tensor(OPTIMIZERS[f"gradients/{name}"][step], "float64")
                         for name in ("kernel", "bias")]  # fmt: skip
            optimizer.apply(gradients, variables)
        for variable, name in zip(variables, ("kernel", "bias"), strict=True):
            close(keras.ops.convert_to_numpy(variable), OPTIMIZERS[f"{case}/{name}"][2])
    back = optimizers.build(imported._optimizer(given.to_json()))
    assert training.optimizer(back) == given


@pytest.mark.parametrize("kind", sorted(NOT_IN_KERAS))
def test_an_optimizer_that_keras_does_not_have(kind):
    with pytest.raises(InputError, match=f"Keras has no optimizer '{kind}'"):
        training.optimizer(optimizers.build(kind))


@pytest.mark.parametrize("case", SCHEDULES.cases)
def test_a_schedule(case):
    for schedule in both(training.schedule(schedules.build(SCHEDULES.cases[case]))):
        rates = np.array([float(schedule(step)) for step in SCHEDULES["steps"]])
        close(rates, SCHEDULES[f"{case}/rates"])


@pytest.mark.parametrize("case", [case for case, row in METRICS.cases.items() if not row["weighted"]])
def test_a_metric(case):
    row = METRICS.cases[case]
    y, p = METRICS[f"{row['data']}/y"], METRICS[f"{row['data']}/p"]
    found = resolve(metrics.build(row["metric"]), row["labels"], p.shape[1:])
    for metric in both(training.metric(found, "own", row["labels"], p.shape[-1])):
        metric.update_state(y, p)
        close(np.array(float(metric.result())), METRICS[f"{case}/figures"][-1])
        assert metric.name == "own"


@pytest.mark.parametrize("given", [
    ("precision", "onehot", 3), ("f1_score", "integer", 3), ("auc", "integer", 3), ("huber", "number", 1),
    ({"binary_accuracy": {"threshold": 0.5}}, "logits", 1),
])  # fmt: skip
def test_a_metric_that_keras_does_not_have(given):
    config, labels, units = given
    logits = labels == "logits"
    labels = "binary" if logits else labels
    found = resolve(metrics.build(config), labels, (units,), logits)
    with pytest.raises(InputError, match="Keras"):
        training.metric(found, "own", labels, units)


@pytest.mark.parametrize("case", FUNCTIONS.cases)
def test_an_activation(case):
    given = activation(activations.build(FUNCTIONS.cases[case]))
    function = keras.activations.get(given if isinstance(given, str) else given.to_json())
    written = eval(flat(value_of(given)), {"keras": keras, "layers": keras.layers})
    x = FUNCTIONS["x"].astype(np.float64)
    for each in (function, keras.activations.get(written)):
        close(keras.ops.convert_to_numpy(each(keras.ops.convert_to_tensor(x))), FUNCTIONS[f"{case}/y"], 1e-5)
    back = components.activation(given if isinstance(given, str) else given.to_json())
    assert activations.build(back) == activations.build(FUNCTIONS.cases[case])


@pytest.mark.parametrize("config", [
    *initializers, {"constant": {"value": 0.3}}, {"orthogonal": {"gain": 2.0}},
    {"variance_scaling": {"scale": 2.0, "mode": "fan_out", "distribution": "uniform"}},
    {"random_uniform": {"minval": -1.0, "maxval": 2.0}},
])  # fmt: skip
def test_an_initializer(config):
    given = initializer(initializers.build(config))
    from_file = keras.initializers.get(given.to_json())
    from_code = keras.initializers.get(eval(flat(made(given)), {"keras": keras}))
    same = {key: value for key, value in from_file.get_config().items() if key != "seed"}
    assert same == {key: value for key, value in from_code.get_config().items() if key != "seed"}
    for name, value in given.arguments.items():
        assert getattr(from_file, name) == getattr(from_code, name) == value
    kinds = {own: kind for kind, own in INITIALIZERS.items()}
    assert initializers.build(components._object(given.to_json(), "initializer", kinds)) == initializers.build(config)


@pytest.mark.parametrize("config", ["l1", {"l2": {"l2": 0.3}}, "l1_l2", {"l1_l2": {"l1": 0.1}}])
def test_a_regularizer(config):
    own = regularizers.build(config)
    x = np.array([[0.5, -2.0], [1.0, 3.0]], np.float32)
    for each in (regularizer(own).to_json(), eval(flat(made(regularizer(own))), {"keras": keras})):
        close(np.array(float(keras.regularizers.get(each)(x))), np.array(own.penalty(x)))
    assert plain(own)
