"""Reading expressions: the rules of ``parser/Expression.g4`` in Elasticsearch."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

from harness.languages._lexing import Cursor, Token
from harness.languages.esql.syntax import (
    Cast,
    Comparison,
    Expression,
    Interval,
    Invocation,
    Junction,
    Likeness,
    Literal,
    Membership,
    Minus,
    Name,
    Negation,
    NullTest,
    Search,
    Sum,
)
from harness.languages.esql.tokens import (
    RESERVED,
    name_value,
    number_type,
    number_value,
    parts,
    string_value,
)
from harness.source import Source, Span

MAX_SUMS = 100
"""Arithmetic operators of one query."""
MAX_LIST = 10_000
"""Values of one list."""
_LEVELS = 5
"""How much one pair of parentheses counts as nesting: so many rules call each other there."""
_COMPARISONS = ("==", "!=", "<", "<=", ">", ">=")
_STRINGS = ("STRING", "RAW_STRING")


class Reader:
    """A cursor over the tokens of a query, with the rules of its expressions."""

    def __init__(self, source: Source, tokens: list[Token]) -> None:
        self.cursor = Cursor(source, tokens)
        self.source = source
        self._sums = 0

    # Words -------------------------------------------------------------------------------------

    def at(self, *words: str) -> bool:
        """Return whether the next token is one of these words or signs."""
        token = self.cursor.token
        if token.kind == "OP":
            return token.text in words
        return token.kind in {"NAME", "PATTERN", "WORD"} and token.text.lower() in words

    def take(self, *words: str) -> Token | None:
        """Read the next token if it is one of these words or signs."""
        return self.cursor.next() if self.at(*words) else None

    def expect(self, word: str) -> Token:
        """Read this word or sign."""
        return self.take(word) or self.cursor.fail(
            f"expected {word!r}, found {self.cursor.token}",
        )

    def since(self, start: Span) -> Span:
        """Return the span from a start to the token read last."""
        return start.to(self.cursor.previous.span)

    # Conditions --------------------------------------------------------------------------------

    def condition(self) -> Expression:
        """Boolean expression: and (``OR`` and)*."""
        with ExitStack() as nesting:
            for _ in range(_LEVELS):
                nesting.enter_context(self.cursor)
            return self._junction("or", self._and)

    def _and(self) -> Expression:
        """And: not (``AND`` not)*."""
        return self._junction("and", self._not)

    def _junction(self, word: str, item: Callable[[], Expression]) -> Expression:
        first = item()
        if not self.at(word):
            return first
        items = [first]
        while self.take(word):
            items.append(item())
        return Junction(word, tuple(items), self.since(first.span))

    def _not(self) -> Expression:
        """Not: ``NOT``* test."""
        marks = []
        while (mark := self.take("not")) is not None:
            marks.append(mark.span)
        item = self._test()
        for start in marks[-2 + len(marks) % 2 :] if marks else ():
            item = Negation(item, self.since(start))
        return item

    def _test(self) -> Expression:
        """Test: value (``NOT``? ``IN`` list | ``NOT``? (``LIKE`` | ``RLIKE``) patterns | ...)."""
        value = self._value()
        negation = self.take("not") if self._negated_operator() else None
        if self.take("in"):
            test: Expression = self._membership(value)
        elif (word := self.take("like", "rlike")) is not None:
            test = self._likeness(word.text.upper(), value)
        elif self.take("is"):
            negation = self.take("not")
            if not self.take("null"):
                self.cursor.fail("'IS' is followed by NULL or NOT NULL")
            test = NullTest(value, self.since(value.span))
        else:
            return value
        return Negation(test, self.since(value.span)) if negation else test

    def _negated_operator(self) -> bool:
        following = self.cursor.peek()
        word = following.text.lower() if following.kind == "NAME" else ""
        return self.at("not") and word in {"in", "like", "rlike"}

    def _membership(self, subject: Expression) -> Membership:
        """List: "(" value ("," value)* ")"."""
        self.expect("(")
        if self.at("from"):
            self.cursor.unsupported("a query inside IN", "only one query is evaluated")
        items = [self._value()]
        while self.take(","):
            items.append(self._value())
            if len(items) > MAX_LIST:
                self.cursor.unsupported(f"a list of more than {MAX_LIST} values", "it is too long")
        self.expect(")")
        return Membership(subject, tuple(items), self.since(subject.span))

    def _likeness(self, operator: str, subject: Expression) -> Likeness:
        """Patterns: string | "(" string ("," string)* ")"."""
        listed = self.take("(") is not None
        patterns = [self._pattern(operator)]
        if listed:
            while self.take(","):
                patterns.append(self._pattern(operator))
                if len(patterns) > MAX_LIST:
                    feature = f"a list of more than {MAX_LIST} patterns"
                    self.cursor.unsupported(feature, "it is too long")
            self.expect(")")
        return Likeness(operator, subject, tuple(patterns), self.since(subject.span))

    def _pattern(self, operator: str) -> tuple[str, Span]:
        self._refuse_parameter()
        token = self.cursor.expect(_STRINGS, f"a pattern in quotes after {operator}")
        return string_value(token), token.span

    # Values ------------------------------------------------------------------------------------

    def _value(self) -> Expression:
        """Value: operation (comparison operation)? | name ("::" type)? ":" constant."""
        left = self._operation()
        token = self.cursor.token
        if token.kind == "OP" and token.text in _COMPARISONS:
            self.cursor.next()
            right = self._operation()
            return Comparison(token.text, left, right, self.since(left.span))
        if self.at("=", "=~"):
            self.cursor.fail(f"{token.text!r} is no comparison", "write ==")
        return self._search(left) if self.at(":") else left

    def _search(self, left: Expression) -> Expression:
        column = left.item if isinstance(left, Cast) else left
        if not isinstance(column, Name):
            self.cursor.fail("the left side of ':' is a column")
        self.expect(":")
        wanted = self._constant()
        if not isinstance(wanted, Literal):
            self.cursor.fail("the right side of ':' is a constant", span=wanted.span)
        return Search(column, wanted, self.since(left.span))

    def _operation(self) -> Expression:
        """Operation: product (("+" | "-") product)*."""
        left = self._product()
        while (token := self.take("+", "-")) is not None:
            left = self._sum(token, left, self._product())
        return left

    def _product(self) -> Expression:
        """Product: signed (("*" | "/" | "%") signed)*."""
        left = self._signed()
        while (token := self.take("*", "/", "%")) is not None:
            left = self._sum(token, left, self._signed())
        return left

    def _sum(self, token: Token, left: Expression, right: Expression) -> Sum:
        self._count_sum(token)
        return Sum(token.text, left, right, left.span.to(right.span))

    def _count_sum(self, token: Token) -> None:
        self._sums += 1
        if self._sums > MAX_SUMS:
            feature = f"more than {MAX_SUMS} arithmetic operators"
            self.cursor.unsupported(feature, "the expression is too long", token.span)

    def _signed(self) -> Expression:
        """Signed: ("+" | "-")* primary ("::" type)*."""
        signs = []
        while (token := self.take("+", "-")) is not None:
            self._count_sum(token)
            signs.append(token)
        if signs and self.cursor.at("INTEGER", "DECIMAL"):
            item: Expression = self._number(signs.pop())
        else:
            item = self._primary()
        while self.take("::"):
            item = self._cast(item)
        for sign in reversed(signs):
            item = Minus(item, self.since(sign.span)) if sign.text == "-" else item
        return item

    def _cast(self, item: Expression) -> Cast:
        self._count_sum(self.cursor.previous)
        kind = self.cursor.expect("NAME", "a type after '::'")
        return Cast(item, kind.text.lower(), self.since(item.span))

    def _primary(self) -> Expression:
        """Primary: "(" condition ")" | function | name | constant."""
        token = self.cursor.token
        if token.kind == "OP" and token.text == "(":
            self.cursor.next()
            inside = self.condition()
            self.expect(")")
            return inside
        if token.kind != "NAME" or token.text.lower() in {"true", "false", "null"}:
            return self._constant()
        following = self.cursor.peek()
        if following.kind == "OP" and following.text == "(" and "." not in token.text:
            return self._invocation()
        return self.name()

    def name(self) -> Name:
        """Name: part ("." part)*."""
        start = self.cursor.token.span
        found = [self._name_part()]
        while self.take("."):
            found.append(self._name_part())
        return Name(".".join(found), self.since(start))

    def _name_part(self) -> str:
        self._refuse_parameter()
        token = self.cursor.expect("NAME", "a column")
        found = parts(token.text)
        if any(part.lower() in RESERVED for part in found):
            self.cursor.fail(
                f"{token.text!r} holds a reserved word",
                "put the word in backticks",
                token.span,
            )
        return ".".join(map(name_value, found))

    def _refuse_parameter(self) -> None:
        if self.cursor.at("PARAMETER"):
            text = self.cursor.token.text
            self.cursor.fail(f"the query parameter {text!r} has no value", "write the value itself")

    def _invocation(self) -> Expression:
        """Function: name "(" ("*" | condition ("," condition)* ("," map)?)? ")"."""
        name = self.cursor.next()
        self.expect("(")
        arguments: list[Expression] = []
        options: tuple[tuple[str, Any], ...] = ()
        if self.take("*"):
            arguments.append(Literal("*", "keyword", self.cursor.previous.span))
        elif not self.at(")"):
            arguments.append(self.condition())
            while self.take(","):
                if self.at("{"):
                    options = self._options()
                    break
                arguments.append(self.condition())
        if self.take("by"):
            arguments.append(self.condition())
        self.expect(")")
        function = name_value(name.text).lower()
        return Invocation(function, tuple(arguments), options, self.since(name.span))

    def _options(self) -> tuple[tuple[str, Any], ...]:
        """Map: "{" (string ":" constant ("," string ":" constant)*)? "}"."""
        found: list[tuple[str, Any]] = []
        self.expect("{")
        while not self.take("}"):
            name = self.cursor.expect(_STRINGS, "the name of an option in quotes")
            self.expect(":")
            value = self._constant()
            found.append((string_value(name), getattr(value, "value", None)))
            if not self.take(",") and not self.at("}"):
                self.cursor.fail(f"expected ',' or '}}', found {self.cursor.token}")
        return tuple(found)

    # Constants ---------------------------------------------------------------------------------

    def _constant(self) -> Expression:
        """Constant: string | number | boolean | ``NULL`` | time span | "[" constants "]"."""
        self._refuse_parameter()
        token = self.cursor.token
        if token.kind in _STRINGS:
            self.cursor.next()
            return Literal(string_value(token), "keyword", token.span)
        if token.kind in {"INTEGER", "DECIMAL"}:
            return self._number(None)
        if (sign := self.take("+", "-")) is not None:
            return self._number(sign)
        if self.take("["):
            return self._list(token)
        if self.take("null"):
            return Literal(None, "null", token.span)
        if self.take("true", "false"):
            return Literal(token.text.lower() == "true", "boolean", token.span)
        return self.cursor.fail(f"expected a value, found {token}")

    def _number(self, sign: Token | None) -> Expression:
        """Number: digits, or digits and the unit of a time span."""
        token = self.cursor.expect(("INTEGER", "DECIMAL"), "a number")
        value = number_value(token, self.source, negative=sign is not None and sign.text == "-")
        span = self.since(sign.span if sign else token.span)
        unit = self.cursor.token
        if token.kind == "INTEGER" and unit.kind == "NAME" and _is_unit(unit):
            self.cursor.next()
            return Interval(int(value), unit.text.lower(), self.since(span))
        return Literal(value, number_type(value), span)

    def _list(self, start: Token) -> Literal:
        """List: "[" constant ("," constant)* "]", all of one kind."""
        items = [self._constant()]
        while self.take(","):
            items.append(self._constant())
            if len(items) > MAX_LIST:
                self.cursor.unsupported(f"a list of more than {MAX_LIST} values", "it is too long")
        self.expect("]")
        span = self.since(start.span)
        values, kinds = [], set()
        for item in items:
            if (
                not isinstance(item, Literal)
                or item.type == "null"
                or isinstance(item.value, tuple)
            ):
                self.cursor.fail("a list holds texts, numbers or booleans", span=item.span)
            values.append(item.value)
            kinds.add(item.type)
        kind = _common(kinds)
        if kind is None:
            self.cursor.fail("the values of a list are of one type", span=span)
        return Literal(values[0] if len(values) == 1 else tuple(values), kind, span)


def _is_unit(token: Token) -> bool:
    return token.text.lower() not in RESERVED | {"metadata", "as", "on", "with"}


def _common(kinds: set[str]) -> str | None:
    if len(kinds) == 1:
        return next(iter(kinds))
    for kind in ("double", "unsigned_long", "long"):
        if kind in kinds and kinds <= {"double", "unsigned_long", "long", "integer"}:
            return kind
    return None
