"""The function `train` of the generated file: the config's loss, optimizer and schedule in PyTorch's words."""
