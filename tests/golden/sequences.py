"""Layers for sequences: as `golden.layers`."""

from golden import layers

# case: (layer as a config writes it, input shapes)
CASES = {
    "LSTM": ({"LSTM": {"units": 4}}, [(5, 3)]),
    "LSTM_sequences": ({"LSTM": {"units": 3, "return_sequences": True, "go_backwards": True}}, [(4, 2)]),
    "LSTM_no_bias": (
        {"LSTM": {"units": 3, "use_bias": False, "activation": "softsign", "recurrent_activation": "hard_silu"}},
        [(4, 2)],
    ),
    "LSTM_starts": ({"LSTM": {"units": 3, "return_sequences": True}}, [(4, 2), (3,), (3,)]),
    "GRU": ({"GRU": {"units": 4}}, [(5, 3)]),
    "GRU_sequences": (
        {"GRU": {"units": 3, "return_sequences": True, "activation": "gelu", "recurrent_activation": "tanh"}},
        [(4, 2)],
    ),
    "GRU_reset_before": ({"GRU": {"units": 3, "reset_after": False, "return_sequences": True}}, [(4, 2)]),
    "GRU_no_bias": ({"GRU": {"units": 3, "use_bias": False, "go_backwards": True}}, [(4, 2)]),
    "GRU_starts": ({"GRU": {"units": 3, "reset_after": False}}, [(4, 2), (3,)]),
    "SimpleRNN": ({"SimpleRNN": {"units": 4}}, [(5, 3)]),
    "SimpleRNN_sequences": (
        {"SimpleRNN": {"units": 3, "return_sequences": True, "activation": "gelu"}},
        [(4, 2), (3,)],
    ),
    "Bidirectional": ({"Bidirectional": {"layer": {"LSTM": {"units": 3}}}}, [(4, 2)]),
    "Bidirectional_sum": (
        {"Bidirectional": {"layer": {"GRU": {"units": 3, "return_sequences": True}}, "merge_mode": "sum"}},
        [(4, 2)],
    ),
    "Bidirectional_mul": (
        {"Bidirectional": {"layer": {"SimpleRNN": {"units": 3, "return_sequences": True}}, "merge_mode": "mul"}},
        [(4, 2)],
    ),
    "Bidirectional_ave": ({"Bidirectional": {"layer": {"GRU": {"units": 3}}, "merge_mode": "ave"}}, [(4, 2)]),
    "Bidirectional_starts": (
        {"Bidirectional": {"layer": {"LSTM": {"units": 3, "return_sequences": True}}}},
        [(4, 2), (3,), (3,), (3,), (3,)],
    ),
}


def make():
    return layers.make(CASES)
