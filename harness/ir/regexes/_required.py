"""Texts of which a regular expression needs one: without it there is no match to look for.

The syntax tree comes from the standard library; a pattern that it reads otherwise than the
dialect does gives nothing. Only characters count that no dialect treats as anything else.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any

from harness.ir.values import Case, fold

_DIALECTS = frozenset({"pcre", "python", "re2", "rust", "java", "dotnet"})
_MOST = 64
"""Alternatives that are worth looking for."""
_DEEPEST = 50

_COMMON = frozenset('abcdefghijklmnopqrstuvwxyz0123456789 .:-_/\\"=,()')
_RARE = 3
_SAME = "\t\n\r\f"
"""Control characters whose escapes mean the same in every dialect."""

Texts = frozenset[str]


@lru_cache(maxsize=16384)
def required_texts(pattern: str, dialect: str, *, case: Case, flags: str) -> Texts:
    """Return folded texts of which every match holds one; nothing if there are none.

    A text that matches holds it once it is folded by ``Case.UNICODE``.
    """
    if dialect not in _DIALECTS or "x" in flags:
        return frozenset()
    try:
        from re import _parser  # type: ignore[attr-defined]  # noqa: PLC0415 (may go)

        with warnings.catch_warnings():
            warnings.simplefilter("error")
            tree = _parser.parse(pattern)
    except (ImportError, re.error, RecursionError, OverflowError, Warning, ValueError):
        return frozenset()
    if tree.state.flags & re.VERBOSE:
        return frozenset()
    caseless = case is not Case.SENSITIVE or "i" in flags or "(?" in pattern
    return _best(_of_sequence(tree, 0, caseless=caseless)) or frozenset()


def rarity(text: str) -> int:
    """Return how seldom a text is likely to be found in the values of events.

    It is the length, where signs that commands and paths rarely hold count more.
    """
    return sum(1 if char in _COMMON else _RARE for char in text)


def _best(found: Iterable[Texts]) -> Texts | None:
    """Return the texts that will be found least: even the most frequent of them is rare."""
    return max(found, key=lambda texts: min(map(rarity, texts)), default=None)


def _of_sequence(items: Sequence[Any], depth: int, *, caseless: bool) -> list[Texts]:
    """Return every set of texts that a sequence needs one of."""
    found: list[Texts] = []
    run = ""
    if depth > _DEEPEST:
        return found
    for operator, argument in items:
        char = _char(str(operator), argument, caseless=caseless)
        if char:
            run += char
            continue
        if run:
            found.append(frozenset([run]))
            run = ""
        found.extend(_of_item(str(operator), argument, depth + 1, caseless=caseless))
    if run:
        found.append(frozenset([run]))
    return found


def _of_item(operator: str, argument: Any, depth: int, *, caseless: bool) -> list[Texts]:
    match operator:
        case "SUBPATTERN":
            return _of_sequence(argument[-1], depth, caseless=caseless)
        case "ATOMIC_GROUP":
            return _of_sequence(argument, depth, caseless=caseless)
        case "MAX_REPEAT" | "MIN_REPEAT" | "POSSESSIVE_REPEAT" if argument[0] > 0:
            return _of_sequence(argument[2], depth, caseless=caseless)
        case "BRANCH":
            return _of_branches(argument[1], depth, caseless=caseless)
        case _:
            return []


def _of_branches(branches: Sequence[Any], depth: int, *, caseless: bool) -> list[Texts]:
    texts: set[str] = set()
    for one in branches:
        best = _best(_of_sequence(one, depth, caseless=caseless))
        if best is None:
            return []
        texts |= best
    return [frozenset(texts)] if len(texts) <= _MOST else []


def _char(operator: str, argument: Any, *, caseless: bool) -> str:
    """Return the one character, folded, that an item stands for; empty for anything else."""
    if operator == "IN":
        chars = {_char(str(inner), value, caseless=caseless) for inner, value in argument}
        return chars.pop() if len(chars) == 1 else ""
    if operator != "LITERAL":
        return ""
    char = chr(argument)
    if not (char.isprintable() or char in _SAME) or (
        caseless and (not char.isascii() or char in "sS")
    ):
        return ""  # of ASCII, only s equals a letter that folding keeps apart: U+017F
    return fold(char, Case.UNICODE)
