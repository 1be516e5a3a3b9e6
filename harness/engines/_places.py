"""Names of temporary places on a server: unique, recognisable, and with their age in them."""

from __future__ import annotations

import re
import secrets
from datetime import UTC, datetime

from harness.engines._base import Leftover

PREFIX = "harness-tmp-"
_FORM = "%Y%m%dt%H%M%S"
_NAME = re.compile(r"harness[-_]tmp[-_](\d{8}t\d{6})[-_][0-9a-f]{16}\Z")


def new_place(separator: str = "-") -> str:
    """Return a name that nobody else uses; ``separator`` where hyphens are not allowed."""
    at = datetime.now(UTC).strftime(_FORM)
    return f"{PREFIX}{at}-{secrets.token_hex(8)}".replace("-", separator)


def leftover(name: str) -> Leftover | None:
    """Return what a name of ours says; ``None`` for any other name."""
    found = _NAME.match(name)
    if found is None:
        return None
    try:
        made = datetime.strptime(found[1], _FORM).replace(tzinfo=UTC)
    except ValueError:
        return None
    return Leftover(name=name, made=made)
