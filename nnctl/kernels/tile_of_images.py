"""The tiles of several images (kernels/tile.py), which take a second to compile and convolutions alone ask for."""

from nnctl.kernels.tile import function

tile_of_two, tile_over = function("nnctl_tile_of_two"), function("nnctl_tile_over")
