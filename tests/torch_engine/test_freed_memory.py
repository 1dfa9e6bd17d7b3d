"""Freed memory is kept for the next iteration."""

import os
import platform
import subprocess
import sys

import pytest

from nnctl.torch_engine.freed_memory import CHOSEN_BY_USER

SCRIPT = """
import resource
import sys
from nnctl.torch_engine.freed_memory import keep_freed_memory

kept = keep_freed_memory() if sys.argv[1] == "keep" else None
def faults():
    blocks = [b"x" * 24_000_000 for _ in range(3)]  # together more than glibc keeps by itself
    del blocks
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt
faults()
before = faults()
print(kept, faults() - before)
"""
pytestmark = pytest.mark.skipif(
    sys.platform != "linux" or platform.libc_ver()[0] != "glibc", reason="mallopt is glibc's"
)


def run(argument, **environment):
    clean = {key: value for key, value in os.environ.items() if key not in CHOSEN_BY_USER}
    command = [sys.executable, "-c", SCRIPT, argument]
    done = subprocess.run(command, env=clean | environment, capture_output=True, text=True, check=True)
    kept, faults = done.stdout.split()
    return kept, int(faults)


def test_pages_are_not_faulted_in_again():
    kept, faults = run("keep")
    assert kept == "True"
    assert faults < 100 < run("leave")[1]


def test_what_the_user_has_chosen_stays():
    assert run("keep", MALLOC_TRIM_THRESHOLD_="1000000")[0] == "False"
