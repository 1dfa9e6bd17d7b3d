"""The lowering table: for each layer, activation, loss and regularizer, the function that computes it in PyTorch."""
