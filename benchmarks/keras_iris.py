"""The model of configs/iris.yaml as a Keras user would write it; the backend is KERAS_BACKEND's."""

import csv
import sys

import keras
import numpy as np

EPOCHS, BATCH = 50, 16

with open(sys.argv[1], newline="") as file:
    rows = list(csv.reader(file))[1:]
x = np.array([row[:4] for row in rows], np.float32)
names, y = np.unique([row[4] for row in rows], return_inverse=True)
order = np.random.default_rng(1).permutation(len(x))
train, validation, test = order[:90], order[90:120], order[120:]
x = (x - x[train].mean(axis=0)) / x[train].std(axis=0)

model = keras.Sequential([
    keras.layers.Input((4,)),
    keras.layers.Dense(16, activation="relu"),
    keras.layers.Dense(3, activation="softmax"),
])  # fmt: skip
model.compile(keras.optimizers.Adam(0.01), "sparse_categorical_crossentropy", metrics=["accuracy"])
model.fit(
    x[train], y[train], batch_size=BATCH, epochs=EPOCHS, validation_data=(x[validation], y[validation]), verbose=0
)
print(model.evaluate(x[test], y[test], verbose=0))
model.save(sys.argv[2])
