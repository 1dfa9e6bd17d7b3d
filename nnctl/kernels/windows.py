"""The gradients of a convolution's windows added back, compiled. NumPy's twin: layers/convolution.py."""

from nnctl.kernels.compiling import kernel


@kernel
def add_back(columns, dx, strides, before, dilations):
    """Adds columns (rows, *positions, *sizes, channels), every window's gradient, to the places of
    dx (rows, height, width, channels) that it saw. before: the zeros before each axis."""
    rows, high, wide, tall, broad, channels = columns.shape
    height, width = dx.shape[1], dx.shape[2]
    windows = columns.reshape(rows, high, wide, tall, broad * channels)
    lines = dx.reshape(rows, height, width * channels)
    # with dilation 1 a row of the window is one run of numbers in both
    runs, length = (1, broad) if dilations[1] == 1 else (broad, 1)
    for n in range(rows):
        for i in range(high):
            for a in range(tall):
                up = i * strides[0] + a * dilations[0] - before[0]
                if up < 0 or up >= height:
                    continue
                line = lines[n, up]
                for j in range(wide):
                    window = windows[n, i, j, a]
                    for b in range(runs):
                        first = j * strides[1] + b * dilations[1] - before[1]
                        low, end = max(0, -first), min(length, width - first)
                        if end <= low:
                            continue
                        run = window[(b + low) * channels : (b + end) * channels]
                        into = line[(first + low) * channels : (first + end) * channels]
                        for c in range(run.size):
                            into[c] += run[c]
