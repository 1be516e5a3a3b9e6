"""A bound on wall-clock time that holds within one slow step as well."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

_AGAIN = 0.05
"""Seconds after which the alarm is repeated: one that comes while an object is freed is lost."""
_CALLED_BY_PYTHON = frozenset({"gc_callback", "__del__"})
"""Functions that Python calls by itself and whose exceptions it prints and forgets."""
_GRACE = 0.2
"""Seconds that a step may take longer, so that :func:`check` ends most searches between two."""


class TimeIsOver(BaseException):
    """The search has run as long as it may. No handler of errors must catch it."""


@contextmanager
def limit(seconds: float) -> Iterator[None]:
    """Raise ``TimeIsOver`` in what runs below once the seconds are over.

    Where there are no alarms (another thread, Windows), only :func:`check` keeps the time.
    """
    can = hasattr(signal, "setitimer") and threading.current_thread() is threading.main_thread()
    if not can:
        yield
        return
    running = True

    def over(_number: int, frame: FrameType | None) -> None:
        lost = frame is not None and frame.f_code.co_name in _CALLED_BY_PYTHON
        if running and not lost:
            raise TimeIsOver

    before = signal.signal(signal.SIGALRM, over)
    signal.setitimer(signal.ITIMER_REAL, max(seconds, 0.0) + _GRACE, _AGAIN)
    try:
        yield
    finally:
        running = False
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def check(deadline: float) -> None:
    """Raise ``TimeIsOver`` once a moment of the monotonic clock is past."""
    if time.monotonic() > deadline:
        raise TimeIsOver
