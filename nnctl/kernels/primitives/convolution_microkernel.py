"""The tiles that convolutions alone ask for (kernels/primitives/gemm_microkernel.py): to compile them takes a
second."""

from nnctl.kernels.primitives.gemm_microkernel import function

tile_of_two, tile_over = function("nnctl_tile_of_two"), function("nnctl_tile_over")
tile_across, tile_across_two = function("nnctl_tile_across"), function("nnctl_tile_across_two")
