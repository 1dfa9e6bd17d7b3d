"""Checks before training: whether data, layers and losses belong together."""
