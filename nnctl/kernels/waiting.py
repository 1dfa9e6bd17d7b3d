"""Waiting for another thread without the interpreter lock and without sleep.

A thread that sleeps wakes up 50 to 150 microseconds after it is called, which is as long as many a layer takes; one
that looks again and again is there at once.
"""

from numba import types
from numba.extending import intrinsic

from nnctl.kernels.compiling import kernel


@intrinsic
def now(context, array):
    """The first number of an array as it is now: a plain read would be done once, before the loop."""

    def build(context, builder, signature, arguments):
        [kind], [value] = signature.args, arguments
        data = context.make_array(kind)(context, builder, value).data
        return builder.load_atomic(data, ordering="acquire", align=8)

    return types.int64(array), build


@kernel
def until(flag, wanted, looks):
    """Waits until flag[0] is at least `wanted`; gives up after so many looks, and says whether it is."""
    for _ in range(looks):
        if now(flag) >= wanted:
            return True
    return False
