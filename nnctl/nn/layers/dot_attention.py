"""Attention that scores queries and keys as they are, without weights for them."""

from typing import Literal

import numpy as np

from nnctl.errors import ShapeError
from nnctl.nn.initializers import initializers
from nnctl.nn.layers.attention import attend, attend_back, visible
from nnctl.nn.layers.base import Layer, Rate, Weight, layers, show
from nnctl.nn.layers.regularization import random_mask


class ScoredAttention(Layer):
    """Base: y = softmax(scores(query, key)) value, of [query, value] or [query, value, key].

    query (rows, steps, features), value and key (rows, source steps, ...), y (rows, steps, value's features). Where
    no key is given, the value is the key.
    """

    use_scale: bool = False
    dropout: Rate = 0.0
    use_causal_mask: bool = False

    merges = True
    fewest = 2
    most = 3

    def output_shape(self, shapes):
        query, value, key = shapes[0], shapes[1], shapes[-1]
        if any(len(shape) != 2 or shape[-1] is None for shape in shapes):
            raise ShapeError(
                f"{self.kind} takes time steps of features, got {' and '.join(map(show, shapes))}",
                hint="put an Embedding or a Reshape before it",
            )
        if query[-1] != key[-1] or key[0] != value[0]:
            raise ShapeError(
                f"{self.kind} needs a query and a key of the same size, and a key for each value, "
                f"got query {show(query)}, value {show(value)}, key {show(key)}",
                hint="project them to the same size with Dense, or use MultiHeadAttention, which does so itself",
            )
        return (query[0], value[-1])

    def output_mask(self, x, masks):
        return masks[0]

    def scores(self, w, query, key):
        """(rows, steps, source steps), and what their backward needs."""
        raise NotImplementedError

    def scores_backward(self, w, grads, saved, d):
        """The gradients of query and key."""
        raise NotImplementedError

    def forward(self, w, xs, call):
        query, value, key = xs[0], xs[1], xs[-1]
        scores, saved = self.scores(w, query, key)
        masks = call.masks or (None, None)
        weights = attend(scores, visible(masks[0], masks[1], causal=scores.shape[1:] if self.use_causal_mask else None))
        keep, attended = None, weights
        if call.training and self.dropout:
            keep = random_mask(call, self.dropout, weights[0].size, len(weights)).reshape(weights.shape)
            attended = weights * keep
        y = np.matmul(attended, value, out=call.empty((*query.shape[:2], value.shape[-1])))
        return y, (value, saved, weights, attended, keep, len(xs))

    def backward(self, w, grads, saved, dy, call):
        value, scored, weights, attended, keep, given = saved
        d = dy @ value.swapaxes(1, 2)
        if keep is not None:
            d *= keep
        dquery, dkey = self.scores_backward(w, grads, scored, attend_back(d, weights))
        if not call.wants_dx:
            return [None] * given
        dvalue = attended.swapaxes(1, 2) @ dy
        return [dquery, dvalue, dkey] if given == 3 else [dquery, dvalue + dkey]

    def multiply_adds(self, shapes):
        query, value = shapes[0], shapes[1]
        return (query[0] or 1) * (value[0] or 1) * (query[-1] + value[-1])


def _tanh_of_sums(query, key, scale):
    """tanh(scale (query_i + key_j)) for every pair of steps: (rows, steps, source steps, features)."""
    sums = query[:, :, None] + key[:, None]
    sums *= scale
    return np.tanh(sums, out=sums)


@layers.register("Attention")
class Attention(ScoredAttention):
    """Dot-product attention: y = softmax(s query key^T) value, with use_scale s trainable, else 1.

    score_mode concat: the score of steps i and j is c sum tanh(s (query_i + key_j)), c trainable. Takes [query, value]
    or [query, value, key]; padded steps are not seen and give 0. dropout is applied to the softmax.
    Source: Luong et al. 2015.
    """

    score_mode: Literal["dot", "concat"] = "dot"

    def weights(self, shapes):
        one = Weight((), initializers.build("ones"))
        return ({"scale": one} if self.use_scale else {}) | (
            {"concat_score_weight": one} if self.score_mode == "concat" else {}
        )

    def scores(self, w, query, key):
        scale = w["scale"] if self.use_scale else query.dtype.type(1)
        if self.score_mode == "concat":
            t = _tanh_of_sums(query, key, scale)
            return w["concat_score_weight"] * t.sum(axis=-1), (query, key, t)
        scores = query @ key.swapaxes(1, 2)
        scores *= scale
        return scores, (query, key, None)

    def scores_backward(self, w, grads, saved, d):
        query, key, t = saved
        scale = w["scale"] if self.use_scale else query.dtype.type(1)
        if t is None:
            if self.use_scale and grads:
                grads["scale"][...] = np.sum((d @ key) * query)
            d *= scale
            return d @ key, d.swapaxes(1, 2) @ query
        if grads:
            grads["concat_score_weight"][...] = np.sum(d * t.sum(axis=-1))
        dz = (d * w["concat_score_weight"])[..., None] * (1 - t * t)
        if self.use_scale and grads:
            grads["scale"][...] = np.sum(dz.sum(axis=2) * query) + np.sum(dz.sum(axis=1) * key)
        dz *= scale
        return dz.sum(axis=2), dz.sum(axis=1)


@layers.register("AdditiveAttention")
class AdditiveAttention(ScoredAttention):
    """Additive attention: the score of steps i and j is sum_f s_f tanh(query_i + key_j)_f; y = softmax(scores) value.

    s (features) is trainable with use_scale, else 1. Takes [query, value] or [query, value, key]; padded steps are not
    seen and give 0. dropout is applied to the softmax. Source: Bahdanau et al. 2014.
    """

    use_scale: bool = True

    def weights(self, shapes):
        return {"scale": Weight((shapes[0][-1],), initializers.build("glorot_uniform"))} if self.use_scale else {}

    def scores(self, w, query, key):
        t = _tanh_of_sums(query, key, query.dtype.type(1))
        return (t @ w["scale"] if self.use_scale else t.sum(axis=-1)), t

    def scores_backward(self, w, grads, t, d):
        if self.use_scale and grads:
            np.matmul(d.reshape(-1), t.reshape(d.size, -1), out=grads["scale"])
        dz = d[..., None] * (1 - t * t)
        if self.use_scale:
            dz *= w["scale"]
        return dz.sum(axis=2), dz.sum(axis=1)
