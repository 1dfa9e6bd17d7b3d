"""Layers with a memory: each time step sees the input and what the steps before it left behind."""
