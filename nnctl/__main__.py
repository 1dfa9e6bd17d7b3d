"""`python -m nnctl` is the command `nnctl`."""

from nnctl.cli import main

main()
