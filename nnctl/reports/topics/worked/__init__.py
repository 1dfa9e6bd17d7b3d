"""Worked examples: small inputs, and what nnctl's own code computes from them."""
