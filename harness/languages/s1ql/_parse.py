"""Reads S1QL version 1 into a predicate."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TypeVar

from harness.errors import Diagnostic, Fault, InvalidInput
from harness.ir import (
    TEXT,
    Atom,
    Case,
    Check,
    Context,
    Equals,
    Glob,
    Has,
    Matches,
    Not,
    Ordered,
    Predicate,
    Presence,
    Query,
    Scalar,
    Truth,
    View,
    Wild,
    Within,
    all_of,
    any_of,
    as_number,
)
from harness.ir.regexes import RegexError, compile_regex
from harness.languages._lexing import END, Lexer, Token, syntax_error, unsupported
from harness.languages._nested import NestedCursor
from harness.languages._on_scope import undecided
from harness.languages.s1ql._semantics import (
    FORMS,
    LONGEST,
    MISSING,
    OPERATORS,
    ORDERS,
    PLAIN_CASE,
    Form,
    Kind,
)
from harness.source import QuerySyntaxError, Source, Span

MAX_LENGTH = 500_000
"""Characters of one query."""
LEXER = Lexer(
    {
        "_blank": r"\s+",
        "_comment": r"--[^\n]*",
        "STRING": r'"(?:\\.|[^"\\])*"',
        "UNCLOSED": r'"',
        "QUOTED": r"'[^']*'",
        "NUMBER": r"-?\d+(?:\.\d+)?(?![\w.])",
        "WORD": r"[^\W\d][\w.]*",
        "OP": r"!=|<=|>=|=|<|>",
        "OPEN": r"\(",
        "CLOSE": r"\)",
        "COMMA": r",",
        "ODD": r".",
    },
    re.DOTALL,
)
_KEYWORDS = frozenset({"and", "or", "not"})
_PREFIXES = frozenset(
    " ".join(form.split()[:count]) for form in FORMS for count in range(1, LONGEST + 1)
)
_SWALLOWED = re.compile(r'\\"\s*(?:[),]|(?:AND|OR)\b|$)', re.IGNORECASE)
_DOUBTFUL_END = re.compile(r'(?<!\\)(?:\\\\)+"')
_ENUMERATION = re.compile(
    r"(?:ObjectType|EventType|EndpointOS|\w*(?:IntegrityLevel|SignedStatus|VerifiedStatus))",
    re.IGNORECASE,
)
"""Fields that take only = and In, as the converter's maintainer notes:
https://github.com/7RedViolin/pySigma-backend-sentinelone/blob/a20f1da/sigma/backends/sentinelone/sentinelone.py
"""
_ON_ENUMERATIONS = frozenset({Kind.EQUAL, Kind.FILLED})
_UNREAD = frozenset({"like", "matches"})


def _number(value: Scalar) -> tuple[int | float, ...]:
    number = as_number(value)
    if number is None:
        message = "ordering a text against a number is not documented"
        raise Fault(message)
    return (number,)


def _flag(value: Scalar) -> tuple[bool, ...]:
    if not isinstance(value, bool):
        message = "what Is True and Is False make of text and numbers is not documented"
        raise Fault(message)
    return (value,)


NUMBER_ONLY = View("number, undecided for text", _number)
"""The number; undecided for other text."""
FLAG = View("flag, undecided for text", _flag)
"""The Boolean; undecided for anything else."""


@dataclass(frozen=True, slots=True)
class _Settings:
    """The options: what a missing field gives below a negation, and readings of plain case."""

    missing: Truth
    cases: tuple[Case, ...]


@dataclass(frozen=True, slots=True)
class _Reader:
    cursor: NestedCursor
    settings: _Settings

    def query(self) -> Predicate:
        """``query := expression END``."""
        if self.cursor.at(END):
            self.cursor.fail("the query is empty", "write Field Operator value")
        found = self._expression(negative=False)
        if not self.cursor.at(END):
            hint = "join conditions by AND or OR, and close every parenthesis"
            self.cursor.fail(f"unexpected {self.cursor.token}", hint)
        return found

    def _expression(self, *, negative: bool) -> Predicate:
        """``expression := term ("AND" term)* | term ("OR" term)*``."""
        items = [self._term(negative=negative)]
        joined = ""
        while (word := _keyword(self.cursor.token)) in ("and", "or"):
            if joined not in ("", word):
                reason = "no page says which binds tighter; published queries add parentheses"
                self.cursor.unsupported("AND beside OR without parentheses", reason)
            joined = word
            self.cursor.next()
            items.append(self._term(negative=negative))
        return any_of(*items) if joined == "or" else all_of(*items)

    def _term(self, *, negative: bool) -> Predicate:
        """``term := "NOT" term | "(" expression ")" | condition``."""
        token = self.cursor.token
        if _keyword(token) == "not":
            self.cursor.next()
            with self.cursor:
                return Not(self._term(negative=not negative))
        if not self.cursor.take("OPEN"):
            return self._condition(negative=negative)
        with self.cursor:
            found = self._expression(negative=negative)
        if not self.cursor.take("CLOSE"):
            if self.cursor.at(END):
                self.cursor.fail("this parenthesis is not closed", "add )", token.span)
            self.cursor.fail(f"expected ), found {self.cursor.token}", "join conditions by AND")
        return found

    def _condition(self, *, negative: bool) -> Predicate:
        """``condition := WORD operator operand``."""
        field = self._field()
        form = self._operator(field)
        if form.kind not in _ON_ENUMERATIONS and _ENUMERATION.fullmatch(field.text):
            reason = "the converter's maintainer notes that it takes only = and In"
            self.cursor.unsupported(f"{form.name} on {field.text}", reason, field.span)
        test = _Test(self.cursor, field, form, self.settings, negative is not form.negated)
        found = test.read()
        return Not(found) if form.negated else found

    def _field(self) -> Token:
        token = self.cursor.token
        if token.kind == "QUOTED":
            reason = "field names and values in single quotes are not documented"
            self.cursor.unsupported("single quotes", reason)
        if token.kind == "STRING":
            reason = "a text without a field is not documented"
            self.cursor.unsupported("free text", reason)
        if token.kind != "WORD" or _keyword(token) in _KEYWORDS:
            self.cursor.fail(f"expected a field name, found {token}", "write Field Operator value")
        if "." in token.text:
            reason = "names with dots belong to S1QL version 2, which is the language s1pq"
            self.cursor.unsupported("field name with a dot", reason)
        return self.cursor.next()

    def _operator(self, field: Token) -> Form:  # noqa: RET503 - fail does not return
        """``operator := OP | WORD+``, the longest known spelling."""
        if self.cursor.at("OP"):
            return FORMS[self.cursor.next().text]
        first, spelled = self.cursor.token, ""
        while self.cursor.at("WORD"):
            longer = f"{spelled} {self.cursor.token.text.lower()}".lstrip()
            if longer not in _PREFIXES:
                break
            spelled = longer
            self.cursor.next()
        if spelled in FORMS:
            return FORMS[spelled]
        if first.kind == "WORD" and first.text.lower() in _UNREAD:
            reason = "no page says what its operand means"
            self.cursor.unsupported(f"operator {first.text}", reason, first.span)
        hint = f"known: {', '.join(OPERATORS)}"
        message = f"expected an operator after {field.text}, found {first}"
        self.cursor.fail(message, hint, first.span)


@dataclass(frozen=True, slots=True)
class _Test:
    """One condition after its operator. ``negative``: an odd number of negations is above it."""

    cursor: NestedCursor
    field: Token
    form: Form
    settings: _Settings
    negative: bool

    def read(self) -> Predicate:
        """``operand := nothing | value | "(" value ("," value)* ")" | value "AND" value``."""
        if self.form.kind is Kind.FILLED:
            return self._filled()
        if self.form.kind is Kind.FLAG:
            return self._atom(Equals(self.form.name == "Is True"), FLAG)
        if self.form.kind is Kind.BETWEEN:
            return self._between()
        if not self.form.listed:
            return self._value()
        opening = self.cursor.expect("OPEN", f"( after {self.form.name}")
        items = [self._value()]
        while self.cursor.take("COMMA"):
            items.append(self._value())
        if not self.cursor.take("CLOSE"):
            if self.cursor.at(END):
                self.cursor.fail("this list is not closed", "add )", opening.span)
            self.cursor.fail(f"expected a comma or ), found {self.cursor.token}")
        return any_of(*items)

    def _literal(self) -> Token:
        token = self.cursor.token
        if token.kind == "UNCLOSED":
            self.cursor.fail("this text is not closed", 'add "')
        if token.kind == "QUOTED":
            reason = "values in single quotes are not documented"
            self.cursor.unsupported("single quotes", reason)
        if token.kind == "NUMBER":
            reason = "the converter's maintainer notes that numbers are written in quotes"
            self.cursor.unsupported("number without quotes", reason)
        hint = "write the value in double quotes"
        if token.kind != "STRING":
            self.cursor.fail(f"expected a value after {self.form.name}, found {token}", hint)
        return self.cursor.next()

    def _value(self) -> Predicate:
        token = self._literal()
        raw = token.text[1:-1]
        if self.form.kind is Kind.REGEX:
            return self._regex(raw, token)
        if self.form.kind is Kind.ORDER:
            return self._atom(Ordered(ORDERS[self.form.name], self._bound(token)), NUMBER_ONLY)
        return self._text(raw.replace('\\"', '"'), token)

    def _text(self, text: str, token: Token) -> Predicate:
        r"""Return the test of a text, undecided over what two backslashes stand for."""
        if not text and self.form.kind is not Kind.EQUAL:
            reason = "what an empty text finds is not documented"
            self.cursor.unsupported(f"{self.form.name} with an empty text", reason, token.span)
        cases = self.settings.cases if self.form.plain else (OPERATORS[self.form.name].case,)
        texts = dict.fromkeys((text, text.replace("\\\\", "\\")))
        tests = [self._atom(self._check(one, case)) for one in texts for case in cases]
        found = tests[0]
        for other in tests[1:]:
            found = undecided(found, other)
        return found

    def _check(self, text: str, case: Case) -> Check:
        match self.form.kind:
            case Kind.CONTAINS:
                return Glob((Wild.ANY, text, Wild.ANY), case)
            case Kind.STARTS:
                return Glob((text, Wild.ANY), case)
            case Kind.ENDS:
                return Glob((Wild.ANY, text), case)
            case _:
                return Equals(text, case)

    def _atom(self, check: Check, view: View = TEXT) -> Predicate:
        missing = self.settings.missing if self.negative else OPERATORS["="].missing
        if check == Equals(""):
            missing = OPERATORS["!="].missing  # whether no value equals an empty one is not stated
        span = self.field.span.to(self.cursor.previous.span)
        return Atom(field=self.field.text, check=check, view=view, missing=missing, span=span)

    def _regex(self, pattern: str, token: Token) -> Predicate:
        dialect = OPERATORS[self.form.name].dialect
        try:
            compile_regex(pattern, dialect)
        except RegexError as error:
            inner = Span(token.span.start + 1, token.span.end - 1)
            if _everywhere_invalid(pattern):
                message = f"the regular expression is invalid: {error}"
                self.cursor.fail(message, "", inner)
            reason = f"the engine's dialect is not documented, and Java's says: {error}"
            self.cursor.unsupported("regular expression", reason, inner)
        return self._atom(Matches(pattern, dialect, OPERATORS[self.form.name].case))

    def _bound(self, token: Token) -> int | float:
        number = as_number(token.text[1:-1])
        if number is None:
            reason = "only numbers are documented there"
            self.cursor.unsupported(f"order against {token.text[:40]}", reason, token.span)
        return number

    def _between(self) -> Predicate:
        """``Between value "AND" value``, both ends included."""
        low = self._bound(self._literal())
        if _keyword(self.cursor.token) != "and":
            self.cursor.fail(
                f"expected AND, found {self.cursor.token}", 'write Between "1" AND "9"'
            )
        self.cursor.next()
        high = self._bound(self._literal())
        return self._atom(Within(low, high), NUMBER_ONLY)

    def _filled(self) -> Predicate:
        span = self.field.span.to(self.cursor.previous.span)
        there = Presence(field=self.field.text, has=Has.VALUE, span=span)
        if self.form.name == "Exists":
            return there
        empty = Atom(field=self.field.text, check=Equals(""), span=span)
        return undecided(there, all_of(there, Not(empty)))


def _keyword(token: Token) -> str:
    """Return the keyword that a token is, in lower case; empty for none."""
    word = token.text.lower() if token.kind == "WORD" else ""
    return word if word in _KEYWORDS else ""


def _everywhere_invalid(pattern: str) -> bool:
    for dialect in ("java", "python", "pcre"):
        try:
            compile_regex(pattern, dialect)
        except RegexError:
            continue
        return False
    return True


def parse(source: Source, context: Context) -> Query:
    """Read a query."""
    settings = _Settings(
        _option(context, "missing", MISSING), _option(context, "plain_case", PLAIN_CASE)
    )
    if len(source.text) > MAX_LENGTH:
        reason = f"it has more than {MAX_LENGTH} characters"
        raise unsupported(source, Span(0, 1), "a very long query", reason)
    doubt = _DOUBTFUL_END.search(source.text)
    if doubt is not None:
        reason = "no page says whether the second backslash escapes the quote"
        raise unsupported(source, Span(*doubt.span()), "two backslashes before a quote", reason)
    try:
        cursor = NestedCursor(source, LEXER.tokens(source))
        return Query(predicate=_Reader(cursor, settings).query())
    except QuerySyntaxError:
        swallowed = _SWALLOWED.search(source.text)
        if swallowed is None:
            raise
    start = swallowed.start()
    message = "the quote after a backslash is a part of the value, which does not end here"
    hint = "leave out the backslash at the end of the value"
    raise syntax_error(source, Span(start, start + 2), message, hint)


_Value = TypeVar("_Value")


def _option(context: Context, name: str, values: dict[str, _Value]) -> _Value:
    given = str(context.options.get(name, "undecided")).lower()
    if given not in values:
        message = f"the option {name} cannot be {given!r}"
        hint = f"give one of {', '.join(values)}"
        raise InvalidInput([Diagnostic(code="bad-option", message=message, hint=hint)])
    return values[given]
