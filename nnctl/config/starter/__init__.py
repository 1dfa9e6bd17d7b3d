"""A first config for data: looks at them, and chooses every key with a reason. `nnctl init --from` writes it."""
