"""Whole models: the loss of 50 steps of training on given batches from given weights."""

import keras
import numpy as np
from keras import layers as L

STEPS, ROWS, FEATURES = 50, 16, 6

# As a config writes them; the losses' last layers give 3 classes, 1 probability, 1 number, 3 classes.
CASES = {
    "sparse_adam": """
        layers: [{Dense: {units: 8, activation: relu}}, {Dense: {units: 3, activation: softmax}}]
        loss: sparse_categorical_crossentropy
        optimizer: {adam: {learning_rate: 0.01}}
    """,
    "binary_batchnorm_nesterov": """
        layers: [{Dense: {units: 8, activation: tanh}}, BatchNormalization, {Dense: {units: 1, activation: sigmoid}}]
        loss: binary_crossentropy
        optimizer: {sgd: {learning_rate: 0.05, momentum: 0.9, nesterov: true}}
    """,
    "mse_l2_rmsprop": """
        layers:
          - Dense: {units: 8, activation: elu, kernel_regularizer: {l2: {l2: 0.01}}}
          - LayerNormalization
          - Dense: {units: 1, bias_regularizer: {l1: {l1: 0.02}}}
        loss: mse
        optimizer: {rmsprop: {learning_rate: 0.005}}
    """,
    "smooth_adamw_clipped": """
        layers: [{Dense: {units: 8, activation: gelu}}, {Dense: {units: 3, activation: softmax}}]
        loss: {categorical_crossentropy: {label_smoothing: 0.1}}
        optimizer:
          adamw:
            weight_decay: 0.02
            clipnorm: 0.5
            learning_rate: {ExponentialDecay: {initial_learning_rate: 0.02, decay_steps: 20, decay_rate: 0.5}}
    """,
}


def models():
    o, r = keras.optimizers, keras.regularizers
    return {
        "sparse_adam": (
            [L.Dense(8, activation="relu"), L.Dense(3, activation="softmax")],
            keras.losses.SparseCategoricalCrossentropy(),
            o.Adam(0.01),
            "integer",
        ),
        "binary_batchnorm_nesterov": (
            [L.Dense(8, activation="tanh"), L.BatchNormalization(), L.Dense(1, activation="sigmoid")],
            keras.losses.BinaryCrossentropy(),
            o.SGD(0.05, 0.9, nesterov=True),
            "binary",
        ),
        "mse_l2_rmsprop": (
            [
                L.Dense(8, activation="elu", kernel_regularizer=r.L2(0.01)),
                L.LayerNormalization(),
                L.Dense(1, bias_regularizer=r.L1(0.02)),
            ],
            keras.losses.MeanSquaredError(),
            o.RMSprop(0.005),
            "number",
        ),
        "smooth_adamw_clipped": (
            [L.Dense(8, activation="gelu"), L.Dense(3, activation="softmax")],
            keras.losses.CategoricalCrossentropy(label_smoothing=0.1),
            o.AdamW(o.schedules.ExponentialDecay(0.02, 20, 0.5), weight_decay=0.02, clipnorm=0.5),
            "onehot",
        ),
    }


def make():
    rng = np.random.default_rng(0)
    arrays = {}
    for case, (layers, loss, optimizer, labels) in models().items():
        model = keras.Sequential([L.Input((FEATURES,)), *layers])
        for i, layer in enumerate(layers):
            for v in layer.weights:
                if "moving" not in v.name:
                    v.assign(rng.uniform(-0.7, 0.7, v.shape))
                arrays[f"{case}/before/{i}/{v.name}"] = np.asarray(v)
        x = rng.normal(size=(STEPS, ROWS, FEATURES))
        score = x @ rng.normal(size=(FEATURES, 3))
        y = {"integer": score.argmax(-1), "onehot": np.eye(3)[score.argmax(-1)],
             "binary": (score[..., :1] > 0).astype(float), "number": score[..., :1]}[labels]  # fmt: skip
        model.compile(optimizer, loss)
        curve = [float(model.train_on_batch(x[i], y[i])) for i in range(STEPS)]
        arrays[f"{case}/x"], arrays[f"{case}/y"], arrays[f"{case}/losses"] = x, y, np.array(curve)
        for i, layer in enumerate(layers):
            arrays |= {f"{case}/after/{i}/{v.name}": np.asarray(v) for v in layer.weights}
    return CASES, arrays
