"""Attention: every step is a weighted mean of all steps, weighted by how well they match."""

import operator
from functools import reduce

import numpy as np

from nnctl.errors import ShapeError
from nnctl.nn.initializers import InitializerName
from nnctl.nn.layers.base import Array, Count, Layer, Rate, Weight, layers, show
from nnctl.nn.layers.regularization import random_mask
from nnctl.nn.regularizers import RegularizerName

OUT_OF_SIGHT = -1e30  # a score that softmax makes 0, and that float32 can hold


def visible(query, *sources, causal=None):
    """(rows or 1, steps, source steps), which steps see which; None where all see all.

    query (rows, steps), sources (rows, source steps): masks or None. causal: (steps, source steps) where no step sees
    later ones, else None.
    """
    conditions: list[Array] = [mask[:, None, :] for mask in sources if mask is not None]
    if query is not None:
        conditions.append(query[:, :, None])
    if causal is not None:
        steps, source_steps = causal
        conditions.append((np.arange(steps)[:, None] >= np.arange(source_steps))[None])
    return reduce(operator.and_, conditions) if conditions else None


def attend(scores, seen):
    """Replaces scores by their softmax over the source steps that are seen; 0 where none is."""
    if seen is not None:
        np.copyto(scores, OUT_OF_SIGHT, where=~seen)
    scores -= scores.max(axis=-1, keepdims=True)
    np.exp(scores, out=scores)
    scores /= scores.sum(axis=-1, keepdims=True)
    if seen is not None:
        scores *= seen
    return scores


def attend_back(d, weights):
    """The gradient of the scores from that of their softmax: a (d - sum a d). Writes into d."""
    d -= np.einsum("...s,...s->...", d, weights)[..., None]
    d *= weights
    return d


