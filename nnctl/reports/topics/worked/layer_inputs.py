"""Small arguments and inputs of layers, without the axis of rows, for the worked examples."""

from typing import Any

_VECTOR = [1, -2, 3]
_STEPS = [[1, 0], [2, 1], [3, -1], [4, 2]]  # 4 steps with 2 features
_SIGNAL = [[1], [2], [3], [4]]  # 4 steps with 1 feature
_PICTURE = [[[1], [2], [3], [4]], [[5], [6], [7], [8]], [[4], [3], [2], [1]], [[8], [7], [6], [5]]]  # 4 x 4, 1 channel
_SMALL = [[[1], [2]], [[3], [4]]]  # 2 x 2, 1 channel
_TWO_CHANNELS = [[[1, 10], [2, 20]], [[3, 30], [4, 40]]]
_PAIR = [[1, 2, 3], [4, 0, -3]]
_GRAY = [[[0.2], [0.4]], [[0.6], [0.8]]]

# Layer -> (its arguments, its input, or the list of its inputs).
INPUTS: dict[str, tuple[dict[str, Any], Any]] = {
    "Activation": ({"activation": "tanh"}, _VECTOR),
    "Add": ({}, _PAIR),
    "AdditiveAttention": ({}, [[[1, 0], [0, 1]], [[1, 0], [0, 1], [1, 1]]]),
    "AlphaDropout": ({"rate": 0.5}, _VECTOR),
    "Attention": ({}, [[[1, 0], [0, 1]], [[1, 0], [0, 1], [1, 1]]]),
    "Average": ({}, _PAIR),
    "AveragePooling1D": ({"pool_size": 2}, _STEPS),
    "AveragePooling2D": ({"pool_size": [2, 2]}, _PICTURE),
    "BatchNormalization": ({}, [[1, 10], [2, 20], [3, 60]]),
    "Bidirectional": ({"layer": {"SimpleRNN": {"units": 1}}}, [[1], [0], [0]]),
    "Concatenate": ({}, _PAIR),
    "Conv1D": ({"filters": 1, "kernel_size": 2}, _SIGNAL),
    "Conv1DTranspose": ({"filters": 1, "kernel_size": 2, "strides": 2}, [[1], [2]]),
    "Conv2D": ({"filters": 1, "kernel_size": 2}, _PICTURE),
    "Conv2DTranspose": ({"filters": 1, "kernel_size": 2, "strides": 2}, _SMALL),
    "Cropping1D": ({"cropping": 1}, _STEPS),
    "Cropping2D": ({"cropping": 1}, _PICTURE),
    "Dense": ({"units": 2, "activation": "relu"}, _VECTOR),
    "DepthwiseConv1D": ({"kernel_size": 2}, _STEPS),
    "DepthwiseConv2D": ({"kernel_size": 2}, _TWO_CHANNELS),
    "Dot": ({"axes": 1}, _PAIR),
    "Dropout": ({"rate": 0.5}, [1, 2, 3, 4]),
    "ELU": ({}, _VECTOR),
    "Embedding": ({"input_dim": 4, "output_dim": 2}, [3, 1, 3]),
    "Flatten": ({}, _SMALL),
    "GaussianDropout": ({"rate": 0.5}, [1, 2, 3, 4]),
    "GaussianNoise": ({"stddev": 0.1}, [1, 2, 3, 4]),
    "GlobalAveragePooling1D": ({}, _STEPS),
    "GlobalAveragePooling2D": ({}, _TWO_CHANNELS),
    "GlobalMaxPooling1D": ({}, _STEPS),
    "GlobalMaxPooling2D": ({}, _TWO_CHANNELS),
    "GroupNormalization": ({"groups": 2}, [1, 3, 10, 30]),
    "GRU": ({"units": 1, "return_sequences": True}, [[1], [0], [0]]),
    "LayerNormalization": ({}, [1, 2, 3, 6]),
    "LeakyReLU": ({}, _VECTOR),
    "LSTM": ({"units": 1, "return_sequences": True}, [[1], [0], [0]]),
    "Masking": ({"mask_value": -1}, [[1, 2], [-1, -1], [3, -1]]),
    "Maximum": ({}, _PAIR),
    "MaxPooling1D": ({"pool_size": 2}, _STEPS),
    "MaxPooling2D": ({"pool_size": [2, 2]}, _PICTURE),
    "Minimum": ({}, _PAIR),
    "MultiHeadAttention": ({"num_heads": 1, "key_dim": 2}, [[1, 0], [0, 1]]),
    "Multiply": ({}, _PAIR),
    "Permute": ({"dims": [2, 1]}, _STEPS),
    "PositionEmbedding": ({"sequence_length": 4}, _STEPS),
    "RandomBrightness": ({"factor": 0.2, "value_range": [0, 1]}, _GRAY),
    "RandomContrast": ({"factor": 0.5, "value_range": [0, 1]}, _GRAY),
    "RandomFlip": ({"mode": "horizontal"}, _GRAY),
    "RandomRotation": ({"factor": 0.25}, _GRAY),
    "RandomTranslation": ({"height_factor": 0.5, "width_factor": 0.5, "fill_mode": "constant"}, _GRAY),
    "RandomZoom": ({"height_factor": [-0.5, -0.4]}, _GRAY),
    "ReLU": ({}, _VECTOR),
    "RepeatVector": ({"n": 2}, _VECTOR),
    "Rescaling": ({"scale": 0.1, "offset": 1}, _VECTOR),
    "Reshape": ({"target_shape": [2, 3]}, [1, 2, 3, 4, 5, 6]),
    "RMSNormalization": ({}, [1, 2, 3, 6]),
    "SeparableConv1D": ({"filters": 1, "kernel_size": 2}, _STEPS),
    "SeparableConv2D": ({"filters": 1, "kernel_size": 2}, _TWO_CHANNELS),
    "SimpleRNN": ({"units": 1, "return_sequences": True}, [[1], [0], [0]]),
    "Softmax": ({}, _VECTOR),
    "SpatialDropout1D": ({"rate": 0.5}, _STEPS),
    "SpatialDropout2D": ({"rate": 0.5}, _TWO_CHANNELS),
    "Subtract": ({}, _PAIR),
    "TimeDistributed": ({"layer": {"Dense": {"units": 1}}}, _STEPS),
    "UnitNormalization": ({}, [3, 4]),
    "UpSampling1D": ({"size": 2}, [[1], [2]]),
    "UpSampling2D": ({"size": 2}, _SMALL),
    "ZeroPadding1D": ({"padding": 1}, [[1], [2]]),
    "ZeroPadding2D": ({"padding": 1}, _SMALL),
}

# Layers whose input here is a batch of rows.
OF_A_BATCH = frozenset({"BatchNormalization"})

# Layers that do nothing outside of training.
IN_TRAINING = frozenset(
    name for name in INPUTS if name.startswith(("Random", "Gaussian", "SpatialDropout")) or name.endswith("Dropout")
)
