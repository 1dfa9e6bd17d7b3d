"""Layers: one module for each of nnctl/nn/layers/, imported once a model uses a layer of it."""
