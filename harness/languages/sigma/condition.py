"""The condition of a rule: search identifiers joined by and, or, not, and selectors."""

from __future__ import annotations

import re
from collections.abc import Mapping
from difflib import get_close_matches
from typing import NoReturn

from harness.ir import Glob, Not, Predicate, all_of, any_of
from harness.languages._lexing import Cursor, Lexer, Token
from harness.languages.sigma.detection import Reader, Search
from harness.languages.sigma.text import parse_text
from harness.source import QuerySyntaxError, Source, Span
from harness.yamlsource import YamlScalar

# pySigma 2.0.1, conditions.py: names are made of ASCII letters, digits, '_' and '-', selector
# patterns of letters, digits, '_' and '*'; the operators are lower case.
_LEXER = Lexer(
    {"_blank": r"\s+", "WORD": r"[A-Za-z0-9_*-]+", "OPEN": r"\(", "CLOSE": r"\)", "PIPE": r"\|"}
)
_QUANTIFIERS = {"1": any_of, "any": any_of, "all": all_of}
_OPERATORS = frozenset({"and", "or", "not"})
_NO_PIPE = "write a correlation rule; aggregations after '|' are gone since Sigma 2"
_PATTERN = re.compile(r"[A-Za-z0-9_*]+")


def read_condition(node: YamlScalar, searches: Mapping[str, Search], reader: Reader) -> Predicate:
    """condition: or END."""
    cursor = Cursor(reader.source, _tokens(node, reader.source))
    parser = _Parser(cursor, searches, reader)
    predicate = parser.disjunction()
    if not cursor.at("END"):
        parser.refuse_rest()
    return predicate


def _tokens(node: YamlScalar, source: Source) -> list[Token]:
    """Return the tokens of a condition, placed in the rule."""
    try:
        tokens = _LEXER.tokens(Source(str(node.value)))
    except QuerySyntaxError as error:
        place = node.part(error.span.start, error.span.end)
        hint = "use names, 'and', 'or', 'not', '1 of', 'all of' and parentheses"
        if "|" in str(node.value)[: error.span.start]:
            hint = _NO_PIPE
        raise QuerySyntaxError(error.message, source, place, hint) from error
    return [
        Token(token.kind, token.text, node.part(token.span.start, token.span.end))
        for token in tokens
    ]


class _Parser:
    def __init__(self, cursor: Cursor, searches: Mapping[str, Search], reader: Reader) -> None:
        self._cursor = cursor
        self._searches = searches
        self._reader = reader

    def disjunction(self) -> Predicate:
        """or: and ('or' and)*."""
        with self._cursor:
            items = [self._conjunction()]
            while self._cursor.at_text("or"):
                self._cursor.next()
                items.append(self._conjunction())
            return any_of(*items)

    def _conjunction(self) -> Predicate:
        """and: not ('and' not)*."""
        items = [self._negation()]
        while self._cursor.at_text("and"):
            self._cursor.next()
            items.append(self._negation())
        return all_of(*items)

    def _negation(self) -> Predicate:
        """not: 'not' not | operand."""
        with self._cursor:
            if self._cursor.at_text("not"):
                self._cursor.next()
                return Not(self._negation())
            return self._operand()

    def _operand(self) -> Predicate:
        """operand: '(' or ')' | QUANTIFIER 'of' PATTERN | NAME."""
        cursor = self._cursor
        if cursor.take("OPEN"):
            inner = self.disjunction()
            if not cursor.at("CLOSE"):
                self.refuse_rest("')'")
            cursor.next()
            return inner
        if not cursor.at("WORD"):
            cursor.fail(f"expected the name of a search, found {cursor.token}")
        if cursor.token.text in _QUANTIFIERS and cursor.peek().text == "of":
            return self._selector()
        return self._name()

    def _selector(self) -> Predicate:
        """selector: ('1' | 'any' | 'all') 'of' ('them' | PATTERN)."""
        cursor = self._cursor
        start = cursor.next()
        cursor.next()
        if cursor.at("OPEN"):
            cursor.fail("a selector lists names", "give the names a prefix, and use '1 of prefix*'")
        pattern = cursor.expect("WORD", "'them' or a name pattern")
        if not _PATTERN.fullmatch(pattern.text):
            cursor.fail("a name pattern holds '-'", "use '*' in its place", pattern.span)
        self._reader.count(len(self._searches) * len(pattern.text) // 16, pattern.span)
        names = self._selected(pattern.text)
        if not names:
            self._refuse_unknown(pattern, f"'{pattern.text}' selects no search")
        place = start.span.to(pattern.span)
        return _QUANTIFIERS[start.text](*(self._search(name, place) for name in names))

    def _selected(self, pattern: str) -> list[str]:
        """Return the names that a pattern selects; '_' hides a name unless asked for."""
        pieces = parse_text("*" if pattern == "them" else pattern).pieces
        hidden = pattern.startswith("_")
        return [
            name
            for name in self._searches
            if Glob(pieces).accepts(name) and (hidden or not name.startswith("_"))
        ]

    def _name(self) -> Predicate:
        """name: WORD, the name of a search."""
        token = self._cursor.next()
        if "*" in token.text:
            hint = f"write '1 of {token.text}' or 'all of {token.text}'"
            self._cursor.fail("a name pattern stands alone", hint, token.span)
        if token.text not in self._searches:
            self._refuse_unknown(token, f"there is no search '{token.text}'")
        return self._search(token.text, token.span)

    def _search(self, name: str, span: Span) -> Predicate:
        search = self._searches[name]
        self._reader.count(search.tests, span)
        return search.predicate

    def _refuse_unknown(self, token: Token, message: str) -> NoReturn:
        if token.text.lower() in _OPERATORS:
            hint = "write the operators in lower case, with a search on each side"
        else:
            near = get_close_matches(token.text, self._searches, n=1)
            known = ", ".join(list(self._searches)[:20])
            hint = f"did you mean '{near[0]}'?" if near else f"known: {known}"
        self._cursor.fail(message, hint, token.span)

    def refuse_rest(self, wanted: str = "an operator") -> NoReturn:
        """Fail at a token where a condition, or a part of it, must end."""
        token = self._cursor.token
        previous = self._cursor.previous.text
        hint = ""
        if token.kind == "PIPE":
            hint = _NO_PIPE
        elif token.text == "of" and previous.isdigit():
            hint = "use '1 of' or 'all of'; other counts are not part of Sigma"
        elif token.text.lower() in _OPERATORS or previous.lower() in _OPERATORS:
            hint = "write the operators in lower case"
        self._cursor.fail(f"expected {wanted}, found {token}", hint)
