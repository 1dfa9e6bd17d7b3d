"""Which function shows a layer's forward pass."""

from __future__ import annotations

from collections.abc import Callable

from nnctl.reports.walkthrough.forward.activations import activation
from nnctl.reports.walkthrough.forward.attention import attention, multi_head
from nnctl.reports.walkthrough.forward.convolution import convolution
from nnctl.reports.walkthrough.forward.dense import dense
from nnctl.reports.walkthrough.forward.general import general
from nnctl.reports.walkthrough.forward.normalization import normalization
from nnctl.reports.walkthrough.forward.plain import (
    MERGES,
    REARRANGED,
    UNCHANGED,
    embedding,
    merged,
    rearranged,
    unchanged,
)
from nnctl.reports.walkthrough.forward.pooling import pooling
from nnctl.reports.walkthrough.forward.recurrent import bidirectional, recurrent
from nnctl.reports.walkthrough.page import Page
from nnctl.reports.walkthrough.trace import TracedStep

# By layer; the others are shown by what their docstring says, their inputs, their weights and their output.
FORWARD: dict[str, Callable[[TracedStep, Page], None]] = {
    "Activation": activation,
    "AdditiveAttention": attention,
    "Attention": attention,
    "AveragePooling1D": pooling,
    "AveragePooling2D": pooling,
    "BatchNormalization": normalization,
    "Bidirectional": bidirectional,
    "Conv1D": convolution,
    "Conv2D": convolution,
    "Dense": dense,
    "ELU": activation,
    "Embedding": embedding,
    "GRU": recurrent,
    "GlobalAveragePooling1D": pooling,
    "GlobalAveragePooling2D": pooling,
    "GlobalMaxPooling1D": pooling,
    "GlobalMaxPooling2D": pooling,
    "LSTM": recurrent,
    "LayerNormalization": normalization,
    "LeakyReLU": activation,
    "MaxPooling1D": pooling,
    "MultiHeadAttention": multi_head,
    "MaxPooling2D": pooling,
    "ReLU": activation,
    "SimpleRNN": recurrent,
    "Softmax": activation,
    **dict.fromkeys(MERGES, merged),
    **dict.fromkeys(REARRANGED, rearranged),
    **dict.fromkeys(UNCHANGED, unchanged),
}


def write_forward(traced: TracedStep, page: Page) -> None:
    """What the layer does with its input."""
    FORWARD.get(traced.layer.kind, general)(traced, page)
