"""What a dialect says of its own syntax."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from harness.languages._lexing import Token
from harness.languages._sql.cursor import SqlCursor
from harness.languages._sql.special import Found, Read


@dataclass(frozen=True, slots=True, kw_only=True)
class Grammar:
    """Operators with their precedence, higher ones bind tighter, and words with a meaning.

    ``binary`` are signs and words between two operands, ``tests`` the words that begin a test
    of the operand before them, ``single`` the levels at which operators do not follow each
    other. ``unescape`` gives the value of a text token, ``names`` that of a name.
    """

    title: str
    binary: Mapping[str, int]
    tests: Mapping[str, int]
    negation: int
    minus: int
    reserved: frozenset[str]
    unescape: Callable[[Token], str]
    single: frozenset[int] = frozenset()
    patterns: frozenset[str] = frozenset()
    """Tests of a pattern, which may be followed by ESCAPE where ``escape`` says so."""
    escape: frozenset[str] = frozenset()
    ternary: bool = False
    """Whether ``a ? b : c`` is an expression."""
    arrow: bool = False
    """Whether ``x -> body`` is a function of elements; else ``lambda x: body`` is."""
    quantified: bool = False
    """Whether ``= ANY (list)`` is a test."""
    joined: Mapping[str, str] = field(default_factory=dict)
    """Other spellings of operators."""
    special: Mapping[str, Callable[[SqlCursor, Read], Found]] = field(default_factory=dict)
    """Functions whose arguments are written with words between them."""

    def is_name(self, token: Token) -> bool:
        """Return whether a token can name a column, a table or a function."""
        if token.kind == "QUOTED":
            return True
        return token.kind == "NAME" and token.text.upper() not in self.reserved
