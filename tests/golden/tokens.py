"""Layers for token ids, attention, and wrappers: as `golden.layers`."""

from golden import layers

# case: (layer as a config writes it, input shapes, for token ids: how many tokens)
CASES = {
    "Embedding": ({"Embedding": {"input_dim": 5, "output_dim": 3}}, [(4,)], [5]),
    "Embedding_mask": ({"Embedding": {"input_dim": 3, "output_dim": 2, "mask_zero": True}}, [(6,)], [3]),
    "Masking": ({"Masking": {"mask_value": 0.5}}, [(4, 3)]),
    "MultiHeadAttention": ({"MultiHeadAttention": {"num_heads": 2, "key_dim": 3}}, [(5, 4), (5, 4)]),
    "MultiHeadAttention_three": (
        {"MultiHeadAttention": {"num_heads": 2, "key_dim": 3, "use_bias": False}},
        [(4, 3), (5, 2), (5, 4)],
    ),
    "Attention": ("Attention", [(4, 3), (5, 3)]),
    "Attention_scale": ({"Attention": {"use_scale": True}}, [(4, 3), (5, 2), (5, 3)]),
    "Attention_concat": ({"Attention": {"score_mode": "concat"}}, [(4, 3), (5, 3)]),
    "Attention_concat_scale": ({"Attention": {"score_mode": "concat", "use_scale": True}}, [(4, 3), (5, 2), (5, 3)]),
    "AdditiveAttention": ("AdditiveAttention", [(4, 3), (5, 3)]),
    "AdditiveAttention_no_scale": ({"AdditiveAttention": {"use_scale": False}}, [(4, 3), (5, 2), (5, 3)]),
    "TimeDistributed": ({"TimeDistributed": {"layer": {"Dense": {"units": 3, "activation": "tanh"}}}}, [(4, 5)]),
    "TimeDistributed_image": (
        {"TimeDistributed": {"layer": {"Conv2D": {"filters": 2, "kernel_size": 2}}}},
        [(3, 4, 4, 2)],
    ),
    "TimeDistributed_batch": ({"TimeDistributed": {"layer": "BatchNormalization"}}, [(3, 5)]),
    "TimeDistributed_LSTM": ({"TimeDistributed": {"layer": {"LSTM": {"units": 2}}}}, [(3, 4, 2)]),
}


def make():
    return layers.make(CASES)
