"""Layers for images: as `golden.layers`."""

from golden import layers

# case: (layer as a config writes it, input shapes)
CASES = {
    "Conv2D": ({"Conv2D": {"filters": 3, "kernel_size": 3}}, [(5, 6, 2)]),
    "Conv2D_same": (
        {"Conv2D": {"filters": 4, "kernel_size": [2, 3], "padding": "same", "activation": "tanh"}},
        [(5, 4, 3)],
    ),
    "Conv2D_strides": ({"Conv2D": {"filters": 2, "kernel_size": 3, "strides": 2, "padding": "same"}}, [(6, 5, 2)]),
    "Conv2D_strides_valid": ({"Conv2D": {"filters": 2, "kernel_size": 2, "strides": [2, 3]}}, [(6, 7, 2)]),
    "Conv2D_dilation": ({"Conv2D": {"filters": 2, "kernel_size": 3, "dilation_rate": 2}}, [(6, 7, 2)]),
    "Conv2D_dilation_same": (
        {"Conv2D": {"filters": 2, "kernel_size": 3, "dilation_rate": [1, 2], "padding": "same"}},
        [(6, 5, 2)],
    ),
    "Conv2D_groups": ({"Conv2D": {"filters": 4, "kernel_size": 2, "groups": 2, "use_bias": False}}, [(4, 4, 6)]),
    "Conv2D_one": ({"Conv2D": {"filters": 4, "kernel_size": 1}}, [(3, 4, 3)]),
    "Conv2D_one_strides": ({"Conv2D": {"filters": 4, "kernel_size": 1, "strides": 2}}, [(3, 4, 3)]),
    "Conv1D": ({"Conv1D": {"filters": 3, "kernel_size": 3}}, [(7, 2)]),
    "Conv1D_causal": ({"Conv1D": {"filters": 3, "kernel_size": 3, "padding": "causal", "dilation_rate": 2}}, [(7, 2)]),
    "Conv1D_same": (
        {"Conv1D": {"filters": 3, "kernel_size": 4, "padding": "same", "strides": 2, "activation": "relu"}},
        [(7, 2)],
    ),
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
    "DepthwiseConv2D": (
        {"DepthwiseConv2D": {"kernel_size": 3, "depth_multiplier": 2, "padding": "same", "activation": "tanh"}},
        [(4, 5, 3)],
    ),
    "DepthwiseConv2D_strides": ({"DepthwiseConv2D": {"kernel_size": 2, "strides": 2, "use_bias": False}}, [(5, 5, 2)]),
    "DepthwiseConv1D": ({"DepthwiseConv1D": {"kernel_size": 3, "dilation_rate": 2}}, [(7, 2)]),
    "SeparableConv2D": (
        {"SeparableConv2D": {"filters": 4, "kernel_size": 3, "strides": 2, "padding": "same"}},
        [(5, 6, 2)],
    ),
    "SeparableConv1D": ({"SeparableConv1D": {"filters": 3, "kernel_size": 3, "depth_multiplier": 2}}, [(6, 2)]),
    "Conv2DTranspose": ({"Conv2DTranspose": {"filters": 3, "kernel_size": 3, "strides": 2}}, [(3, 4, 2)]),
    "Conv2DTranspose_same": (
        {
            "Conv2DTranspose": {
                "filters": 2,
                "kernel_size": [2, 3],
                "strides": 2,
                "padding": "same",
                "activation": "relu",
            }
        },
        [(3, 4, 2)],
    ),
    "Conv2DTranspose_more": (
        {"Conv2DTranspose": {"filters": 2, "kernel_size": 3, "strides": 2, "padding": "same", "output_padding": 1}},
        [(3, 4, 2)],
    ),
    "Conv2DTranspose_short": ({"Conv2DTranspose": {"filters": 2, "kernel_size": 2, "strides": 3}}, [(3, 2, 2)]),
    "Conv2DTranspose_same_short": (
        {"Conv2DTranspose": {"filters": 2, "kernel_size": 2, "strides": 3, "padding": "same"}},
        [(3, 2, 2)],
    ),
    "Conv1DTranspose": (
        {"Conv1DTranspose": {"filters": 3, "kernel_size": 4, "strides": 2, "padding": "same", "use_bias": False}},
        [(4, 2)],
    ),
    "Conv1DTranspose_dilation": ({"Conv1DTranspose": {"filters": 3, "kernel_size": 3, "dilation_rate": 2}}, [(4, 2)]),
    "ZeroPadding1D": ({"ZeroPadding1D": {"padding": [1, 2]}}, [(4, 2)]),
    "ZeroPadding2D": ({"ZeroPadding2D": {"padding": [[1, 0], [2, 1]]}}, [(3, 4, 2)]),
    "ZeroPadding2D_two": ({"ZeroPadding2D": {"padding": [1, 2]}}, [(3, 4, 2)]),
    "Cropping1D": ({"Cropping1D": {"cropping": [1, 2]}}, [(6, 2)]),
    "Cropping2D": ({"Cropping2D": {"cropping": [[1, 0], [0, 2]]}}, [(4, 5, 2)]),
    "UpSampling1D": ({"UpSampling1D": {"size": 3}}, [(4, 2)]),
    "UpSampling2D": ({"UpSampling2D": {"size": [2, 3]}}, [(3, 2, 2)]),
    "UpSampling2D_bilinear": ({"UpSampling2D": {"size": [2, 3], "interpolation": "bilinear"}}, [(3, 4, 2)]),
    "Rescaling": ({"Rescaling": {"scale": 0.5, "offset": -0.1}}, [(3, 4, 2)]),
    # augmentation by factors that leave nothing to chance
    "RandomTranslation": (
        {"RandomTranslation": {"height_factor": [0.21, 0.21], "width_factor": [-0.37, -0.37]}},
        [(6, 7, 2)],
    ),
    "RandomTranslation_constant": (
        {
            "RandomTranslation": {
                "height_factor": [0.5, 0.5],
                "width_factor": [0.4, 0.4],
                "fill_mode": "constant",
                "fill_value": 0.7,
            }
        },
        [(6, 7, 2)],
    ),
    "RandomRotation": ({"RandomRotation": {"factor": [0.11, 0.11]}}, [(6, 7, 2)]),
    "RandomRotation_nearest": (
        {"RandomRotation": {"factor": [-0.3, -0.3], "fill_mode": "nearest", "interpolation": "nearest"}},
        [(6, 7, 2)],
    ),
    "RandomZoom": (
        {"RandomZoom": {"height_factor": [0.3, 0.3], "width_factor": [-0.2, -0.2], "fill_mode": "wrap"}},
        [(6, 7, 2)],
    ),
    "RandomZoom_proportions": ({"RandomZoom": {"height_factor": [-0.3, -0.3]}}, [(6, 7, 2)]),
    "RandomBrightness": ({"RandomBrightness": {"factor": [0.2, 0.2], "value_range": [-1, 2]}}, [(3, 4, 2)]),
    "RMSNormalization": ("RMSNormalization", [(3, 4, 5)]),
    "UnitNormalization": ("UnitNormalization", [(3, 5)]),
    "DepthwiseConv1D_wide": (
        {"DepthwiseConv1D": {"kernel_size": 2, "depth_multiplier": 3, "padding": "same"}},
        [(5, 2)],
    ),
    "Conv2D_one_channel": ({"Conv2D": {"filters": 3, "kernel_size": [3, 2], "padding": "same"}}, [(5, 6, 1)]),
    "Conv1D_one_channel": ({"Conv1D": {"filters": 2, "kernel_size": 3, "padding": "causal", "strides": 2}}, [(7, 1)]),
    "MaxPooling2D_apart": ({"MaxPooling2D": {"pool_size": 2, "strides": 3, "padding": "same"}}, [(6, 7, 2)]),
    "AveragePooling2D_apart": ({"AveragePooling2D": {"pool_size": 2, "strides": [2, 3]}}, [(6, 7, 2)]),
    "GroupNormalization": ({"GroupNormalization": {"groups": 2}}, [(3, 4, 4)]),
    "GroupNormalization_instance": (
        {"GroupNormalization": {"groups": -1, "scale": False, "epsilon": 0.01}},
        [(3, 4, 2)],
    ),
    "GroupNormalization_flat": ({"GroupNormalization": {"groups": 2, "center": False}}, [(6,)]),
}


def make():
    return layers.make(CASES)
