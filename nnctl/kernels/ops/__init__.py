"""The kernels that a layer, a loss or an optimizer calls, one a file."""
