"""Layers at the start of sequence models: token ids to vectors, positions, and where the padding is."""

import numpy as np

from nnctl.errors import DataError, ShapeError
from nnctl.nn.initializers import InitializerName
from nnctl.nn.layers.base import Count, Layer, Weight, layers, show
from nnctl.nn.regularizers import RegularizerName


@layers.register("Embedding")
class Embedding(Layer):
    """A trainable vector for each of input_dim tokens: y = E[x].

    x (rows, steps) token ids from 0 to input_dim - 1, E (input_dim, output_dim), y (rows, steps, output_dim).
    mask_zero: 0 stands for padding.

    For words of a text input, `weights: glove.txt` names a file with a vector for each word (GloVe, or word2vec as
    text; also .gz), from which training starts; see docs/fine_tuning.md. Words that the file lacks start as the
    initializer says.
    """

    input_dim: Count
    output_dim: Count
    embeddings_initializer: InitializerName = "uniform"
    embeddings_regularizer: RegularizerName = None
    mask_zero: bool = False

    takes_word_vectors = True

    @property
    def makes_mask(self):
        return self.mask_zero

    def output_mask(self, x, masks):
        return x != 0 if self.mask_zero else None

    def output_shape(self, shape):
        return (*shape, self.output_dim)

    def weights(self, shape):
        size = (self.input_dim, self.output_dim)
        return {"embeddings": Weight(size, self.embeddings_initializer, regularizer=self.embeddings_regularizer)}

    def refused(self, x):
        known = (x >= 0) & (x < self.input_dim)
        if x.dtype.kind == "f":
            known &= x == np.floor(x)
        if known.all():
            return None
        wrong = x[~known].flat[0]
        if wrong >= 0 and wrong == np.floor(wrong):
            hint = f"set input_dim: {int(x.max()) + 1}"
        else:
            hint = "give it whole numbers of at least 0, as `encode: integer` and `text:` of a dataset make them"
        what = f"{wrong:.16g} is not one of the token ids 0 to {self.input_dim - 1}"
        return ~known.reshape(len(x), -1).all(axis=1), what, hint

    def forward(self, w, x, call):
        if x.size and (refused := self.refused(x)):
            _, what, hint = refused
            raise DataError(f"Embedding: {what}", hint=hint)
        ids = x.astype(np.intp)
        y = call.empty((*x.shape, self.output_dim))
        np.take(w["embeddings"], ids, axis=0, out=y, mode="clip")  # clip: without it NumPy makes one more copy
        return y, ids

    def backward(self, w, grads, ids, dy, call):
        if grads:
            add_rows(ids.reshape(-1), dy.reshape(-1, self.output_dim), grads["embeddings"])
        return None if not call.wants_dx else np.zeros(ids.shape, dy.dtype)  # a token id has no gradient


def add_rows(places, rows, out):
    """out[p] = the sum of the rows whose place is p: the transpose of out[places]."""
    out.fill(0)
    if not len(places):
        return
    order = np.argsort(places, kind="stable")
    places = places[order]
    first = np.flatnonzero(np.diff(places, prepend=-1))  # where a run of one place begins
    out[places[first]] = np.add.reduceat(rows[order], first, axis=0)


@layers.register("PositionEmbedding")
class PositionEmbedding(Layer):
    """Adds a trainable vector for each position: y = x + P[t], x and y (rows, steps, features).

    P (sequence_length, features); there may be fewer steps. For attention, which does not see the order of its inputs.
    Source: Gehring et al. 2017; KerasHub.
    """

    sequence_length: Count
    initializer: InitializerName = "glorot_uniform"

    passes_mask = True

    def output_shape(self, shape):
        if len(shape) != 2 or shape[-1] is None or (shape[0] or 0) > self.sequence_length:
            raise ShapeError(
                f"PositionEmbedding has {self.sequence_length} positions, got {show(shape)}",
                hint=f"set sequence_length to {shape[0]}" if len(shape) == 2 else "put an Embedding before it",
            )
        return shape

    def weights(self, shape):
        return {"embeddings": Weight((self.sequence_length, shape[-1]), self.initializer)}

    def forward(self, w, x, call):
        return np.add(x, w["embeddings"][: x.shape[1]], out=call.empty(x.shape)), None

    def backward(self, w, grads, saved, dy, call):
        if grads:
            grads["embeddings"].fill(0)
            np.add.reduce(dy, axis=0, out=grads["embeddings"][: dy.shape[1]])
        return dy


@layers.register("Masking")
class Masking(Layer):
    """Marks every time step whose features are all mask_value as padding, and sets them to 0.

    x (rows, steps, features). The mask goes along with the tensor: recurrent layers and losses leave these steps out.
    """

    mask_value: float = 0.0

    makes_mask = True

    def output_mask(self, x, masks):
        return np.any(x != self.mask_value, axis=-1)

    def forward(self, w, x, call):
        real = self.output_mask(x, ()).astype(x.dtype)[..., None]
        return np.multiply(x, real, out=call.empty(x.shape)), real

    def backward(self, w, grads, real, dy, call):
        dy *= real
        return dy
