"""Layers for sequences: recurrent ones, masks, embeddings, attention."""

# id: (layer as a config writes it, input shapes without the batch axis)
CASES = {}
