"""Images padded with zeros, and taken out of the padding again."""

from nnctl.kernels.toolchain.jit import kernel
from nnctl.kernels.toolchain.pointers import copy_line


@kernel
def beside_zeros(x, padded, before):
    """Copies the image into `padded`, after `before` zeros of each row, which are there already."""
    width, channels = x.shape[1], x.shape[2]
    for i in range(x.shape[0]):
        copy_line(x, i * width * channels, padded, (i * padded.shape[1] + before) * channels, width * channels)


@kernel
def images_beside_zeros(x, first, count, padded, before):
    """Several images from `first` on, in padded (images, height, width + zeros, channels); as they are where that is
    empty, because no zeros are needed."""
    if padded.size == 0:
        return x[first : first + count]
    for k in range(count):
        beside_zeros(x[first + k], padded[k], before)
    return padded[:count]


@kernel
def copy_inside(padded, x, before):
    """Copies the image out of the padding."""
    width, channels = x.shape[1], x.shape[2]
    for i in range(x.shape[0]):
        copy_line(padded, (i * padded.shape[1] + before) * channels, x, i * width * channels, width * channels)
