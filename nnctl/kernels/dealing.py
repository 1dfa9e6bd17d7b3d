"""How a chain's steps (kernels/chain.py) are dealt out to threads."""

from nnctl.kernels.compiling import kernel

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
    if wide >= COLUMNS * workers:
        left, right = range_of(worker, workers, wide)
        return 0, rows, left, right
    top, bottom = range_of(worker, workers, rows)
    return top, bottom, 0, wide


@kernel
def adds_up(workers, rows, deep):
    """Whether the workers' shares of a layer's output are added up, each made from some of the layer's inputs."""
    return workers > 1 and deep >= COLUMNS * workers and deep >= DEEP * rows
