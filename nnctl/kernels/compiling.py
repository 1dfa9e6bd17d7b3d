"""How every kernel here is compiled. Only kernels' own modules import this: it imports Numba."""

import hashlib
from pathlib import Path

import numba
from numba import njit

from nnctl.kernels import cache


def _version() -> str:
    """A name for these kernels as they are: Numba looks at the file of a kernel, not at those of the kernels it calls,
    and would go on with what it compiled before they changed."""
    said = hashlib.sha256()
    for path in sorted(Path(__file__).parent.glob("*.py")):
        said.update(path.read_bytes())
    return said.hexdigest()[:16]


numba.config.CACHE_DIR = str(cache.folder() / _version())

# nogil: the shards' threads run side by side. cache: compiled once on a machine, and kept. contract: a product and a
# sum may be one instruction; all else is as written, so that NaN comes out where NaN went in.
kernel = njit(nogil=True, cache=True, error_model="numpy", fastmath={"contract"})
