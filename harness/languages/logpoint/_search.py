"""Search expressions: words in msg and field comparisons, OR before AND."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from harness.errors import Fault
from harness.ir import (
    TEXT,
    TRUE,
    Anything,
    Atom,
    Case,
    Equals,
    Glob,
    Not,
    Operator,
    Order,
    Ordered,
    Predicate,
    Scalar,
    View,
    Wild,
    all_of,
    any_of,
    as_number,
    as_text,
    fold,
)
from harness.ir.checks import Piece
from harness.languages._lexing import END, Cursor, Lexer, Token, unsupported
from harness.languages._on_scope import on, undecided
from harness.languages._scope import Scope
from harness.languages.logpoint._semantics import OPERATORS
from harness.source import QuerySyntaxError, Source, Span, Unsupported

_CHAR = r"!(?!=)|/(?!\*)"
_STOP = r"\s\"'()\[\],|=<>!/"
LEXER = Lexer(
    {
        "_blank": r"\s+",
        "_comment": r"/\*.*?\*/",
        "STRING": r'"[^"]*"|\'[^\']*\'',
        "OPEN": r"\(",
        "CLOSE": r"\)",
        "BEGIN": r"\[",
        "END_LIST": r"\]",
        "COMMA": r",",
        "PIPE": r"\|",
        "OP": r"!=|<=|>=|=|<|>",
        "MINUS": r"-",
        "WORD": rf"(?:{_CHAR}|[^{_STOP}-])(?:{_CHAR}|[^{_STOP}])*",
    },
    re.DOTALL,
)
_KEYWORDS = frozenset({"process", "filter", "search", "chart", "and", "in", "or"})
_FIELD = re.compile(r"[\w.]+")
_ORDERS = {"<": Order.LESS, "<=": Order.AT_MOST, ">": Order.GREATER, ">=": Order.AT_LEAST}
MESSAGE = "msg"
"""The field that words are looked up in."""


def read_tokens(source: Source) -> list[Token]:
    r"""Return the tokens of a query; text right beside a quoted text is not evaluated.

    The legacy converter writes ``\"`` inside quotes, and no page says what it stands for.
    """
    try:
        found = LEXER.tokens(source)
    except QuerySyntaxError:
        escaped = re.search(r'\\["\']', source.text)
        if escaped is None:
            raise
        raise _beside(source, Span(*escaped.span())) from None
    for left, right in pairwise(found):
        kinds = {left.kind, right.kind}
        if "STRING" in kinds and kinds <= {"STRING", "WORD"} and left.span.end == right.span.start:
            raise _beside(source, left.span.to(right.span))
    return found


def _beside(source: Source, span: Span) -> Unsupported:
    reason = "no page says whether a backslash escapes a quote, or what ends a quoted text"
    return unsupported(source, span, "a quote inside quotes", reason)


def is_word(token: Token, *texts: str) -> bool:
    """Return whether a token is one of these words, in any letter case."""
    return token.kind == "WORD" and token.text.lower() in texts


def unquote(token: Token) -> str:
    """Return the text of a word or quoted text; there are no escapes."""
    return token.text[1:-1] if token.kind == "STRING" else token.text


def pieces_of(text: str) -> tuple[Piece, ...]:
    """Return a value cut at its wildcards."""
    pieces: list[Piece] = []
    for part in re.split(r"([*?])", text):
        if part in ("*", "?"):
            if part == "?" or not pieces or pieces[-1] is not Wild.ANY:
                pieces.append(Wild.ANY if part == "*" else Wild.ONE)
        elif part:
            pieces.append(part)
    return tuple(pieces)


def _number(value: Scalar) -> tuple[int | float, ...]:
    number = as_number(value)
    if number is None:
        message = "ordering a text against a number is not documented"
        raise Fault(message)
    return (number,)


NUMBER_ONLY = View("number, undecided for text", _number)
"""The number; undecided for other text."""


@dataclass(frozen=True, slots=True)
class WholeWord:
    """The text holds these words, not continued by a letter, digit or underscore."""

    text: str
    case: Case
    open_start: bool = False
    open_end: bool = False

    def accepts(self, value: Any) -> bool:
        subject, wanted = fold(as_text(value), self.case), fold(self.text, self.case)
        at = subject.find(wanted)
        while at != -1:
            end = at + len(wanted)
            before = self.open_start or not (at and _joined(subject[at - 1], subject[at]))
            after = self.open_end or not (
                end < len(subject) and _joined(subject[end - 1], subject[end])
            )
            if before and after:
                return True
            at = subject.find(wanted, at + 1)
        return False

    def describe(self) -> str:
        return f"holds the word {self.text!r}"


def _joined(left: str, right: str) -> bool:
    """Return whether two neighbouring characters belong to one word."""
    return all(char.isalnum() or char == "_" for char in (left, right))


@dataclass(frozen=True, slots=True)
class SomeWord:
    """One word of the text matches the pattern as a whole."""

    glob: Glob

    def accepts(self, value: Any) -> bool:
        return any(self.glob.accepts(word) for word in re.findall(r"\w+", as_text(value)))

    def describe(self) -> str:
        return f"holds a word {self.glob.describe()}"


@dataclass(frozen=True, slots=True)
class Search:
    """A parser of search expressions; ``words`` is off where only comparisons may stand."""

    cursor: Cursor
    scope: Scope
    words: bool = True

    def conjunction(self) -> Predicate:
        """``conjunction := disjunction ("and"? disjunction)*``."""
        items = [self._disjunction()]
        while not self.cursor.at(END, "CLOSE", "PIPE"):
            if is_word(self.cursor.token, "and"):
                self.cursor.next()
            items.append(self._disjunction())
        return all_of(*items)

    def _disjunction(self) -> Predicate:
        """``disjunction := negation ("or" negation)*``."""
        items = [self._negation()]
        while is_word(self.cursor.token, "or"):
            self.cursor.next()
            items.append(self._negation())
        return any_of(*items)

    def _negation(self) -> Predicate:
        """``negation := ("not" | "-") negation | primary``."""
        token = self.cursor.token
        compared = self.cursor.peek().kind == "OP"
        if token.kind == "MINUS" or (is_word(token, "not") and not compared):
            self.cursor.next()
            with self.cursor:
                return Not(self._negation())
        return self._primary()

    def _primary(self) -> Predicate:
        """``primary := "(" conjunction ")" | comparison | list | word``."""
        token = self.cursor.token
        if token.kind == "OPEN":
            return self._group()
        if token.kind == "BEGIN":
            reason = "joins and sequences of searches depend on several logs"
            self.cursor.unsupported("search in square brackets", reason)
        if token.kind not in ("WORD", "STRING"):
            self.cursor.fail(f"expected a search term, found {token}")
        self.cursor.next()
        if self.cursor.at("OP"):
            return self._comparison(self._name(token), token)
        following = self.cursor.token
        if is_word(following, "in") and self.cursor.peek().kind == "BEGIN":
            return self._list(self._name(token))
        if is_word(following, "not") and is_word(self.cursor.peek(), "in"):
            reason = "the vendor's examples negate as in -field IN [...]"
            self.cursor.unsupported("field NOT IN", reason, following.span)
        if is_word(following, "in") and token.kind == "WORD":
            self.cursor.fail("expected [ after IN", "write field IN [a, b]", following.span)
        if is_word(token, "and", "or", "in"):
            hint = "write a term on both sides, or quote the word to search for it"
            self.cursor.fail(f"{token} has no term on its left", hint, token.span)
        return self._word(token)

    def _group(self) -> Predicate:
        opening = self.cursor.next()
        if self.cursor.at("CLOSE"):
            self.cursor.fail("the parentheses are empty", "put a term between them", opening.span)
        with self.cursor:
            found = self.conjunction()
        if not self.cursor.take("CLOSE"):
            self.cursor.fail("this parenthesis is not closed", "add )", opening.span)
        return found

    def _name(self, token: Token) -> str:
        if token.kind == "STRING":
            return unquote(token)
        if token.text.lower() in _KEYWORDS or not _FIELD.fullmatch(token.text):
            message = f"the field name {token.text!r} is not quoted"
            self.cursor.fail(message, f'write "{token.text}"=...', token.span)
        return token.text

    def _comparison(self, field: str, name: Token) -> Predicate:
        """``comparison := field OP value``."""
        sign = self.cursor.next()
        text, end = self._value(f"a value after {sign.text!r}")
        span = name.span.to(end.span)
        target = self.scope.resolve(field)
        if sign.text in _ORDERS:
            bound = as_number(text)
            if bound is None:
                reason = "the vendor documents order for numbers only"
                self.cursor.unsupported(f"order against {text!r}", reason, end.span)
            order = Ordered(_ORDERS[sign.text], bound)
            return on(target, Atom(field="", check=order, view=NUMBER_ONLY, span=span))
        found = on(target, _equal(text, OPERATORS[sign.text], name, end))
        return Not(found) if sign.text == "!=" else found

    def _value(self, what: str) -> tuple[str, Token]:
        """``value := STRING | WORD | "-" WORD?``; a sign belongs to the word that follows it."""
        first = self.cursor.expect(("STRING", "WORD", "MINUS"), what)
        text, last = unquote(first), first
        while first.kind != "STRING" and self.cursor.token.span.start == last.span.end:
            if not self.cursor.at("WORD", "MINUS"):
                break
            last = self.cursor.next()
            text += last.text
        return text, last

    def _list(self, field: str) -> Predicate:
        """``list := field "in" "[" value ("," value)* "]"``."""
        name = self.cursor.previous
        self.cursor.next()
        opening = self.cursor.next()
        items: list[str] = []
        while not self.cursor.at("END_LIST", END):
            if items:
                self.cursor.expect("COMMA", "a comma or ]")
            items.append(self._value("a value of the list")[0])
        closing = self.cursor.token
        if not self.cursor.take("END_LIST"):
            self.cursor.fail("this list is not closed", "add ]", opening.span)
        if not items:
            self.cursor.fail("the list is empty", "put a value in it", opening.span)
        target = self.scope.resolve(field)
        return any_of(*(on(target, _equal(item, OPERATORS["IN"], name, closing)) for item in items))

    def _word(self, token: Token) -> Predicate:
        """``word := WORD | STRING``, looked up in ``msg``; whole words or not is not stated."""
        if not self.words:
            reason = "filter compares computed fields"
            self.cursor.unsupported("word in filter", reason, token.span)
        pieces, case = pieces_of(unquote(token)), OPERATORS["word"].case
        if pieces == (Wild.ANY,):
            return TRUE
        literals = [piece for piece in pieces if isinstance(piece, str)]
        if not literals:
            reason = "what a term without any letter finds is not documented"
            self.cursor.unsupported("empty term", reason, token.span)
        target = self.scope.resolve(MESSAGE)
        inside = Glob((Wild.ANY, *pieces, Wild.ANY), case)
        part = on(target, Atom(field="", check=inside, span=token.span))
        opened, closed = pieces[0] is Wild.ANY, pieces[-1] is Wild.ANY
        if len(pieces) == 1 + opened + closed and len(literals) == 1:
            whole: WholeWord | SomeWord = WholeWord(literals[0], case, opened, closed)
        elif all(re.fullmatch(r"\w+", text) for text in literals):
            whole = SomeWord(Glob(pieces, case))
        else:
            reason = "how wildcards inside a phrase match is not documented"
            self.cursor.unsupported("wildcard in a phrase", reason, token.span)
        return undecided(on(target, Atom(field="", check=whole, span=token.span)), part)


def _equal(text: str, operator: Operator, name: Token, end: Token) -> Atom:
    """Return the test of a value: existence, a pattern, or the whole text."""
    pieces, span = pieces_of(text), name.span.to(end.span)
    check: Anything | Glob | Equals
    if pieces == (Wild.ANY,):
        check = Anything()
    elif any(not isinstance(piece, str) for piece in pieces):
        check = Glob(pieces, operator.case)
    else:
        check = Equals(text, operator.case)
    return Atom(field="", check=check, view=TEXT, span=span)
