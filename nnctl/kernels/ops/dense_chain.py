"""Training steps of a chain of Dense layers compiled as a whole, any number of them in one call: gathering the batch,
forward, loss, backward and the optimizer's rule, on one thread or several.

Each thread owns some rows of every weight matrix: it computes their gradient from the whole batch, and updates them.
Forward, it multiplies those rows with the columns of the layer's input that belong to them, which it has computed
itself; the threads' partial sums of each output, which are fewer numbers than the weights, are then added up. (Where
they are more, in large batches, a thread computes some columns of the output from all weights.) So the weights stay in
their thread's caches: what another core has just written is slow to fetch. The gradient never goes to memory: the
optimizer's rule takes a few rows at a time while they are in the first-level cache. (Rows, because those of one thread
lie together; between columns lie another thread's, and the hardware prefetches what the other has just written.)
Threads meet between layers, except where the next layer needs only what a thread has computed itself: they go on from a
step's update to the next step's first layer. The NumPy reference is the engine's usual way (engine/shard_pass.py and
engine/optimizer_step.py).

The arguments are described in dense_chain_arguments.py. Where there is a Dropout between a layer with relu and the next
one, what it leaves of the output replaces the output: where it is 0, the gradient is 0, too. After other activations it
goes to the buffer `dropped`, and its mask to `masks`.
"""

import numpy as np

from nnctl.kernels.ops.dense import LINEAR, RELU, activate, activation_back, column_sums, losses_of
from nnctl.kernels.primitives.elementwise import add, drop_in_place, drop_part, relu, times_part
from nnctl.kernels.primitives.gemm import dressed_product, packed_of, product, product_packed, tile_rows
from nnctl.kernels.primitives.gemm_microkernel import WIDTH
from nnctl.kernels.primitives.overflow_bound import largest_of, safe
from nnctl.kernels.primitives.partition import adds_up, begins_alone, ends_alone, piece_of, range_of
from nnctl.kernels.primitives.spin_barrier import meet
from nnctl.kernels.primitives.transpose import transpose
from nnctl.kernels.toolchain import abi
from nnctl.kernels.toolchain.jit import kernel
from nnctl.kernels.toolchain.pointers import copy, line, pointer, soon, table

# Rows of the batch that lie anywhere in memory are asked for so many ahead.
AHEAD = 4
# Of a gradient between product and update: columns, and times the rows of a tile.
AT_MOST, AT_ONCE = 512, 2
_ONE = np.float32(1)


