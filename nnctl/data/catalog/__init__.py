"""Data sets that nnctl knows by name: bundled with it, or downloaded once."""
