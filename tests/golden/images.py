"""Layers for images: as `golden.layers`."""

from golden import layers

# case: (layer as a config writes it, input shapes)
CASES = {
    "Conv2D": ({"Conv2D": {"filters": 3, "kernel_size": 3}}, [(5, 6, 2)]),
    "Conv2D_same": ({"Conv2D": {"filters": 4, "kernel_size": [2, 3], "padding": "same", "activation": "tanh"}}, [(5, 4, 3)]),
    "Conv2D_strides": ({"Conv2D": {"filters": 2, "kernel_size": 3, "strides": 2, "padding": "same"}}, [(6, 5, 2)]),
    "Conv2D_strides_valid": ({"Conv2D": {"filters": 2, "kernel_size": 2, "strides": [2, 3]}}, [(6, 7, 2)]),
    "Conv2D_dilation": ({"Conv2D": {"filters": 2, "kernel_size": 3, "dilation_rate": 2}}, [(6, 7, 2)]),
    "Conv2D_dilation_same": ({"Conv2D": {"filters": 2, "kernel_size": 3, "dilation_rate": [1, 2], "padding": "same"}}, [(6, 5, 2)]),
    "Conv2D_groups": ({"Conv2D": {"filters": 4, "kernel_size": 2, "groups": 2, "use_bias": False}}, [(4, 4, 6)]),
    "Conv2D_one": ({"Conv2D": {"filters": 4, "kernel_size": 1}}, [(3, 4, 3)]),
    "Conv2D_one_strides": ({"Conv2D": {"filters": 4, "kernel_size": 1, "strides": 2}}, [(3, 4, 3)]),
    "Conv1D": ({"Conv1D": {"filters": 3, "kernel_size": 3}}, [(7, 2)]),
    "Conv1D_causal": ({"Conv1D": {"filters": 3, "kernel_size": 3, "padding": "causal", "dilation_rate": 2}}, [(7, 2)]),
    "Conv1D_same": ({"Conv1D": {"filters": 3, "kernel_size": 4, "padding": "same", "strides": 2, "activation": "relu"}}, [(7, 2)]),
    "Conv1D_groups": ({"Conv1D": {"filters": 4, "kernel_size": 2, "groups": 2}}, [(5, 4)]),
    "MaxPooling2D": ("MaxPooling2D", [(5, 4, 3)]),
    "MaxPooling2D_overlap": ({"MaxPooling2D": {"pool_size": 3, "strides": 1}}, [(5, 4, 2)]),
    "MaxPooling2D_same": ({"MaxPooling2D": {"pool_size": [2, 3], "strides": 2, "padding": "same"}}, [(5, 4, 2)]),
    "MaxPooling1D": ({"MaxPooling1D": {"pool_size": 3, "strides": 2}}, [(7, 2)]),
    "AveragePooling2D": ({"AveragePooling2D": {"pool_size": 2}}, [(5, 4, 3)]),
    "AveragePooling2D_same": ({"AveragePooling2D": {"pool_size": 3, "strides": 2, "padding": "same"}}, [(5, 4, 2)]),
    "AveragePooling1D": ({"AveragePooling1D": {"pool_size": 2, "strides": 1, "padding": "same"}}, [(7, 2)]),
    "GlobalAveragePooling1D": ("GlobalAveragePooling1D", [(7, 2)]),
    "GlobalAveragePooling2D": ({"GlobalAveragePooling2D": {"keepdims": True}}, [(3, 4, 2)]),
    "GlobalMaxPooling1D": ({"GlobalMaxPooling1D": {"keepdims": True}}, [(7, 2)]),
    "GlobalMaxPooling2D": ("GlobalMaxPooling2D", [(3, 4, 2)]),
}


def make():
    return layers.make(CASES)