@kernel
def run(thread, threads, samples, schedule, loss, net, update, buffers):
    """Makes some steps in a row as one of the threads; returns how many were made.

    The arguments are described in dense_chain_arguments.py. Stops before the update of a step whose loss or gradient
    may not be finite.
    """
    x, stored, divisor, order, targets, labels, weights = samples
    batch, steps, number = schedule
    widths, kernels, biases, places, activations, limits, scales, draws = net
    parameters, gradients, slots, address, numbers = update
    xs, outs, dropped, masks, out_gradients, transposed, partial_sums, scratch, predictions, sums, largest, arrived = (
        buffers
    )
    layers = kernels.size
    done = 0
    for step in range(steps):
        start = step * batch
        chosen = order[start : min(start + batch, order.size)]
        rows = chosen.size
        low, high = range_of(thread, threads, rows)
        xb = table(xs, 0, rows, widths[0])
        top, bottom, left, right = piece_of(thread, threads, rows, widths[0])
        _gather(x, divisor, stored[start : start + rows], xb, top, bottom, left, right)
        if limits[0] >= 0:
            drop_in_place(
                xb[top:bottom, left:right], draws[0], number + step, top, left, widths[0], limits[0], scales[0]
            )
        if not begins_alone(threads, rows, widths):
            _meet(arrived, thread, threads)
        for layer in range(layers):
            below = _below(xb, outs, dropped, limits, activations, places, widths, layer, rows)
            y = _of(outs, places, widths, layer, rows)
            if adds_up(threads, rows, widths[layer]):
                _forward_partial_sum(thread, threads, below, table(partial_sums[thread], 0, rows, widths[layer + 1]),
                                     parameters, kernels[layer])  # fmt: skip
                _meet(arrived, thread, threads)
                _add_up(thread, threads, partial_sums, y, parameters, biases[layer], activations[layer])
            else:
                _forward(thread, threads, below, y, parameters, kernels[layer], biases[layer], activations[layer])
            if layer + 1 < layers and limits[layer + 1] >= 0:
                top, bottom, left, right = piece_of(thread, threads, rows, widths[layer + 1])
                part, limit, scale = y[top:bottom, left:right], limits[layer + 1], scales[layer + 1]
                if activations[layer] == RELU:
                    drop_in_place(part, draws[layer + 1], number + step, top, left, widths[layer + 1], limit, scale)
                else:
                    mask, after = _of(masks, places, widths, layer, rows), _of(dropped, places, widths, layer, rows)
                    drop_part(part, mask[top:bottom, left:right], after[top:bottom, left:right], draws[layer + 1],
                              number + step, top, left, widths[layer + 1], limit, scale)  # fmt: skip
            if layer + 1 < layers or not ends_alone(threads, rows, widths):
                _meet(arrived, thread, threads)
        p, dp = _of(outs, places, widths, layers - 1, rows), _of(out_gradients, places, widths, layers - 1, rows)
        sums[step, thread] = losses_of(
            p, dp, targets, labels, weights, chosen, loss.weight / rows, loss.number, low, high
        )
        copy(p[low:high], predictions[start + low : start + high])
        transpose(dp[low:high], _transposed(transposed, places, widths, layers - 1, rows)[:, low:high])
        # no weight is touched before all gradients are known to be finite
        for layer in range(layers):
            below = _below(xb, outs, dropped, limits, activations, places, widths, layer, rows)
            top, bottom, left, right = piece_of(thread, threads, rows, widths[layer])
            largest[thread, 2 * layer] = largest_of(below[top:bottom, left:right])
        largest[thread, 2 * layers - 1] = largest_of(dp[low:high])
        _meet(arrived, thread, threads)
        for layer in range(layers - 1, 0, -1):
            largest[thread, 2 * layer - 1] = _backward(
                thread, threads, _transposed(transposed, places, widths, layer, rows),
                _transposed(transposed, places, widths, layer - 1, rows), _of(outs, places, widths, layer - 1, rows),
                _of(out_gradients, places, widths, layer - 1, rows), parameters, kernels[layer], activations[layer - 1],
                _of(masks, places, widths, layer - 1, rows if _apart(limits, activations, layer) else 0),
                scales[layer] if activations[layer - 1] == RELU else _ONE, layer > 1,
            )  # fmt: skip
            _meet(arrived, thread, threads)
        if address != 0 and not (safe(largest, layers, rows) and np.isfinite(sums[step].sum())):
            break
        for layer in range(layers):
            below = _below(xb, outs, dropped, limits, activations, places, widths, layer, rows)
            _change(thread, threads, below, _of(out_gradients, places, widths, layer, rows), parameters, gradients,
                    slots, address, numbers[step], kernels[layer], biases[layer], scratch[thread])  # fmt: skip
        done += 1
        if not begins_alone(threads, rows, widths):
            _meet(arrived, thread, threads)
    return done


@kernel
def _meet(arrived, thread, threads):
    if threads > 1:
        meet(arrived, thread, arrived[thread, 0] + 1)


@kernel
def _of(flat, places, widths, layer, rows):
    return table(flat, places[layer] * rows, rows, widths[layer + 1])


@kernel
def _apart(limits, activations, layer):
    """Whether what a Dropout leaves of a layer's input has a buffer of its own, and its mask is kept."""
    return limits[layer] >= 0 and activations[layer - 1] != RELU


@kernel
def _below(xb, outs, dropped, limits, activations, places, widths, layer, rows):
    """A layer's input."""
    if layer == 0:
        return xb
    return _of(dropped if _apart(limits, activations, layer) else outs, places, widths, layer - 1, rows)


@kernel
def _transposed(flat, places, widths, layer, rows):
    return table(flat, places[layer] * rows, widths[layer + 1], rows)


