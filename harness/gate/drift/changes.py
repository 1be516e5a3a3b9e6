"""The classes of change that another version of a converter may bring."""

from __future__ import annotations

from enum import StrEnum


class Change(StrEnum):
    """What another version of a converter does to one translation of one rule."""

    SAME = "same-text"
    TEXT = "text-changed"
    VERDICTS = "verdicts-changed"
    NEWLY_INVALID = "newly-invalid"
    NEWLY_READABLE = "newly-readable"
    NEWLY_NOT_CONVERTIBLE = "newly-not-convertible"
    NEWLY_CONVERTIBLE = "newly-convertible"
    UNDECIDABLE = "undecidable"
    NOT_CONVERTED = "not-converted"


MEANING = {
    Change.SAME: "the query has the same text",
    Change.TEXT: "the text changes, no verdict does",
    Change.VERDICTS: "the verdict on some event changes",
    Change.NEWLY_INVALID: "the language rejects the new query and took the old one",
    Change.NEWLY_READABLE: "the language takes the new query and rejected the old one",
    Change.NEWLY_NOT_CONVERTIBLE: "the new version makes no query, the old one did",
    Change.NEWLY_CONVERTIBLE: "the new version makes a query, the old one made none",
    Change.UNDECIDABLE: "the text changes, and a query or the rule is not evaluated yet",
    Change.NOT_CONVERTED: "neither version makes a query",
}


class Direction(StrEnum):
    """What a changed verdict is, measured by the event's label."""

    WORSE = "worse"
    """It was right: a malicious event is missed now, or a benign one fires."""
    BETTER = "better"
    """It was wrong, and is right now."""
    OPEN = "open"
    """It is wrong in another way, or the event was changed so that the label does not bind."""