@layers.register("MultiHeadAttention")
class MultiHeadAttention(Layer):
    """Scaled dot-product attention with several heads. With queries Q = q W_q + b_q, and keys K and values V likewise:

        A = softmax(Q K^T / sqrt(key_dim))      (rows, heads, steps, source steps)
        y = [A V of every head] W_o + b_o

    Takes one tensor (self-attention), or [query, value], or [query, value, key]; q (rows, steps, features),
    W_q (features, heads, key_dim), W_v (features, heads, value_dim), W_o (heads, value_dim, output).
    Padded steps neither see nor are seen; with use_causal_mask, no step sees later ones. dropout is applied to A.
    output_features: of y, by default as many as the query has (Keras calls it output_shape).
    Source: Vaswani et al. 2017.
    """

    num_heads: Count
    key_dim: Count
    value_dim: Count | None = None
    dropout: Rate = 0.0
    use_bias: bool = True
    output_features: Count | None = None
    use_causal_mask: bool = False
    kernel_initializer: InitializerName = "glorot_uniform"
    bias_initializer: InitializerName = "zeros"
    kernel_regularizer: RegularizerName = None
    bias_regularizer: RegularizerName = None

    merges = True
    fewest = 1
    most = 3

    def _sources(self, items):
        """(query, key, value) from the layer's inputs."""
        query = items[0]
        value = items[1] if len(items) > 1 else query
        return query, items[2] if len(items) > 2 else value, value

    def output_shape(self, shapes):
        query, key, value = self._sources(shapes)
        if any(len(shape) != 2 or shape[-1] is None for shape in shapes):
            raise ShapeError(
                f"MultiHeadAttention takes time steps of features, got {' and '.join(map(show, shapes))}",
                hint="put an Embedding or a Reshape before it",
            )
        if key[0] != value[0]:
            raise ShapeError(
                f"there must be a key for each value, but value is {show(value)} and key {show(key)}",
                hint="give them the same number of steps",
            )
        return (query[0], self.output_features or query[-1])

    def output_mask(self, x, masks):
        return masks[0]

    def weights(self, shapes):
        query, key, value = self._sources(shapes)
        values = self.value_dim or self.key_dim
        sizes = {
            "query": (query[-1], self.num_heads, self.key_dim),
            "key": (key[-1], self.num_heads, self.key_dim),
            "value": (value[-1], self.num_heads, values),
            "attention_output": (self.num_heads, values, self.output_features or query[-1]),
        }
        weights = {}
        for name, size in sizes.items():
            weights[f"{name}/kernel"] = Weight(size, self.kernel_initializer, regularizer=self.kernel_regularizer)
            if self.use_bias:
                bias = size[2:] if name == "attention_output" else size[1:]
                weights[f"{name}/bias"] = Weight(bias, self.bias_initializer, regularizer=self.bias_regularizer)
        return weights

    def forward(self, w, xs, call):
        sources = self._sources(xs)
        q, k, v = (self._project(w, name, x, call) for name, x in zip(("query", "key", "value"), sources, strict=True))
        scores = call.empty((*q.shape[:3], k.shape[2]))
        np.matmul(q, k.swapaxes(2, 3), out=scores)
        scores *= self.key_dim**-0.5
        query, key, value = self._sources(call.masks or (None,) * len(xs))
        seen = visible(query, value, key, causal=scores.shape[2:] if self.use_causal_mask else None)
        attend(scores, None if seen is None else seen[:, None])
        keep = None
        attended = scores
        if call.training and self.dropout:
            keep = random_mask(call, self.dropout, scores[0].size, len(scores)).reshape(scores.shape)
            attended = np.multiply(scores, keep, out=call.empty(scores.shape))
        rows, heads, steps, _ = scores.shape
        mixed = call.empty((rows, steps, heads, v.shape[3]))
        np.matmul(attended, v, out=mixed.swapaxes(1, 2))
        kernel = w["attention_output/kernel"]
        y = call.empty((rows, steps, kernel.shape[2]))
        np.matmul(mixed.reshape(rows * steps, -1), kernel.reshape(-1, kernel.shape[2]), out=y.reshape(rows * steps, -1))
        if self.use_bias:
            y += w["attention_output/bias"]
        return y, (xs, q, k, v, scores, attended, keep, mixed)

    def backward(self, w, grads, saved, dy, call):
        xs, q, k, v, scores, attended, keep, mixed = saved
        rows, _, steps, _ = scores.shape
        kernel = w["attention_output/kernel"]
        flat_kernel = kernel.reshape(-1, kernel.shape[2])
        flat = dy.reshape(rows * steps, -1)
        if grads:
            np.matmul(mixed.reshape(rows * steps, -1).T, flat,
                      out=grads["attention_output/kernel"].reshape(flat_kernel.shape))  # fmt: skip
            if self.use_bias:
                np.add.reduce(flat, axis=0, out=grads["attention_output/bias"])
        dmixed = (flat @ flat_kernel.T).reshape(mixed.shape).swapaxes(1, 2)  # (rows, heads, steps, value_dim)
        dv = attended.swapaxes(2, 3) @ dmixed
        da = np.matmul(dmixed, v.swapaxes(2, 3), out=call.empty(scores.shape))
        if keep is not None:
            da *= keep
        da = attend_back(da, scores)
        da *= self.key_dim**-0.5
        dq, dk = da @ k, da.swapaxes(2, 3) @ q
        dxs = [None] * len(xs)
        for name, x, d in zip(("query", "key", "value"), self._sources(range(len(xs))), (dq, dk, dv), strict=True):
            dx = self._project_back(w, grads, name, xs[x], d, call)
            dxs[x] = dx if dxs[x] is None or dx is None else dxs[x] + dx
        return dxs

    def _project(self, w, name, x, call):
        """x W + b as (rows, heads, steps, size)."""
        kernel = w[f"{name}/kernel"]
        rows, steps, features = x.shape
        y = call.empty((rows, steps, *kernel.shape[1:]))
        np.matmul(x.reshape(-1, features), kernel.reshape(features, -1), out=y.reshape(rows * steps, -1))
        if self.use_bias:
            y += w[f"{name}/bias"]
        return y.swapaxes(1, 2)

    def _project_back(self, w, grads, name, x, d, call):
        kernel = w[f"{name}/kernel"]
        features = x.shape[-1]
        flat = d.swapaxes(1, 2).reshape(-1, kernel.shape[1] * kernel.shape[2])
        if grads:
            np.matmul(x.reshape(-1, features).T, flat, out=grads[f"{name}/kernel"].reshape(features, -1))
            if self.use_bias:
                np.add.reduce(flat, axis=0, out=grads[f"{name}/bias"].reshape(-1))
        return (flat @ kernel.reshape(features, -1).T).reshape(x.shape) if call.wants_dx else None

    def multiply_adds(self, shapes):
        query, key, value = self._sources(shapes)
        steps, source = query[0] or 1, key[0] or 1
        values, heads = self.value_dim or self.key_dim, self.num_heads
        of_sources = key[-1] * self.key_dim + value[-1] * values
        projections = heads * (steps * query[-1] * self.key_dim + source * of_sources)
        out = steps * heads * values * (self.output_features or query[-1])
        return projections + out + steps * source * heads * (self.key_dim + values)