@kernel
def _gather(x, divisor, chosen, xb, top, bottom, left, right):
    count, wide = right - left, x.shape[1]
    many = max(1, 64 // x.itemsize)  # numbers of a line of the cache
    for r in range(top, bottom):
        if r + AHEAD < bottom:
            for j in range(left, right, many):
                soon(pointer(x, chosen[r + AHEAD] * wide + j))
        from_, to = line(x, chosen[r] * wide + left, count), line(xb, r * wide + left, count)
        if divisor != 0:
            for j in range(count):
                to[j] = np.float32(from_[j]) / divisor
        else:
            for j in range(count):
                to[j] = np.float32(from_[j])


@kernel
def _forward_partial_sum(thread, threads, below, y, parameters, kernel):
    """The thread's partial sum of below W."""
    low, high = range_of(thread, threads, below.shape[1])
    w = table(parameters, kernel, below.shape[1], y.shape[1])
    product(below[:, low:high], below.shape[1], 1, w[low:high], y, False)


@kernel
def _add_up(thread, threads, partial_sums, y, parameters, bias, activation):
    """The thread's rows or columns of y = f(the sum of all partial sums + b)."""
    rows, wide = y.shape
    top, bottom, left, right = piece_of(thread, threads, rows, wide)
    count = right - left
    for r in range(top, bottom):
        at = r * wide + left
        yr, first = line(y, at, count), line(partial_sums[0], at, count)
        if bias >= 0:
            b = line(parameters, bias + left, count)
            for j in range(count):
                yr[j] = first[j] + b[j]
        else:
            for j in range(count):
                yr[j] = first[j]
        for k in range(1, threads):
            add(yr, line(partial_sums[k], at, count), yr)
        if activation == RELU:
            relu(yr, yr)
    activate(y[top:bottom, left:right], activation)


@kernel
def _forward(thread, threads, below, y, parameters, kernel, bias, activation):
    """The thread's rows or columns of y = f(below W + b)."""
    wide = y.shape[1]
    w = table(parameters, kernel, below.shape[1], wide)
    # a relu comes with the bias, so that there has to be one
    b = parameters[bias : bias + wide] if bias >= 0 else np.zeros(wide if activation == RELU else 0, np.float32)
    top, bottom, left, right = piece_of(thread, threads, y.shape[0], wide)
    part = y[top:bottom, left:right]
    if part.size:
        below, w, b = below[top:bottom], w[:, left:right], b[min(left, b.size) : right]
        dressed_product(below, below.strides[0] // 4, 1, w, part, False, b, activation == RELU)
        activate(part, activation)


@kernel
def _backward(thread, threads, dyt, dxt, x, dx, parameters, kernel, activation, mask, scale, goes_on):
    """The thread's rows or columns of the gradient below a layer, dx and, where it goes on down, dxt: dx^T = W dy^T, so
    that of a layer's numbers the few, not the many, are transposed round. x: what the layer below gave. mask: of a
    Dropout between that has left x as it was, else without rows. scale: of one that has not, after a relu, else 1. The
    bits of the largest number of that part of dx."""
    wide = dyt.shape[0]
    low, high = range_of(thread, threads, dxt.shape[0])
    if high <= low:
        return np.int32(0)
    w = table(parameters, kernel, dxt.shape[0], wide)
    product(w[low:high], wide, 1, dyt, dxt[low:high], False)
    transpose(dxt[low:high], dx[:, low:high])
    if mask.size:
        times_part(mask[:, low:high], dx[:, low:high])
    if activation != LINEAR:
        activation_back(x[:, low:high], dx[:, low:high], activation, scale)
    if goes_on and (mask.size or activation != LINEAR):
        transpose(dx[:, low:high], dxt[low:high])
    return largest_of(dx[:, low:high])


@kernel
def _change(thread, threads, below, dy, parameters, gradients, slots, update, numbers, kernel, bias, scratch):
    """The thread's rows of a layer's gradient, and the optimizer's rule on them or, without one, into `gradients`."""
    deep, wide = below.shape[1], dy.shape[1]
    low, high = range_of(thread, threads, deep)
    if high > low:
        if update == 0:
            g = table(gradients, kernel, deep, wide)
            product(below[:, low:high], 1, deep, dy, g[low:high], False)
        else:
            for left in range(0, wide, AT_MOST):
                _change_columns(below, dy[:, left : min(left + AT_MOST, wide)], parameters, slots, update, numbers,
                                kernel + left, wide, low, high, scratch)  # fmt: skip
    if bias >= 0:
        low, high = range_of(thread, threads, wide)
        if high > low:
            if update == 0:
                column_sums(dy, gradients[bias + low : bias + high], low)
            for first in range(low, high if update != 0 else low, scratch.size):
                g = scratch[: min(scratch.size, high - first)]
                column_sums(dy, g, first)
                _apply(update, parameters, g, slots, bias + first, numbers)


@kernel
def _change_columns(below, dy, parameters, slots, update, numbers, kernel, row, top, bottom, scratch):
    """The same for some columns of rows top to bottom - 1, which lie `row` numbers apart from `kernel` on: the gradient
    of a few rows at a time, used while it is in the first-level cache."""
    wide = dy.shape[1]
    many = min(AT_ONCE * tile_rows(min(wide, WIDTH)), scratch.size // wide)
    packed = packed_of(dy)
    for r in range(top, bottom, many):
        count = min(many, bottom - r)
        product_packed(below[:, r:], 1, below.shape[1], packed, table(scratch, 0, count, wide), False)
        if wide == row:  # the rows are one run of numbers
            _apply(update, parameters, scratch[: count * wide], slots, kernel + r * row, numbers)
        else:
            for k in range(count):
                _apply(update, parameters, scratch[k * wide : (k + 1) * wide], slots, kernel + (r + k) * row, numbers)


@kernel
def _apply(update, parameters, g, slots, at, numbers):
    abi.update(update, pointer(parameters, at), pointer(g, 0), pointer(slots, at), slots.shape[1], g.size,
               pointer(numbers, 0))  # fmt: skip
