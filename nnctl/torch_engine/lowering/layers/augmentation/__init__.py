"""Augmentations, with the random numbers of the NumPy engine."""
