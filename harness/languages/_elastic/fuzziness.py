"""Elasticsearch's ``fuzziness``: how many edits a fuzzy term allows.

https://github.com/elastic/elasticsearch/blob/main/server/src/main/java/org/elasticsearch/common/unit/Fuzziness.java
"""

from __future__ import annotations

import math

from harness.languages._elastic.types import FieldError

_AUTO_LOW, _AUTO_HIGH = 3, 6
_MOST = 2


def fuzzy_distance(distance: str | int, text: str, *, loose: bool = False) -> int:
    """Return the number of edits that a fuzziness allows for a text; ``AUTO`` looks at length.

    ``loose`` reads any number as Elasticsearch 7 does: without its fraction, at most 2.
    """
    name = str(distance).strip().upper()
    if name.startswith("AUTO"):
        low, high = _AUTO_LOW, _AUTO_HIGH
        if name != "AUTO":
            low, high = _auto_bounds(name)
        return 0 if len(text) < low else 1 if len(text) < high else 2
    try:
        edits = float(name)
    except ValueError:
        edits = -1.0
    if loose and 0 <= edits < math.inf:
        return min(int(edits), _MOST)
    if edits not in {0.0, 1.0, 2.0}:
        message = f"fuzziness {str(distance)[:20]!r} is none of 0, 1, 2 and AUTO"
        raise FieldError(message)
    return int(edits)


def _auto_bounds(name: str) -> tuple[int, int]:
    low, _, high = name.removeprefix("AUTO:").partition(",")
    if not (low.isdecimal() and high.isdecimal() and len(low + high) < len("1234567890")):
        message = f"fuzziness {name[:20]!r} is not of the form AUTO:low,high"
        raise FieldError(message)
    return int(low), int(high)
