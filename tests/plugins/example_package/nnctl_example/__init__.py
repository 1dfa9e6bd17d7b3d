"""One component of each family of nnctl."""
