"""Solves that end when they take too long, or when something newer is asked for."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from thermalent.support.errors import ThermalentError
from thermalent.support.progress import told_to


class TooSlowError(ThermalentError, TimeoutError):
    """A solve took longer than a page can wait for."""


class _Stop(BaseException):
    """Ends a solve from within what it reports; no part of a solver may catch it."""


@contextmanager
def within_seconds(seconds: float, stop: Callable[[], bool] = lambda: False) -> Iterator[None]:
    """Let a solve within run for so long, looked at whenever it reports how far it is.

    Args:
        seconds: Until it is ended.
        stop: Whether to end it at once.

    Raises:
        TooSlowError: it was ended.
    """
    end = time.monotonic() + seconds

    def look(_: str) -> None:
        if stop() or time.monotonic() > end:
            raise _Stop

    try:
        with told_to(look):
            yield
    except _Stop:
        raise TooSlowError(
            f"This takes longer than {seconds:g} s, which is too long for a page that moves. The "
            "code below has all the time it needs; fewer poles, a smaller quality factor or a "
            "lower temperature are faster."
        ) from None
