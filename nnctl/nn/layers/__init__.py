"""Layers, one family a file. A module is imported once a config names a layer of it."""

from nnctl.nn.layers.base import Layer, Weight, layers

for _module, _names in {
    "activation": ("Activation", "ReLU", "LeakyReLU", "ELU", "Softmax"),
    "attention": ("MultiHeadAttention",),
    "augmentation.flip": ("RandomFlip",),
    "augmentation.geometric": ("RandomRotation", "RandomTranslation", "RandomZoom"),
    "augmentation.intensity": ("RandomBrightness", "RandomContrast"),
    "convolution": ("Conv1D", "Conv2D"),
    "dense": ("Dense",),
    "depthwise": ("DepthwiseConv1D", "DepthwiseConv2D", "SeparableConv1D", "SeparableConv2D"),
    "embedding": ("Embedding", "Masking", "PositionEmbedding"),
    "global_pooling": (
        "GlobalAveragePooling1D",
        "GlobalAveragePooling2D",
        "GlobalMaxPooling1D",
        "GlobalMaxPooling2D",
    ),
    "group_normalization": ("GroupNormalization",),
    "rms_normalization": ("RMSNormalization", "UnitNormalization"),
    "concatenate": ("Concatenate",),
    "dot": ("Dot",),
    "merge": ("Add", "Average", "Maximum", "Minimum", "Multiply", "Subtract"),
    "normalization": ("BatchNormalization", "LayerNormalization"),
    "padding": (
        "Cropping1D",
        "Cropping2D",
        "Rescaling",
        "UpSampling1D",
        "UpSampling2D",
        "ZeroPadding1D",
        "ZeroPadding2D",
    ),
    "pooling": ("AveragePooling1D", "AveragePooling2D", "MaxPooling1D", "MaxPooling2D"),
    "recurrent.bidirectional": ("Bidirectional",),
    "recurrent.gru": ("GRU",),
    "recurrent.lstm": ("LSTM",),
    "recurrent.simple": ("SimpleRNN",),
    "regularization": (
        "AlphaDropout",
        "Dropout",
        "GaussianDropout",
        "GaussianNoise",
        "SpatialDropout1D",
        "SpatialDropout2D",
    ),
    "reshape": ("Flatten", "Permute", "RepeatVector", "Reshape"),
    "dot_attention": ("AdditiveAttention", "Attention"),
    "transposed": ("Conv1DTranspose", "Conv2DTranspose"),
    "wrappers": ("TimeDistributed",),
}.items():
    layers.declared_in(f"nnctl.nn.layers.{_module}", *_names)

__all__ = ["Layer", "Weight", "layers"]
