"""Optimizers: two variables over 10 steps of given gradients."""

import keras
import numpy as np

STEPS = 10
CASES = {
    "sgd": "sgd",
    "sgd_momentum": {"sgd": {"learning_rate": 0.05, "momentum": 0.8}},
    "sgd_nesterov": {"sgd": {"learning_rate": 0.05, "momentum": 0.8, "nesterov": True}},
    "sgd_decay": {"sgd": {"weight_decay": 0.1}},
    "sgd_clipnorm": {"sgd": {"clipnorm": 1.5}},
    "sgd_global_clipnorm": {"sgd": {"global_clipnorm": 1.5}},
    "sgd_clipvalue": {"sgd": {"clipvalue": 0.4}},
    "sgd_loose_clipnorm": {"sgd": {"clipnorm": 1e6}},
    "momentum": "momentum",
    "nesterov": "nesterov",
    "lion": "lion",
    "lion_decay": {"lion": {"learning_rate": 0.01, "beta_1": 0.8, "beta_2": 0.9, "weight_decay": 0.2}},
    "adagrad": "adagrad",
    "adagrad_from_one": {"adagrad": {"learning_rate": 0.1, "initial_accumulator_value": 1.0}},
    "adagrad_clipnorm": {"adagrad": {"clipnorm": 0.7}},
    "ftrl": "ftrl",
    "ftrl_everything": {
        "ftrl": {
            "learning_rate": 0.1,
            "learning_rate_power": -0.7,
            "initial_accumulator_value": 0.3,
            "l1_regularization_strength": 0.05,
            "l2_regularization_strength": 0.02,
            "l2_shrinkage_regularization_strength": 0.01,
            "beta": 0.1,
        }
    },
    "adadelta": "adadelta",
    "adadelta_one": {"adadelta": {"learning_rate": 1.0, "rho": 0.8, "epsilon": 1e-4}},
    "rmsprop": "rmsprop",
    "rmsprop_momentum": {"rmsprop": {"learning_rate": 0.01, "momentum": 0.7}},
    "rmsprop_centered": {"rmsprop": {"rho": 0.8, "centered": True, "epsilon": 1e-3}},
    "rmsprop_both": {"rmsprop": {"momentum": 0.5, "centered": True, "epsilon": 1e-3, "clipvalue": 0.5}},
    "adam": "adam",
    "adam_slow": {"adam": {"learning_rate": 0.01, "beta_1": 0.8, "beta_2": 0.95, "epsilon": 1e-3}},
    "adam_amsgrad": {"adam": {"amsgrad": True, "learning_rate": 0.01, "beta_2": 0.7}},
    "adam_global_clipnorm": {"adam": {"global_clipnorm": 1.0, "epsilon": 0.1}},
    "adam_scheduled": {
        "adam": {
            "learning_rate": {
                "CosineDecay": {
                    "initial_learning_rate": 0.0,
                    "decay_steps": 6,
                    "warmup_target": 0.02,
                    "warmup_steps": 3,
                    "alpha": 0.1,
                }
            },
            "weight_decay": 0.05,
        }
    },
    "adamw": "adamw",
    "adamw_strong": {"adamw": {"learning_rate": 0.02, "weight_decay": 0.3, "amsgrad": True}},
    "adamax": "adamax",
    "adamax_decay": {"adamax": {"learning_rate": 0.01, "beta_2": 0.9, "weight_decay": 0.1}},
    "nadam": "nadam",
    "lamb": "lamb",
    "lamb_decay": {"lamb": {"learning_rate": 0.01, "beta_2": 0.9, "weight_decay": 0.1, "global_clipnorm": 1.0}},
    "nadam_decay": {"nadam": {"learning_rate": 0.01, "beta_1": 0.8, "weight_decay": 0.1, "clipnorm": 1.0}},
}
CLASSES = {
    "sgd": (keras.optimizers.SGD, {}),
    "momentum": (keras.optimizers.SGD, {"momentum": 0.9}),
    "nesterov": (keras.optimizers.SGD, {"momentum": 0.9, "nesterov": True}),
    "lion": (keras.optimizers.Lion, {}),
    "adagrad": (keras.optimizers.Adagrad, {}),
    "ftrl": (keras.optimizers.Ftrl, {}),
    "adadelta": (keras.optimizers.Adadelta, {}),
    "rmsprop": (keras.optimizers.RMSprop, {}),
    "adam": (keras.optimizers.Adam, {}),
    "adamw": (keras.optimizers.AdamW, {}),
    "adamax": (keras.optimizers.Adamax, {}),
    "nadam": (keras.optimizers.Nadam, {}),
    "lamb": (keras.optimizers.Lamb, {}),
}


def named(config):
    return next(iter(config.items())) if isinstance(config, dict) else (config, {})


def optimizer(config):
    name, arguments = named(config)
    cls, defaults = CLASSES[name]
    arguments = defaults | arguments
    if isinstance(arguments.get("learning_rate"), dict):
        schedule, its = named(arguments["learning_rate"])
        arguments["learning_rate"] = getattr(keras.optimizers.schedules, schedule)(**its)
    return cls(**arguments)


def make():
    rng = np.random.default_rng(0)
    start = {"kernel": rng.normal(size=(3, 4)), "bias": rng.normal(size=4)}
    # One variable has much smaller gradients, a few are 0, and the steps differ in size.
    sizes = np.geomspace(2, 0.1, STEPS)
    gradients = {
        "kernel": rng.normal(size=(STEPS, 3, 4)) * sizes[:, None, None],
        "bias": 0.1 * rng.normal(size=(STEPS, 4)) * sizes[:, None],
    }
    gradients["kernel"][:4, 0, 0] = 0
    arrays = {f"start/{name}": value for name, value in start.items()}
    arrays |= {f"gradients/{name}": value for name, value in gradients.items()}
    for case, config in CASES.items():
        ours = optimizer(config)
        variables = {name: keras.Variable(value, dtype="float64") for name, value in start.items()}
        path = {name: [] for name in start}
        for step in range(STEPS):
            ours.apply([gradients[name][step] for name in start], list(variables.values()))
            for name, variable in variables.items():
                path[name].append(np.array(variable))
        arrays |= {f"{case}/{name}": np.stack(values) for name, values in path.items()}
    return CASES, arrays
