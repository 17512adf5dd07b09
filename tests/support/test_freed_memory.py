"""Freed memory is not given back to the system, which would clear it for the next block."""

import platform
import subprocess
import sys

import pytest

_FAULTS = """
import resource
import numpy as np
from thermalent.support.machine.freed_memory import keep_freed_memory
if {keep}:
    keep_freed_memory()
def block():
    return [np.ones(2**16) for _ in range(16)]
for _ in range(3):
    block()
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(10):
    block()
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


def faults(keep):
    """Pages that the system had to provide while ten blocks of 8 MB were made and freed."""
    code = _FAULTS.format(keep=keep)
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    return int(done.stdout)


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="other libraries decide otherwise")
def test_blocks_of_arrays_take_the_memory_of_those_before_them():
    """Of the 20480 pages of all blocks; without the call nearly all are provided anew."""
    assert faults(keep=True) < 1000
    assert faults(keep=False) > 10_000
