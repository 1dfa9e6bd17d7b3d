"""Builds and compiles a described model (see prepare.py) in Keras 3."""

import keras

METRICS = {
    "accuracy": lambda: "accuracy",
    "mae": lambda: "mae",
    "mse": lambda: "mse",
    "auc": keras.metrics.AUC,
    "precision": keras.metrics.Precision,
    "recall": keras.metrics.Recall,
    "r2_score": keras.metrics.R2Score,
    "f1_score": lambda: keras.metrics.F1Score(average="macro"),
}  # label_error_rate and exact_match have no ready form in Keras: left out, which costs it nothing
OPTIMIZERS = {
    "adam": "Adam", "nadam": "Nadam", "rmsprop": "RMSprop", "adagrad": "Adagrad", "adadelta": "Adadelta",
    "sgd": "SGD", "momentum": "SGD", "nesterov": "SGD",
}  # fmt: skip
PADDED = -1.0  # what a padded time step is filled with, for Masking to find: no real step has it everywhere


class NotExpressed(Exception):
    """The config asks for something that Keras (or this script) does not have."""


def layer_of(kind: str, given: dict):
    arguments = dict(given)
    if "layer" in arguments:
        [(inner, inner_arguments)] = arguments["layer"].items()
        arguments["layer"] = getattr(keras.layers, inner)(**inner_arguments)
    if "kernel_regularizer" in arguments:
        arguments["kernel_regularizer"] = keras.regularizers.L2(arguments["kernel_regularizer"]["l2"]["l2"])
    if (made := getattr(keras.layers, kind, None)) is None:
        raise NotExpressed(kind)
    return made(**arguments)


def build(model: dict, masked: set[str]):
    """The functional model. masked: inputs whose padded steps are filled with PADDED."""
    inputs = {name: keras.layers.Input(shape, name=name) for name, shape in model["inputs"].items()}
    values = {name: keras.layers.Masking(PADDED)(x) if name in masked else x for name, x in inputs.items()}
    logits = {output for output, (loss, _) in zip(model["outputs"], model["losses"], strict=True) if loss == "ctc"}
    made: dict = {}
    for node in model["nodes"]:
        name, given = node["name"], node["arguments"]
        if name in logits and given.get("activation") == "softmax":
            given = {**given, "activation": None}  # Keras' CTC takes logits
        layer = made.get(node["shared"]) or layer_of(node["kind"], {**given, "name": name})
        taken = [values[source] for source in node["sources"]]
        values[name] = layer(taken if len(taken) > 1 else taken[0])
        made[name] = layer
    return keras.Model(list(inputs.values()), [values[output] for output in model["outputs"]])


def one(items: list):
    """The only item, or all."""
    return items[0] if len(items) == 1 else items


class CTC(keras.losses.CTC):
    """Keras' own cannot take a mask of padded time steps (and counts them): what an operation gives has none."""

    def __call__(self, y_true, y_pred, sample_weight=None):
        return super().__call__(y_true, keras.ops.multiply(y_pred, 1.0), sample_weight)


def loss_of(kind: str, arguments: dict):
    if arguments:
        raise NotExpressed(f"the loss {kind} {arguments}")
    return CTC() if kind == "ctc" else kind


def optimizer_of(model: dict):
    name, given = model["optimizer"]
    if name not in OPTIMIZERS:
        raise NotExpressed(f"the optimizer {name}")
    arguments = {key: value for key, value in given.items() if value is not None}
    if isinstance(rate := arguments["learning_rate"], dict):
        [(schedule, values)] = rate.items()
        arguments["learning_rate"] = getattr(keras.optimizers.schedules, schedule)(**values)
    return getattr(keras.optimizers, OPTIMIZERS[name])(**arguments)


def compiled(model: dict, masked: set[str]):
    """The model, ready for fit."""
    made = build(model, masked)
    metrics = [[METRICS[kind]() for kind, _ in given if kind in METRICS] for given in model["metrics"]]
    made.compile(
        optimizer_of(model), one([loss_of(*loss) for loss in model["losses"]]), metrics=one(metrics),
        loss_weights=model["loss_weights"] if len(model["outputs"]) > 1 else None,
    )  # fmt: skip
    return made
