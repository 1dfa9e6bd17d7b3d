"""How a chain's steps (kernels/ops/dense_chain.py) are dealt out to threads."""

from nnctl.kernels.toolchain.jit import kernel

# Columns a thread has at least: below, a layer's rows are dealt out instead.
COLUMNS = 64
# Shares are added up where they have at most one row for so many of the weights'.
DEEP = 4


@kernel
def range_of(worker, workers, count):
    """From where to where of `count` one worker goes; whole vectors where there are many."""
    each = -(-count // workers)
    if count >= COLUMNS:
        each = -(-each // 16) * 16
    return min(worker * each, count), min((worker + 1) * each, count)


@kernel
def piece_of(worker, workers, rows, wide):
    """Of a layer's output, the rows and the columns that a worker makes: (top, bottom, left, right). The columns begin
    at a multiple of 16."""
    if by_rows(workers, wide):
        top, bottom = range_of(worker, workers, rows)
        return top, bottom, 0, wide
    left, right = range_of(worker, workers, wide)
    return 0, rows, left, right


@kernel
def by_rows(workers, wide):
    """Whether a worker makes whole rows of a layer's output."""
    return wide < COLUMNS * workers


@kernel
def adds_up(workers, rows, deep):
    """Whether the workers' shares of a layer's output are added up, each made from some of the layer's inputs."""
    return workers > 1 and deep >= COLUMNS * workers and deep >= DEEP * rows


@kernel
def begins_alone(workers, rows, widths):
    """Whether a thread needs of the input and the first layer's weights only what it has made itself."""
    return adds_up(workers, rows, widths[0])


@kernel
def ends_alone(workers, rows, widths):
    """Whether a thread makes whole rows of the last layer's output, and disturbs no other when it goes on to their
    losses: the gradient turned round lies where the shares do."""
    return by_rows(workers, widths[-1]) and not adds_up(workers, rows, widths[-2])
