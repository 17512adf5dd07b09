"""Ctrl-C at a time of the test's choice."""

import signal
from contextlib import contextmanager


@contextmanager
def interruption_after(seconds):
    """Ctrl-C, by a timer."""

    def interrupt(*_):
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGALRM, interrupt)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
