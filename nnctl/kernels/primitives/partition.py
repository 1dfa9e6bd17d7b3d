"""How the work of a chain's step (kernels/ops/dense_chain.py) is split among threads."""

from nnctl.kernels.toolchain.jit import kernel

# The fewest columns of a thread: with fewer, a layer's rows are split instead.
COLUMNS = 64
# Partial sums are used where the batch has at most one row for so many of the weights'.
DEEP = 4


@kernel
def range_of(thread, threads, count):
    """Which of `count` numbers are one thread's, from and to; whole vectors where there are many."""
    each = -(-count // threads)
    if count >= COLUMNS:
        each = -(-each // 16) * 16
    return min(thread * each, count), min((thread + 1) * each, count)


@kernel
def piece_of(thread, threads, rows, wide):
    """Of a layer's output, the rows and the columns that a thread computes: (top, bottom, left, right). The columns
    begin at a multiple of 16."""
    if by_rows(threads, wide):
        top, bottom = range_of(thread, threads, rows)
        return top, bottom, 0, wide
    left, right = range_of(thread, threads, wide)
    return 0, rows, left, right


@kernel
def by_rows(threads, wide):
    """Whether a thread computes whole rows of a layer's output."""
    return wide < COLUMNS * threads


@kernel
def adds_up(threads, rows, deep):
    """Whether the threads compute partial sums of a layer's output, each from some of the layer's inputs."""
    return threads > 1 and deep >= COLUMNS * threads and deep >= DEEP * rows


@kernel
def begins_alone(threads, rows, widths):
    """Whether a thread needs of the input and the first layer's weights only what it has computed itself."""
    return adds_up(threads, rows, widths[0])


@kernel
def ends_alone(threads, rows, widths):
    """Whether a thread computes whole rows of the last layer's output and may go on to their losses at once: the
    transposed gradient lies where the partial sums do."""
    return by_rows(threads, widths[-1]) and not adds_up(threads, rows, widths[-2])
