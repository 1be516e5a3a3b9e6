"""Functions whose arguments standard SQL writes with words between them."""

from __future__ import annotations

from collections.abc import Callable

from harness.languages._sql.cursor import SqlCursor
from harness.languages._sql.tree import Constant, Node

Found = tuple[str, list[Node]] | None
"""The name of the function that is meant and its arguments; nothing for a plain call."""
Read = Callable[..., Node]
_TIGHT = 100
"""A level that no operator has, so that IN ends the operand before it."""


def position(cursor: SqlCursor, read: Read) -> Found:
    """``"POSITION" "(" part "IN" text ")"``: the arguments the other way round."""
    part = read(_TIGHT)
    if not cursor.word("IN"):
        return None
    text = read()
    cursor.expect("CLOSE", ")")
    return "position(in)", [text, part]


def substring(cursor: SqlCursor, read: Read) -> Found:
    """``"SUBSTRING" "(" text "FROM" start ("FOR" count)? ")"``."""
    items = [read()]
    if not cursor.word("FROM"):
        return None
    items.append(read())
    if cursor.word("FOR"):
        items.append(read())
    cursor.expect("CLOSE", ")")
    return "substring", items


def trim(cursor: SqlCursor, read: Read) -> Found:
    """``"TRIM" "(" ("BOTH" | "LEADING" | "TRAILING")? characters? "FROM" text ")"``."""
    side = next((one for one in ("BOTH", "LEADING", "TRAILING") if cursor.word(one)), "")
    items = [] if side and cursor.at_word("FROM") else [read()]
    if not cursor.word("FROM"):
        return None
    items.insert(0, read())
    cursor.expect("CLOSE", ")")
    return {"LEADING": "ltrim", "TRAILING": "rtrim"}.get(side, "trim"), items


def extract(cursor: SqlCursor, read: Read) -> Found:
    """``"EXTRACT" "(" part "FROM" time ")"``."""
    if not cursor.at("NAME", "STRING"):
        return None
    token = cursor.next()
    if not cursor.word("FROM"):
        return None
    item = read()
    cursor.expect("CLOSE", ")")
    return "date_part", [Constant("text", token.text.strip("'").lower(), token.span), item]
