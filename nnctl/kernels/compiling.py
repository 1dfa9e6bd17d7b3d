"""How every kernel here is compiled. Only kernels' own modules import this: it imports Numba."""

import numba
from numba import njit

from nnctl.kernels import cache

numba.config.CACHE_DIR = str(cache.folder() / cache.version())

# nogil: the shards' threads run side by side. cache: compiled once on a machine, and kept. contract: a product and a
# sum may be one instruction; all else is as written, so that NaN comes out where NaN went in.
kernel = njit(nogil=True, cache=True, error_model="numpy", fastmath={"contract"})
