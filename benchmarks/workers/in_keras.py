"""Milliseconds of a training iteration of Keras' fit, which computes loss and accuracy itself.

    python in_keras.py FOLDER THREADS ITERATIONS

KERAS_BACKEND chooses the backend.
"""

import os
import sys
import time

import keras
from keras_model import compiled
from rows import epochs_for, model_of, parts_of, report


class Clock(keras.callbacks.Callback):
    def __init__(self):
        super().__init__()
        self.ends = []

    def on_epoch_end(self, epoch, logs=None):
        self.ends.append(time.perf_counter())


def main(folder: str, threads: int, iterations: int) -> None:
    if os.environ["KERAS_BACKEND"] == "torch":
        import torch

        torch.set_num_threads(threads)
    description = model_of(folder)
    part = parts_of(folder, description)["train"]
    model, clock = compiled(description, set()), Clock()
    epochs = epochs_for(iterations, description["iterations"])
    model.fit(part.x, part.y, batch_size=description["batch"], epochs=epochs, verbose=0, callbacks=[clock])
    report(clock.ends, description["iterations"])


main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
