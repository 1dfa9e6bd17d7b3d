"""Optimizers: the family tree from gradient descent to Nadam. Keras' names, formulas and defaults.

    SGD                    w <- w - lr g
    |-- Momentum           ... along a running sum of the gradients
    |   |-- Nesterov       ... looking one step ahead
    |   `-- Lion           ... of which only the sign counts
    `-- Adagrad            ... each weight has its own rate, by the squares of its gradients
        |-- Ftrl           ... and weights that do little become exactly 0
        |-- Adadelta       ... the squares fade, and the steps' own size sets the rate
        `-- RMSprop        ... the squares fade
            `-- Adam       ... along a running mean of the gradients, freed of its bias
                |-- AdamW  ... with weight decay
                |-- Adamax ... by the largest gradient instead of the mean square
                |-- Nadam  ... looking one step ahead
                `-- RAdam  ... dividing by the mean square only once it is known well enough

    Lars                   SGD with momentum, each variable's step in proportion to the variable's own norm
    Lamb                   Adam, likewise

w is a weight, g its gradient, lr the learning rate, t the step counted from 1.

A rule is written once, in plain array-agnostic Python, on any slice of the flat weights: NumPy runs it on
blocks that fit the cache, and the same source can be compiled.
"""

from nnctl.nn.optimizers.base import Optimizer, optimizers

for _module, _names in {
    "sgd": ("sgd", "momentum", "nesterov", "lion"),
    "adam": ("adam", "adamw", "adamax", "nadam", "radam"),
    "adagrad": ("adagrad", "ftrl", "adadelta", "rmsprop"),
    "layerwise": ("lars", "lamb"),
}.items():
    optimizers.declared_in(f"nnctl.nn.optimizers.{_module}", *_names)

__all__ = ["Optimizer", "optimizers"]
