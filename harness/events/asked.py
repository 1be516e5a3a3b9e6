"""What a rule asks of its fields: their types, and where text stands that it looks for anywhere."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from enum import Enum
from typing import Any

from harness.ir import (
    ADDRESS,
    NUMBER,
    AnyField,
    Atom,
    Condition,
    Equals,
    Predicate,
    walk_predicate,
)
from harness.ir.nodes import expression_fields

FREE_TEXT = "Message"
"""The field that gets what a rule looks for anywhere in an event."""


class Asked(Enum):
    """The one type that all tests of a field ask for."""

    NUMBER = "long"
    BOOLEAN = "boolean"
    ADDRESS = "ip"


def types_of(predicate: Predicate) -> dict[str, Asked]:
    """Return the fields that are compared with numbers, booleans or networks alone."""
    tests: dict[str, set[Asked | None]] = {}
    addresses: dict[str, bool] = {}
    for path, test in _tests(predicate):
        tests.setdefault(path, set()).add(_type_of(test))
        addresses[path] = addresses.get(path, True) and _spells_address(test)
    found = {path: next(iter(types)) for path, types in tests.items() if len(types) == 1}
    wanted = {path: one for path, one in found.items() if one is not None}
    mixed = [path for path, types in tests.items() if Asked.ADDRESS in types and addresses[path]]
    return {**wanted, **dict.fromkeys(mixed, Asked.ADDRESS)}


def compared_with_networks(predicate: Predicate) -> frozenset[str]:
    """Return the fields of which some test wants an address."""
    return frozenset(
        path for path, test in _tests(predicate) if test is not None and test.view == ADDRESS
    )


def looks_anywhere(predicate: Predicate) -> bool:
    """Return whether a predicate looks for text in no field of its own."""
    return any(
        isinstance(one, Atom) and isinstance(one.field, AnyField)
        for one in walk_predicate(predicate)
    )


def _tests(predicate: Predicate) -> Iterator[tuple[str, Atom | None]]:
    for one in walk_predicate(predicate):
        if isinstance(one, Atom) and isinstance(one.field, str):
            yield one.field, one
        elif isinstance(one, Condition):
            yield from ((path, None) for path in expression_fields(one.expression))


def _type_of(test: Atom | None) -> Asked | None:
    if test is None:
        return None
    if test.view == ADDRESS:
        return Asked.ADDRESS
    if test.view == NUMBER:
        return Asked.NUMBER
    value = original(test, test.check.value) if isinstance(test.check, Equals) else ""
    if isinstance(value, bool):
        return Asked.BOOLEAN
    return Asked.NUMBER if isinstance(value, int | float) else None


def _spells_address(test: Atom | None) -> bool:
    if test is None or test.view == ADDRESS:
        return test is not None
    return isinstance(test.check, Equals) and is_address(test.check.value)


def is_address(value: Any) -> bool:
    """Return whether a value is the text of an IP address."""
    try:
        ipaddress.ip_address(value if isinstance(value, str) else "")
    except ValueError:
        return False
    return True


def original(test: Atom, value: Any) -> Any:
    """Return what an event holds where the view of a test shows a value."""
    return value if test.view.origin is None else test.view.origin(value)
