"""What the kernels are made of: matrix products, transposes, windows, random bits."""
