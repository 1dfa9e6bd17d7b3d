"""What is held against each other before training: data, layers, losses."""
