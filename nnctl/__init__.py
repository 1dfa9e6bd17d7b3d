"""nnctl trains neural networks from a YAML file on its own NumPy engine."""

__version__ = "0.1.0"
