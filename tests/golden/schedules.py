"""Schedules: the learning rate at chosen steps."""

import keras
import numpy as np

STEPS = [
    *range(0, 155, 5),
    *(n + side for n in (10, 20, 30, 50, 70, 100, 150) for side in (-1, 1)),
    250,
    1000,
]
START = {"initial_learning_rate": 0.1}
DECAY = START | {"decay_steps": 20, "decay_rate": 0.6}
WARM = {"initial_learning_rate": 0.001, "warmup_target": 0.1, "warmup_steps": 10}
CASES = {
    "exponential": {"ExponentialDecay": DECAY},
    "exponential_staircase": {"ExponentialDecay": DECAY | {"staircase": True}},
    "inverse_time": {"InverseTimeDecay": DECAY},
    "inverse_time_staircase": {"InverseTimeDecay": DECAY | {"staircase": True}},
    "piecewise": {"PiecewiseConstantDecay": {"boundaries": [10, 50, 99], "values": [0.1, 0.01, 0.02, 0.0]}},
    "polynomial": {"PolynomialDecay": START | {"decay_steps": 50}},
    "polynomial_up": {"PolynomialDecay": START | {"decay_steps": 30, "end_learning_rate": 0.2, "power": 2.0}},
    "polynomial_cycle": {"PolynomialDecay": START | {"decay_steps": 50, "power": 0.5, "cycle": True}},
    "cosine": {"CosineDecay": START | {"decay_steps": 50}},
    "cosine_alpha": {"CosineDecay": START | {"decay_steps": 50, "alpha": 0.2}},
    "cosine_warm": {"CosineDecay": WARM | {"decay_steps": 90, "alpha": 0.05}},
    "restarts": {"CosineDecayRestarts": START | {"first_decay_steps": 10}},
    "restarts_even": {"CosineDecayRestarts": START | {"first_decay_steps": 10, "t_mul": 1.0, "m_mul": 0.9}},
    "restarts_lower": {
        "CosineDecayRestarts": START | {"first_decay_steps": 7, "t_mul": 1.5, "m_mul": 0.8, "alpha": 0.1}
    },
}


def make():
    arrays = {"steps": np.array(STEPS)}
    for case, config in CASES.items():
        [(name, arguments)] = config.items()
        schedule = getattr(keras.optimizers.schedules, name)(**arguments)
        arrays[f"{case}/rates"] = np.array([float(schedule(step)) for step in STEPS])
    return CASES, arrays
