"""The figures of one output of the model, a file for each kind."""
