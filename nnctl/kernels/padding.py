"""An image put between zeros, and taken out again."""

from nnctl.kernels.compiling import kernel
from nnctl.kernels.memory import copy_line


@kernel
def beside_zeros(x, padded, before):
    """The image with zeros beside it, in `padded`, where there is room for that; else as it is."""
    if padded.size == 0:
        return x
    width, channels = x.shape[1], x.shape[2]
    for i in range(x.shape[0]):
        copy_line(x, i * width * channels, padded, (i * padded.shape[1] + before) * channels, width * channels)
    return padded[: x.shape[0]]


@kernel
def images_beside_zeros(x, first, count, padded, before):
    """The same of several images from `first` on, for which padded (images, height, width + zeros, channels) has room,
    or of which none has zeros."""
    if padded.size == 0:
        return x[first : first + count]
    height, width, channels = x.shape[1:]
    for k in range(count):
        for i in range(height):
            place = ((k * height + i) * padded.shape[2] + before) * channels
            copy_line(x, ((first + k) * height + i) * width * channels, padded, place, width * channels)
    return padded[:count]


@kernel
def copy_inside(padded, x, before):
    """The image from between the zeros."""
    width, channels = x.shape[1], x.shape[2]
    for i in range(x.shape[0]):
        copy_line(padded, (i * padded.shape[1] + before) * channels, x, i * width * channels, width * channels)
