"""What PyTorch does not have, written out in PyTorch.

A generated file contains copies of what it uses. These modules are read as text and
never imported; see `nnctl.interop.torch_code.copied`.
"""
