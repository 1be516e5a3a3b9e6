"""Trying again what a busy server put off, with growing and random pauses."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import tenacity

from harness.engines._base import EngineFailure

BUSY = frozenset({429, 502, 503, 504})
"""HTTP states that say "later" rather than "no"."""
LONGEST_PAUSE = 8.0
_First = TypeVar("_First")


class Later(EngineFailure):
    """The server puts the request off; ``after`` is the seconds that it asks for."""

    def __init__(self, message: str, after: float = 0.0) -> None:
        super().__init__(message)
        self.after = after


def patiently(action: Callable[[], _First], *, patience: float) -> _First:
    """Return what an action gives, tried again while the server says "later".

    A server that asks for a pause gets it. Raises what the last try raised where the next one
    would begin after more than ``patience`` seconds.
    """
    pauses = tenacity.wait_random_exponential(multiplier=0.1, max=LONGEST_PAUSE)

    def pause(state: tenacity.RetryCallState) -> float:
        error = state.outcome.exception() if state.outcome else None
        asked = error.after if isinstance(error, Later) else 0.0
        return max(asked, pauses(state))

    trying = tenacity.Retrying(
        retry=tenacity.retry_if_exception_type(Later),
        stop=tenacity.stop_before_delay(patience),
        wait=pause,
        reraise=True,
    )
    return trying(action)
