"""From columns to tensors: the preprocessing that is fitted on the training rows."""
