"""Data for docs/make_reference.py that the declarations do not contain: values for examples, and Keras' names."""

from typing import Any

# Values for arguments that have no default.
VALUES: dict[str, Any] = {
    "activation": "relu", "axes": 1, "decay_rate": 0.9, "decay_steps": 1000, "dims": [2, 1], "factor": 0.1,
    "filters": 32, "first_decay_steps": 1000, "height_factor": 0.1, "initial_learning_rate": 0.01, "input_dim": 1000,
    "kernel_size": 3, "key_dim": 16, "layer": {"LSTM": {"units": 16}}, "n": 10, "num_heads": 2, "output_dim": 32,
    "rate": 0.5, "scale": 0.1, "sequence_length": 50, "stddev": 0.1, "target_shape": [4, 4], "units": 16,
    "width_factor": 0.1, "boundaries": [1000, 2000], "values": [0.01, 0.003, 0.001], "times": 2,
}  # fmt: skip

# Shapes of inputs for which a layer's output shape is shown, without the batch axis: features, a sequence, an image.
SHAPES = ((16,), (10, 8), (28, 28, 3))
SHAPES_OF = {"Embedding": ((10,),), "Masking": ((10, 8),), "TimeDistributed": ((10, 8),)}

# Arguments that an example shows in addition to the required ones.
SHOWN: dict[tuple[str, str], dict[str, Any]] = {
    ("layer", "Dense"): {"activation": "relu"},
    ("layer", "Conv1D"): {"padding": "causal", "activation": "relu"},
    ("layer", "Conv2D"): {"padding": "same", "activation": "relu"},
    ("layer", "LSTM"): {"return_sequences": True},
    ("layer", "GRU"): {"dropout": 0.2},
    ("layer", "Embedding"): {"mask_zero": True},
    ("layer", "TimeDistributed"): {"layer": {"Dense": {"units": 8}}},
    ("layer", "GroupNormalization"): {"groups": 4},
    ("layer", "MaxPooling2D"): {"pool_size": 2},
    ("layer", "RandomFlip"): {"mode": "horizontal"},
    ("layer", "ZeroPadding2D"): {"padding": [1, 2]},
    ("loss", "huber"): {"delta": 2.0},
    ("loss", "binary_crossentropy"): {"from_logits": True},
    ("metric", "precision"): {"average": "macro"},
    ("metric", "recall"): {"class_id": 0},
    ("metric", "auc"): {"curve": "PR"},
    ("metric", "top_k_categorical_accuracy"): {"k": 3},
    ("metric", "sparse_top_k_categorical_accuracy"): {"k": 3},
    ("optimizer", "sgd"): {"learning_rate": 0.1, "clipnorm": 1.0},
    ("optimizer", "adam"): {"learning_rate": 0.003},
    ("optimizer", "adamw"): {"weight_decay": 0.01},
    ("activation", "leaky_relu"): {"negative_slope": 0.1},
    ("activation", "elu"): {"alpha": 0.5},
    ("initializer", "constant"): {"value": 0.1},
    ("initializer", "random_normal"): {"stddev": 0.02},
    ("initializer", "variance_scaling"): {"mode": "fan_out"},
    ("regularizer", "l1"): {"l1": 0.001},
    ("regularizer", "l2"): {"l2": 0.001},
    ("regularizer", "l1_l2"): {"l1": 0.001, "l2": 0.001},
    ("callback", "EarlyStopping"): {"patience": 10, "restore_best_weights": True},
    ("callback", "ReduceLROnPlateau"): {"factor": 0.5, "patience": 5},
    ("callback", "ModelCheckpoint"): {"monitor": "val_accuracy", "every_epochs": 5},
}

# The name in Keras if it differs from that of our class, and "none" if Keras has no counterpart.
KERAS: dict[tuple[str, str], str] = {
    ("layer", "PositionEmbedding"): "none (`keras_hub.layers.PositionEmbedding`)",
    ("metric", "accuracy"): '`metrics=["accuracy"]`',
    ("metric", "label_error_rate"): "none",
    ("metric", "exact_match"): "none",
    ("metric", "huber"): "none (the loss `keras.losses.Huber`)",
    ("metric", "log_cosh"): "`keras.metrics.LogCoshError`",
    ("optimizer", "momentum"): "`keras.optimizers.SGD(momentum=0.9)`",
    ("optimizer", "nesterov"): "`keras.optimizers.SGD(momentum=0.9, nesterov=True)`",
}

