"""A predicate broken in one place, as translations come out broken."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from harness.ir import (
    AS_IS,
    And,
    AtLeast,
    Atom,
    Case,
    Definite,
    Equals,
    Glob,
    Not,
    Or,
    Predicate,
    Presence,
    Wild,
)

Break = tuple[str, Predicate]
_SPECIAL = ("*", "?")


def breaks(predicate: Predicate) -> Iterator[Break]:
    """Yield every predicate that is broken in one place, with the name of the break."""
    yield from _here(predicate)
    for at, item in enumerate(_items(predicate)):
        for name, broken in breaks(item):
            yield name, _with(predicate, at, broken)


def _items(node: Predicate) -> tuple[Predicate, ...]:
    match node:
        case And(items) | Or(items) | AtLeast(_, items):
            return items
        case Not(item) | Definite(item):
            return (item,)
        case _:
            return ()


def _with(node: Predicate, at: int, item: Predicate) -> Predicate:
    match node:
        case And(items) | Or(items) | AtLeast(_, items):
            return replace(node, items=(*items[:at], item, *items[at + 1 :]))
        case Not() | Definite():
            return replace(node, item=item)
        case _:
            raise AssertionError(node)


def _here(node: Predicate) -> Iterator[Break]:
    match node:
        case And(items) | Or(items) if len(items) > 1:
            for at in range(len(items)):
                yield "clause dropped", replace(node, items=(*items[:at], *items[at + 1 :]))
            yield "and for or", (Or if isinstance(node, And) else And)(items)
        case Not(item):
            yield "negation lost", item
        case Atom():
            yield from _in_atom(node)
        case Presence(field=field):
            yield "wrong field", replace(node, field=f"{field}X")
        case _:
            return


def _in_atom(atom: Atom) -> Iterator[Break]:
    if isinstance(atom.field, str):
        yield "wrong field", replace(atom, field=f"{atom.field}X")
    check = atom.check
    if isinstance(check, Equals | Glob) and check.case is not Case.SENSITIVE:
        yield "case rule flipped", replace(atom, check=replace(check, case=Case.SENSITIVE))
    match check:
        case Equals(value, case) if isinstance(value, str):
            yield "wildcard shifted", replace(atom, check=Glob((Wild.ANY, value), case))
            yield "wildcard shifted", replace(atom, check=Glob((value, Wild.ANY), case))
            if value.isdigit():
                yield "wrong type", replace(atom, view=AS_IS, check=Equals(value))
            for text in _escapes_lost(value):
                yield "escape lost", replace(atom, check=Glob(text, case))
        case Glob(pieces, case):
            for changed in _shifted(pieces):
                yield "wildcard shifted", replace(atom, check=Glob(changed, case))
            for at, piece in enumerate(pieces):
                for text in _escapes_lost(piece) if isinstance(piece, str) else ():
                    changed = (*pieces[:at], *text, *pieces[at + 1 :])
                    yield "escape lost", replace(atom, check=Glob(changed, case))


def _shifted(pieces: tuple[object, ...]) -> Iterator[tuple[object, ...]]:
    yield pieces[1:] if pieces[0] is Wild.ANY else (Wild.ANY, *pieces)
    yield pieces[:-1] if pieces[-1] is Wild.ANY else (*pieces, Wild.ANY)


def _escapes_lost(text: str) -> Iterator[tuple[object, ...]]:
    """Yield texts in which a character that needed an escape is lost, or is a wildcard."""
    for char in _SPECIAL:
        before, found, after = text.partition(char)
        if found:
            yield (before, Wild.ANY if char == "*" else Wild.ONE, after)
    before, found, after = text.partition("\\")
    if found:
        yield (f"{before}{after}",)


NAMES: tuple[str, ...] = (
    "clause dropped",
    "and for or",
    "negation lost",
    "case rule flipped",
    "wildcard shifted",
    "escape lost",
    "wrong field",
    "wrong type",
)
Breaks = Callable[[Predicate], Iterator[Break]]
