"""From columns to tensors, and what is fitted on the training rows for that."""
