"""From text to syntax, one function a grammar rule."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from harness.languages._lexing import END, Cursor, Token
from harness.languages.eql.syntax import (
    Comparison,
    EventFilter,
    Expression,
    Invocation,
    Junction,
    Likeness,
    Literal,
    Membership,
    Minus,
    Name,
    Negation,
    Pipe,
    Sum,
)
from harness.languages.eql.tokens import name_value, number_value, string_value, tokenize
from harness.source import Source, Span

Item = TypeVar("Item")

_COMPARISONS = ("==", "!=", "<", "<=", ">", ">=")
_PATTERNS = (":", "like", "like~", "regex", "regex~")
_PIPES = ("head", "tail")
_MAX_ARITHMETIC = 100
"""Arithmetic operators in one query that are read; they nest, and nesting is bounded."""
_MAX_ITEMS = 10_000


class Parser:
    """The reader of one query."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.cursor = Cursor(source, tokenize(source))
        self._arithmetic = 0

    # Words -------------------------------------------------------------------------------

    def at(self, *texts: str) -> bool:
        """Return whether the next token is one of these keywords or operators."""
        return self.cursor.at("KEYWORD", "OPERATOR") and self.cursor.at_text(*texts)

    def take(self, *texts: str) -> Token | None:
        """Read the next token if it is one of these keywords or operators."""
        return self.cursor.next() if self.at(*texts) else None

    def expect(self, text: str, hint: str = "") -> Token:
        """Read this keyword or operator."""
        if not self.at(text):
            self.cursor.fail(f"expected {text!r}, found {self.cursor.token}", hint)
        return self.cursor.next()

    def since(self, start: Span) -> Span:
        """Return the span from a start to the token that was read last."""
        return start.to(self.cursor.previous.span)

    # Filters -----------------------------------------------------------------------------

    def event_filter(self) -> EventFilter:
        """Filter: (``any`` | name | string) ``where`` expression."""
        token = self.cursor.token
        if self.take("any"):
            category = None
        elif token.kind in {"STRING", "RAW_STRING"}:
            category = string_value(self.cursor.next(), self.source)
        elif token.kind in {"NAME", "QUOTED_NAME"}:
            category = name_value(self.cursor.next())
        else:
            self.cursor.fail(
                f"expected an event category, 'any', 'sequence' or 'sample', found {token}",
                'write a category that is no plain word as a string: "my-category" where ...',
            )
        self.expect(
            "where",
            "keywords are lower case; a query reads: category where condition",
        )
        return EventFilter(category, self.expression(), token.span)

    def expression(self) -> Expression:
        """Expression: conjunction (``or`` conjunction)*."""
        with self.cursor:
            return self._junction("or", lambda: self._junction("and", self._negation))

    def _junction(self, operator: str, operand: Callable[[], Expression]) -> Expression:
        items = [operand()]
        while self.take(operator):
            items.append(operand())
        if len(items) == 1:
            return items[0]
        return Junction(operator, tuple(items), self.since(items[0].span))

    def _negation(self) -> Expression:
        """Negation: ``not``* (name ``of`` subquery | comparison)."""
        starts: list[Span] = []
        while token := self.take("not"):
            starts.append(token.span)
        if self.cursor.at("NAME") and self.cursor.peek().text == "of":
            self.cursor.fail(
                "process relationships are not part of Elasticsearch's EQL",
                "use a sequence by process.entity_id instead",
            )
        with self.cursor:
            item = self._comparison()
        # Pairs of "not" cancel; one pair is kept, so that the item has to be boolean.
        for start in starts[-(2 - len(starts) % 2) :] if starts else []:
            item = Negation(item, self.since(start))
        return item

    def _comparison(self) -> Expression:
        """Comparison: sum (operator sum)?."""
        with self.cursor:
            left = self._sum()
            if not self.at(*_COMPARISONS):
                self._no_equals_sign()
                return left
            operator = self.cursor.next().text
            right = self._sum()
            if self.at(*_COMPARISONS):
                self.cursor.fail(
                    "comparisons cannot be chained",
                    "join two comparisons with 'and'",
                )
            return Comparison(operator, left, right, self.since(left.span))

    def _no_equals_sign(self) -> None:
        if self.at("="):
            self.cursor.fail("'=' is no operator", "write '=='")

    def _sum(self) -> Expression:
        """Sum: product (("+" | "-") product)*."""
        return self._chain(("+", "-"), self._product)

    def _product(self) -> Expression:
        """Product: signed (("*" | "/" | "%") signed)*."""
        return self._chain(("*", "/", "%"), self._signed)

    def _chain(self, operators: tuple[str, ...], operand: Callable[[], Expression]) -> Expression:
        left = operand()
        while token := self.take(*operators):
            self._count(token)
            left = Sum(token.text, left, operand(), self.since(left.span))
        return left

    def _count(self, token: Token) -> None:
        self._arithmetic += 1
        if self._arithmetic > _MAX_ARITHMETIC:
            self.cursor.unsupported(
                "long arithmetic",
                f"a query with more than {_MAX_ARITHMETIC} arithmetic operators is not read",
                token.span,
            )

    def _signed(self) -> Expression:
        """Signed: ("+" | "-")* primary predicate?."""
        start = self.cursor.token.span
        minuses = 0
        while token := self.take("+", "-"):
            self._count(token)
            minuses += token.text == "-"
        with self.cursor:
            item = self._predicate(self._primary())
        for _ in range(minuses):
            item = Minus(item, self.since(start))
        return item

    def _predicate(self, subject: Expression) -> Expression:
        """Predicate: ``not``? (``in`` | ``in~``) list | pattern operator (constant | list)."""
        negated = self.at("not") and self.cursor.peek().text in {"in", "in~"}
        if self.at("not") and not negated:
            self.cursor.fail(
                "only 'in' has a 'not' between its sides",
                "write 'not' before the whole test: not field : value",
            )
        if negated:
            self.cursor.next()
        if token := self.take("in", "in~"):
            items = self._list(self.expression, "the list of values")
            test = Membership(token.text, subject, items, self.since(subject.span))
            return Negation(test, test.span) if negated else test
        if token := self.take(*_PATTERNS):
            patterns = self._patterns()
            return Likeness(token.text, subject, patterns, self.since(subject.span))
        return subject

    def _patterns(self) -> tuple[Literal, ...]:
        """Patterns: constant | "(" constant ("," constant)* ")"."""
        if self.at("("):
            return self._list(self._constant, "the list of patterns")
        return (self._constant(),)

    def _list(self, item: Callable[[], Item], what: str) -> tuple[Item, ...]:
        """List: "(" item ("," item)* ")"."""
        self.expect("(", f"write {what} in parentheses")
        with self.cursor:
            items = [item()]
            while self.take(","):
                items.append(item())
                if len(items) > _MAX_ITEMS:
                    self.cursor.unsupported(
                        "a very long list", f"a list of more than {_MAX_ITEMS} items is not read"
                    )
        self.expect(")")
        return tuple(items)

    def _constant(self) -> Literal:
        """Constant: ``null`` | ``true`` | ``false`` | number | string."""
        token = self.cursor.token
        found = self._literal()
        if found is None:
            self.cursor.fail(
                f"expected a constant, found {token}",
                "the right side of ':', 'like' and 'regex' is a string or a list of strings",
            )
        return found

    def _literal(self) -> Literal | None:
        token = self.cursor.token
        match token.kind:
            case "STRING" | "RAW_STRING":
                return Literal(string_value(self.cursor.next(), self.source), token.span)
            case "INTEGER" | "DECIMAL":
                return Literal(number_value(self.cursor.next(), self.source), token.span)
            case "KEYWORD" if token.text in {"null", "true", "false"}:
                self.cursor.next()
                value = None if token.text == "null" else token.text == "true"
                return Literal(value, token.span)
            case _:
                return None

    def _primary(self) -> Expression:
        """Primary: constant | function | field | "(" expression ")"."""
        literal = self._literal()
        if literal is not None:
            return literal
        with self.cursor:
            if self.take("("):
                with self.cursor:
                    item = self.expression()
                self.expect(")")
                return item
            if self.cursor.at("TILDE_NAME") or self._at_function():
                return self._function()
            return self.field()

    def _at_function(self) -> bool:
        return self.cursor.at("NAME") and self.cursor.peek().text == "("

    def _function(self) -> Invocation:
        """Function: name "~"? "(" (expression ("," expression)*)? ")"."""
        token = self.cursor.next()
        name = token.text.removesuffix("~")
        if self.at("(") and self.cursor.peek().text == ")":
            self.cursor.next()
            self.cursor.next()
            arguments: tuple[Expression, ...] = ()
        else:
            arguments = self._list(self.expression, "the arguments")
        return Invocation(name, token.kind == "TILDE_NAME", arguments, self.since(token.span))

    def field(self) -> Name:
        """Field: "?"? name ("." name)*."""
        start = self.cursor.token.span
        optional = self.take("?") is not None
        parts = [self._name_part()]
        while self.take("."):
            parts.append(self._name_part())
        if self.at("[") and self.cursor.peek().kind == "INTEGER":
            self.cursor.fail("array indexes are not part of Elasticsearch's EQL")
        return Name(".".join(parts), optional, self.since(start))

    def _name_part(self) -> str:
        token = self.cursor.token
        if token.kind not in {"NAME", "QUOTED_NAME"}:
            keyword = token.kind == "KEYWORD"
            self.cursor.fail(
                f"expected a field, a function or a value, found {token}",
                f"write the field name part as `{token.text}`" if keyword else "",
            )
        return name_value(self.cursor.next())

    # Around the filter ---------------------------------------------------------------------

    def pipes(self) -> tuple[Pipe, ...]:
        """Pipes: ("|" name expression)*."""
        found: list[Pipe] = []
        while start := self.take("|"):
            token = self.cursor.expect("NAME", "the name of a pipe")
            if token.text not in _PIPES:
                self.cursor.fail(
                    f"there is no pipe {token.text!r}",
                    "the pipes are 'head' and 'tail'",
                    token.span,
                )
            if self.cursor.at(END) or self.at("|"):
                self.cursor.fail(f"{token.text!r} needs a number of events")
            argument = self.expression()
            if self.at(","):
                self.cursor.fail(f"{token.text!r} takes one number")
            found.append(Pipe(token.text, argument, self.since(start.span)))
        return tuple(found)

    def finish(self) -> None:
        """End of the query."""
        if not self.cursor.at(END):
            self.cursor.fail(f"expected the end of the query, found {self.cursor.token}")
