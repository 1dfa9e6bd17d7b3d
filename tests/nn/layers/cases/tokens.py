"""Layers for token ids, attention, and wrappers."""

# id: (layer as a config writes it, input shapes without the batch axis, for token ids: how many tokens)
CASES = {
    "Embedding": ({"Embedding": {"input_dim": 5, "output_dim": 3}}, [(4,)], [5]),
    "Embedding_mask": ({"Embedding": {"input_dim": 3, "output_dim": 2, "mask_zero": True}}, [(6,)], [3]),
    "Masking": ({"Masking": {"mask_value": 0.5}}, [(4, 3)]),
    "MultiHeadAttention": ({"MultiHeadAttention": {"num_heads": 2, "key_dim": 3}}, [(5, 4), (5, 4)]),
    "MultiHeadAttention_three": (
        {"MultiHeadAttention": {"num_heads": 2, "key_dim": 3, "value_dim": 2, "use_bias": False}},
        [(4, 3), (5, 2), (5, 4)],
    ),
    "Attention": ("Attention", [(4, 3), (5, 3)]),
    "Attention_scale": ({"Attention": {"use_scale": True}}, [(4, 3), (5, 2), (5, 3)]),
    "Attention_concat": ({"Attention": {"score_mode": "concat"}}, [(4, 3), (5, 3)]),
    "Attention_concat_scale": ({"Attention": {"score_mode": "concat", "use_scale": True}}, [(4, 3), (5, 2), (5, 3)]),
    "AdditiveAttention": ("AdditiveAttention", [(4, 3), (5, 3)]),
    "AdditiveAttention_no_scale": ({"AdditiveAttention": {"use_scale": False}}, [(4, 3), (5, 2), (5, 3)]),
    "Attention_causal": ({"Attention": {"use_causal_mask": True, "dropout": 0.3}}, [(4, 3), (5, 3)]),
    "TimeDistributed": ({"TimeDistributed": {"layer": {"Dense": {"units": 3, "activation": "tanh"}}}}, [(4, 5)]),
    "TimeDistributed_image": (
        {"TimeDistributed": {"layer": {"Conv2D": {"filters": 2, "kernel_size": 2}}}},
        [(3, 4, 4, 2)],
    ),
    "TimeDistributed_LSTM": ({"TimeDistributed": {"layer": {"LSTM": {"units": 2}}}}, [(3, 4, 2)]),
    "MultiHeadAttention_causal": (
        {"MultiHeadAttention": {"num_heads": 2, "key_dim": 3, "use_causal_mask": True}},
        [(5, 4)],
    ),
    "MultiHeadAttention_dropout": ({"MultiHeadAttention": {"num_heads": 2, "key_dim": 3, "dropout": 0.3}}, [(5, 4)]),
    "PositionEmbedding": ({"PositionEmbedding": {"sequence_length": 6}}, [(4, 3)]),
    "TimeDistributed_dropout": ({"TimeDistributed": {"layer": {"Dropout": {"rate": 0.3}}}}, [(4, 5)]),
    "TimeDistributed_batch": ({"TimeDistributed": {"layer": "BatchNormalization"}}, [(4, 5)]),
    "TimeDistributed_attention": (
        {"TimeDistributed": {"layer": {"MultiHeadAttention": {"num_heads": 2, "key_dim": 2, "dropout": 0.3}}}},
        [(2, 3, 2)],
    ),
    "TimeDistributed_nested": (
        {"TimeDistributed": {"layer": {"TimeDistributed": {"layer": {"BatchNormalization": {"scale": False}}}}}},
        [(2, 3, 2)],
    ),
}
