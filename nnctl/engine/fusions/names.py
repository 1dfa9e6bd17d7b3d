"""What a run may do as one, by the names that `engine: {fuse: [...]}` knows. Each is found on the graph, in any model.

activation    bias and activation are one pass, and come after a max-pooling where that is the same
convolution   a convolution with the max-pooling, bias and relu after it, or a sum and relu (compiled)
loss          softmax or sigmoid, and the crossentropy of it
gates         all time steps of an LSTM or GRU, products and gates (compiled)
update        the optimizer's rule as one pass over all weights (compiled)
chain         whole steps of a model of Dense layers, several in one call (compiled)
"""

FUSIONS = ("activation", "convolution", "loss", "gates", "update", "chain")
