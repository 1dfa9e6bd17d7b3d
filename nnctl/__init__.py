"""nnctl trains neural networks from a YAML file on its own NumPy engine."""

__version__ = "0.1.0"

from nnctl.blas import choose_kernels

choose_kernels()  # before anything imports NumPy
