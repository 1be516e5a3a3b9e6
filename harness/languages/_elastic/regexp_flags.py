"""The flags of Elasticsearch's regular expressions as letters of the Lucene dialect.

https://www.elastic.co/guide/en/elasticsearch/reference/8.13/regexp-syntax.html
"""

from __future__ import annotations

from harness.languages._elastic.types import FieldError

_SWITCHES = {
    "COMPLEMENT": "~",
    "INTERSECTION": "&",
    "ANYSTRING": "@",
    "EMPTY": "#",
    "INTERVAL": "<",
}
_CLASSES_SINCE = (8, 0)
"""Before, ``\\d``, ``\\s`` and ``\\w`` are plain letters (ran on 7.10.2, 7.17.29 and 8.0.0)."""


def regexp_flags(flags: str, release: tuple[int, int], *, complement: bool = True) -> str:
    """Return the letters of what Elasticsearch's flag names, joined by ``|``, leave off.

    ``complement`` is whether "all" includes it.
    """
    names = {name.strip().upper() for name in flags.split("|")}
    unknown = names - set(_SWITCHES) - {"ALL", "NONE", ""}
    if unknown:
        message = f"unknown regexp flag {min(unknown)!r}"
        raise FieldError(message)
    on = (names | set(_SWITCHES)) - (set() if complement else {"COMPLEMENT"} - names)
    off = "".join(_SWITCHES[x] for x in _SWITCHES if x not in (on if "ALL" in names else names))
    return off + ("8" if release < _CLASSES_SINCE else "")
