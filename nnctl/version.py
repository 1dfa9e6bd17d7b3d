"""The version of nnctl."""

__version__ = "0.1.0"
