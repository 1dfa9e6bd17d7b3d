"""Recurrent layers: each time step sees its input and the state that the steps before it have left."""
