"""An image put between zeros, and taken out again."""

from nnctl.kernels.toolchain.jit import kernel
from nnctl.kernels.toolchain.pointers import copy_line


@kernel
def beside_zeros(x, padded, before):
    """Puts the image into `padded`, behind so many zeros of each row; those are there."""
    width, channels = x.shape[1], x.shape[2]
    for i in range(x.shape[0]):
        copy_line(x, i * width * channels, padded, (i * padded.shape[1] + before) * channels, width * channels)


@kernel
def images_beside_zeros(x, first, count, padded, before):
    """Several images from `first` on, in padded (images, height, width + zeros, channels); as they are where that has no
    room, since there are no zeros."""
    if padded.size == 0:
        return x[first : first + count]
    for k in range(count):
        beside_zeros(x[first + k], padded[k], before)
    return padded[:count]


@kernel
def copy_inside(padded, x, before):
    """The image from between the zeros."""
    width, channels = x.shape[1], x.shape[2]
    for i in range(x.shape[0]):
        copy_line(padded, (i * padded.shape[1] + before) * channels, x, i * width * channels, width * channels)
