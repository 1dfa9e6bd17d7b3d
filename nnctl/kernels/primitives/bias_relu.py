"""A bias and relu in one pass, and its gradient. The NumPy reference is engine/fusions/bias_activation.py."""

from nnctl.kernels.toolchain.jit import kernel


@kernel
def relu_forward(x, bias, y):
    """y = max(x + bias, 0), all (rows, columns) but bias (columns); NaN stays NaN. y is another array than x: of one
    array under two names the compiler would make a slow loop."""
    for r in range(x.shape[0]):
        xr, yr = x[r], y[r]
        for j in range(xr.size):
            v = xr[j] + bias[j]
            yr[j] = 0 if v < 0 else v


@kernel
def relu_in_place(y, bias):
    """y = max(y + bias, 0)."""
    for r in range(y.shape[0]):
        yr = y[r]
        for j in range(yr.size):
            v = yr[j] + bias[j]
            yr[j] = 0 if v < 0 else v


@kernel
def add_columns(dy, dbias):
    """Adds the sum over the rows."""
    for r in range(dy.shape[0]):
        dr = dy[r]
        for j in range(dbias.size):
            dbias[j] += dr[j]


@kernel
def relu_backward(y, dy, dbias):
    """Replaces dy by the gradient of x; dbias is set to its sum over the rows."""
    dbias[:] = 0
    add_relu_backward(y, dy, dbias)


@kernel
def add_relu_backward(y, dy, dbias):
    """The same, added to dbias; an empty one is left alone."""
    for r in range(y.shape[0]):
        yr, dr = y[r], dy[r]
        for j in range(yr.size):
            dr[j] = 0 if yr[j] <= 0 else dr[j]
        for j in range(dbias.size):
            dbias[j] += dr[j]
