"""The folder of compiled kernels does not grow with every version."""

import os
import time

from nnctl.kernels import cache


def test_what_is_long_unused_is_removed(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    old, new, mine = (cache.folder() / name for name in ("0123456789abcdef", "fedcba9876543210", cache.version()))
    file = cache.folder() / "nnctl_tile-0123456789abcdef.o"
    for folder in (old, new, mine):
        folder.mkdir()
        (folder / "code.so").write_bytes(b"code")
    file.write_bytes(b"code")
    before = time.time() - cache.UNUSED - 60
    for path in (old, mine, file):
        os.utime(path, (before, before))

    assert cache.of_version() == mine  # looked for, and so in use
    cache.tidy()
    assert sorted(cache.folder().iterdir()) == sorted([new, mine, file])