# Top-level key: (type, default, example, Keras).
TOP_LEVEL: dict[str, tuple[str, str, str, str]] = {
    "name": ("text", "the file's name", "name: flowers", "`keras.Model(name=...)`"),
    "seed": ("a whole number, at least 0", "0", "seed: 7", "`keras.utils.set_random_seed`"),
    "dataset": ("a name, or a mapping of the keys [below](#dataset)", "required", "dataset: iris", "none"),
    "inputs": (
        "a name, a list of names, or a mapping from names to their source", "one input",
        "inputs:\n  image: {shape: [28, 28, 1]}\n  meta: {shape: [4]}\n"
        "layers:\n  - Flatten: {from: image}\n  - Concatenate: {from: [flatten, meta]}\n  - Dense: {units: 1}",
        "`keras.Input`",
    ),
    "layers": (
        "a list of [layers](layers.md)", "required",
        "layers:\n  - Dense: {units: 16, activation: relu}\n  - repeat: {times: 2, layers: [{Dense: {units: 8}}]}\n"
        "  - Dense: {units: 1}",
        "`keras.Sequential`, and the functional API",
    ),
    "outputs": (
        "a name or a list of names", "the layers whose output no other layer takes",
        "outputs: [price, sold]\nlayers:\n  - Dense: {units: 1, from: input, name: price}\n"
        "  - Dense: {units: 1, from: input, name: sold}",
        "`keras.Model(outputs=...)`",
    ),
    "loss": (
        "a [loss](losses.md), a list of losses, or a mapping from outputs to losses", "required", "loss: mse",
        "`Model.compile(loss=...)`",
    ),
    "loss_weights": (
        "a number of at least 0, a list of numbers, or a mapping from outputs to numbers", "1 each",
        "outputs: [price, sold]\nlayers:\n  - Dense: {units: 1, from: input, name: price}\n"
        "  - Dense: {units: 1, from: input, name: sold}\nloss_weights: {price: 1.0, sold: 0.2}",
        "`Model.compile(loss_weights=...)`",
    ),
    "optimizer": (
        "an [optimizer](optimizers.md)", "`adam`", "optimizer: {adam: {learning_rate: 0.003}}",
        "`Model.compile(optimizer=...)`",
    ),
    "metrics": (
        "a [metric](metrics.md), a list of metrics, or a mapping from outputs to metrics", "one that fits the loss",
        "metrics: [mae, r2_score]", "`Model.compile(metrics=...)`",
    ),
    "weighted_metrics": (
        "as `metrics`", "none", "weighted_metrics: [mae]", "`Model.compile(weighted_metrics=...)`",
    ),
    "epochs": ("a whole number, at least 1", "1", "epochs: 50", "`Model.fit(epochs=...)`"),
    "batch_size": ("a whole number, at least 1, or `all`", "32", "batch_size: 64", "`Model.fit(batch_size=...)`"),
    "class_weight": (
        "a mapping from classes to numbers of at least 0, or `balanced`", "null", "class_weight: balanced",
        "`Model.fit(class_weight=...)`",
    ),
    "callbacks": (
        "a list of [callbacks](callbacks.md)", "none", "callbacks:\n  - EarlyStopping: {patience: 10}",
        "`Model.fit(callbacks=...)`",
    ),
    "weights": (
        "the path of a run or of a safetensors file, or a mapping of the keys [below](#weights)", "none",
        "weights: {from: runs/iris, layers: [dense]}", "`Model.load_weights(skip_mismatch=True)`",
    ),
    "keep": (
        "`best` or `last`", "`best`, or `last` without a validation split", "keep: last",
        "`ModelCheckpoint(save_best_only=...)`",
    ),
    "engine": (
        "a mapping of the keys [below](#engine)", "all defaults", "engine: {threads: 2}",
        "`keras.config.set_backend`",
    ),
}  # fmt: skip

# Key of `dataset:`: (example, Keras).
DATASET: dict[str, tuple[str, str]] = {
    "name": ("{name: iris}", "`keras.datasets`"),
    "path": ("{path: [january.csv, february.csv], target: price}", "none"),
    "validation_path": ("{path: train.csv, validation_path: later.csv, target: price}", "`validation_data`"),
    "test_path": ("{path: train.csv, test_path: test.csv, target: price}", "`Model.evaluate`"),
    "query": ('{path: data.csv, query: "select * from data where price > 0", target: price}', "none"),
    "target": ("{path: data.csv, target: [length, width]}", "`y` of `Model.fit`"),
    "features": ("{path: data.csv, target: price, features: [area, rooms]}", "`x` of `Model.fit`"),
    "ignore": ("{path: data.csv, target: price, ignore: [id]}", "none"),
    "categorical": ("{path: data.csv, target: price, categorical: [zip]}", "`keras.layers.StringLookup`"),
    "numeric": ("{path: data.csv, target: price, numeric: [rooms]}", "none"),
    "encode": ("{path: data.csv, target: price, encode: integer}", "`keras.layers.CategoryEncoding`"),
    "rare": ("{path: data.csv, target: price, rare: 5}", "none"),
    "dates": ("{path: data.csv, target: price, dates: {sold: dmy}}", "none"),
    "decimal": ('{path: data.csv, target: price, decimal: ","}', "none"),
    "missing_values": ('{path: data.csv, target: price, missing_values: [-999, "n/a"]}', "none"),
    "encoding": ("{path: data.csv, target: price, encoding: cp949}", "none"),
    "missing": ("{path: data.csv, target: price, missing: {area: median}}", "none"),
    "normalize": ("{path: data.csv, target: price, normalize: minmax}", "`keras.layers.Normalization`"),
    "weight": ("{path: data.csv, target: price, weight: importance}", "`Model.fit(sample_weight=...)`"),
    "lengths": ("{path: data.npz, target: y, lengths: steps}", "`keras.layers.Masking`"),
    "alphabet": ('{path: data.npz, target: y, alphabet: "0123456789"}', "none"),
    "image": ("{path: photos, image: {size: [64, 64], color: rgb}}", "`keras.utils.image_dataset_from_directory`"),
    "sequence": ("{path: data.csv, target: label, sequence: {id: patient, order: day}}", "none"),
    "stream": ("{path: clicks-*.parquet, target: bought, stream: true}", "`tf.data.experimental.make_csv_dataset`"),
    "text": ("{path: data.csv, target: stars, text: {column: review}}", "`keras.layers.TextVectorization`"),
    "split": ("{path: data.csv, target: price, split: {validation: 0.1, test: 0.1}}", "`validation_split`"),
}
