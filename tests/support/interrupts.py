"""Ctrl-C at a time of the test's choice."""

import gc
import signal
import threading
import time
from contextlib import contextmanager


@contextmanager
def interruption_after(seconds, *, computed=False):
    """Ctrl-C after some seconds.

    Args:
        seconds: How many.
        computed: Of CPU time of the process, so that as much is done by then on a busy machine;
            else by the clock, for what only waits.
    """

    def interrupt(*_):
        raise KeyboardInterrupt

    over = threading.Event()

    def watch():
        now = time.process_time if computed else time.monotonic
        end = now() + seconds
        while now() < end:
            if over.wait(0.01):
                return
        # To the main thread, which a timer of CPU time would not wake.
        signal.pthread_kill(threading.main_thread().ident, signal.SIGALRM)

    # Hypothesis has Python call a function after each search for garbage, and an exception of a
    # signal's handler in there is lost.
    callbacks, gc.callbacks[:] = list(gc.callbacks), []
    before = signal.signal(signal.SIGALRM, interrupt)
    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield
    finally:
        over.set()
        watcher.join()
        signal.signal(signal.SIGALRM, before)
        gc.callbacks[:] = callbacks
