"""Advice on layers."""

from nnctl.reports.topics.guidance.layers import images, sequences, vectors

GUIDES = {**vectors.GUIDES, **sequences.GUIDES, **images.GUIDES}
