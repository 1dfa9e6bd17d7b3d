"""The mathematics: layers, activations, losses, optimizers and metrics, each declared once."""
