"""What the pages of components show that the declarations do not contain: values for examples, and Keras' names."""

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
    ("metric", "binary_focal_crossentropy"): "none (the loss `keras.losses.BinaryFocalCrossentropy`)",
    ("metric", "huber"): "none (the loss `keras.losses.Huber`)",
    ("metric", "log_cosh"): "`keras.metrics.LogCoshError`",
    ("optimizer", "momentum"): "`keras.optimizers.SGD(momentum=0.9)`",
    ("optimizer", "nesterov"): "`keras.optimizers.SGD(momentum=0.9, nesterov=True)`",
}
