"""The fusions that a run may use, by their names in `engine: {fuse: [...]}`. Each is found on the graph, in any model.

activation    bias and activation in one pass, after a max-pooling where the result is the same
convolution   a convolution with the max-pooling, bias and relu after it, or with a sum and relu (compiled)
loss          softmax or sigmoid with its crossentropy
gates         all time steps of an LSTM or GRU in one call, products and gates (compiled)
update        the optimizer's rule in one pass over all weights (compiled)
chain         whole training steps of a model of Dense layers, several in one call (compiled)
"""

from typing import Literal, get_args

Fusion = Literal["activation", "convolution", "loss", "gates", "update", "chain"]
FUSIONS: tuple[Fusion, ...] = get_args(Fusion)
