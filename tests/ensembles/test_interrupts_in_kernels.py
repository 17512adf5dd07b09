"""Ctrl-C while numba reads a random generator must not end the process."""

import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from thermalent.support.machine.signals import deferring_signals

SCRIPT = Path(__file__).parent / "interrupted_often.py"


def test_trajectories_survive_a_thousand_interrupts():
    """Kernels called without deferring the handlers end this process within a hundred of them."""
    done = subprocess.run(
        [sys.executable, str(SCRIPT)], capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) > 50


def test_a_signal_is_handled_after_the_kernel():
    seen = []

    def handler(number, frame):
        seen.append(number)
        raise KeyboardInterrupt

    def kernel(value):
        signal.raise_signal(signal.SIGALRM)
        seen.append(value)
        return value

    before = signal.signal(signal.SIGALRM, handler)
    try:
        with pytest.raises(KeyboardInterrupt):
            deferring_signals(kernel)("ended")
        assert seen == ["ended", signal.SIGALRM]
        assert signal.getsignal(signal.SIGALRM) is handler
    finally:
        signal.signal(signal.SIGALRM, before)


def test_errors_and_results_pass_and_other_threads_are_left_alone():
    def failing():
        raise ValueError("the kernel's own")

    before = signal.getsignal(signal.SIGINT)
    with pytest.raises(ValueError, match="the kernel's own"):
        deferring_signals(failing)()
    assert signal.getsignal(signal.SIGINT) is before
    results = []
    thread = threading.Thread(target=lambda: results.append(deferring_signals(abs)(-3)))
    thread.start()
    thread.join()
    assert results == [3]
