"""The torch engine: the same models, computed by PyTorch on CPUs and GPUs."""
