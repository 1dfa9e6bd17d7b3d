"""Random graphs: models that hypothesis draws, run by nnctl and by Keras from the same plain data.

    strategy.py     draws a model: a dict as a config would write it, every draw a valid one
    numbers.py      its inputs, weights, targets: functions of its seed and of shapes
    in_keras.py     outputs, losses and gradients by Keras
    in_nnctl.py     the same by nnctl
    make_cases.py   draws the cases that CI replays, and writes Keras' figures to cases.npz

A model is

    {"seed": 7, "rows": 3, "training": true,
     "inputs": {"a": {"shape": [3, 4]}, "b": {"shape": [5], "words": 4}, "c": {"shape": [3, 2], "lengths": true}},
     "layers": [{"GRU": {"units": 2, "name": "l0", "from": ["a"], "initial_state": ["l7"]}}, ...],
     "states": {"l0": ["h"]},                      further outputs, in Keras' order
     "outputs": ["l3", "l5"],
     "losses": {"l3": {"mse": {}}, ...} or null,    null: the sum of output * r, r random
     "loss_weights": {"l3": 0.7, ...}, "weighted": true}

and its figures are arrays by name: y/l3 (outputs), dw/l0/1 (gradient of a layer's second weight), dx/a (of an
input), state/l2/3 (moving figures after the step), loss, inference/l3 (outputs outside of training).
"""
