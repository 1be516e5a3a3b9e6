"""Conditions and expressions of AQL.

https://ibm.com/docs/SS42VS_latest/com.ibm.qradar.doc/r_aql_operators.html
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass, field, replace
from typing import Any

from harness.errors import Fault
from harness.ir import (
    And,
    Call,
    Condition,
    Constant,
    Equals,
    Function,
    Glob,
    Has,
    InNetwork,
    Literal,
    Matches,
    Not,
    Or,
    Order,
    Ordered,
    Predicate,
    Presence,
    Truth,
    Wild,
    all_of,
    any_of,
    as_number,
    as_text,
)
from harness.ir.regexes import RegexError, compile_regex
from harness.ir.regexes._timed import BeyondRegex
from harness.languages._lexing import END, Token
from harness.languages._nested import NestedCursor
from harness.languages._on_scope import undecided
from harness.languages.aql import _values as values
from harness.languages.aql._semantics import OPERATORS
from harness.languages.aql._tokens import RESERVED, is_word, unquoted
from harness.languages.aql._values import Value
from harness.source import Span

MAX_LIST = 20_000
MAX_DEPTH = 100
_ORDERS = {"<": Order.LESS, "<=": Order.AT_MOST, ">": Order.GREATER, ">=": Order.AT_LEAST}
_MIRRORED = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}
_SIGNS = {"+": 1, "-": 1, "*": 2, "/": 2, "%": 2, "^": 3}
_TESTS = ("IS", "NOT", "IN", "LIKE", "ILIKE", "MATCHES", "IMATCHES", "BETWEEN")
_OPERATORS_OF_A_SEARCH = re.compile(r"[*?\"()\[\]/\\:~^]|\b(?:AND|OR|NOT)\b")


@dataclass(slots=True)
class Scope:
    """What is known while a statement is read."""

    matches: str = "undefined"
    aliases: dict[str, Value] = field(default_factory=dict)
    results: bool = False
    """Result columns are read, where any function may stand."""
    searches: int = 0


@dataclass(frozen=True, slots=True)
class Expressions:
    """A parser of conditions and expressions."""

    cursor: NestedCursor
    scope: Scope

    def condition(self, *, top: bool = False) -> Predicate:
        """``condition := conjunction ("OR" conjunction)*``."""
        with self.cursor:
            before = self.scope.searches
            items = [self._conjunction(top=top)]
            while is_word(self.cursor.token, "OR"):
                token = self.cursor.next()
                items.append(self._conjunction(top=False))
                if self.scope.searches > before:
                    self._misplaced_search(token)
            return any_of(*items)

    def _misplaced_search(self, token: Token) -> None:
        reason = "an index search is known to be joined to other conditions by AND only"
        self.cursor.unsupported("TEXT SEARCH beside OR or under NOT", reason, token.span)

    def _conjunction(self, *, top: bool) -> Predicate:
        """``conjunction := negation ("AND" negation)*``."""
        items = [self._negation(top=top)]
        while is_word(self.cursor.token, "AND"):
            self.cursor.next()
            items.append(self._negation(top=top))
        return all_of(*items)

    def _negation(self, *, top: bool) -> Predicate:
        """``negation := "NOT" negation | primary``."""
        token = self.cursor.token
        if not is_word(token, "NOT"):
            return self._primary(top=top)
        self.cursor.next()
        before = self.scope.searches
        with self.cursor:
            found = Not(self._negation(top=False))
        if self.scope.searches > before:
            self._misplaced_search(token)
        return found

    def _primary(self, *, top: bool) -> Predicate:
        """``primary := "(" condition ")" | INCIDR | TEXT SEARCH | test``."""
        token = self.cursor.token
        if token.kind == "OPEN" and self._is_group():
            self.cursor.next()
            found = self.condition(top=top)
            if not self.cursor.take("CLOSE"):
                self.cursor.fail("this parenthesis is not closed", "add )", token.span)
            return found
        if is_word(token, "INCIDR") and self.cursor.peek().kind == "OPEN":
            return self._in_network()
        if is_word(token, "TEXT") and is_word(self.cursor.peek(), "SEARCH"):
            return self._search()
        if is_word(token, "IF", "CASE") and self.cursor.peek().kind not in ("COMPARE", "END"):
            reason = "no page says how its value is judged"
            self.cursor.unsupported(f"{token.text.upper()} in WHERE", reason)
        return self._test()

    def _is_group(self) -> bool:
        """Return whether a parenthesis holds a condition rather than a value."""
        depth, ahead = 0, 0
        while True:
            token = self.cursor.peek(ahead)
            if token.kind == END:
                return True
            depth += (token.kind == "OPEN") - (token.kind == "CLOSE")
            if depth == 0:
                following = self.cursor.peek(ahead + 1)
                tested = following.kind in ("COMPARE", "SIGN") or is_word(following, *_TESTS)
                return not tested
            ahead += 1

    def _test(self) -> Predicate:
        """``test := expression (COMPARE expression | "NOT"? word-test | "IS" ...)``."""
        left = self._usable(self.expression())
        token = self.cursor.token
        if token.kind == "COMPARE":
            self.cursor.next()
            right = self._usable(self.expression())
            return self._comparison(left, token, right)
        if token.kind == "OTHER":
            reason = "no page read shows it in a condition"
            self.cursor.unsupported(f"the operator {token.text}", reason)
        negative = is_word(token, "NOT")
        if negative:
            self.cursor.next()
            token = self.cursor.token
        word = token.text.upper() if token.kind == "NAME" else ""
        if word == "IS" and not negative:
            return self._is(left)
        if word not in _TESTS or word in ("NOT", "IS"):
            hint = "compare the value with =, LIKE, IN, ..."
            self.cursor.fail(f"expected a comparison, found {token}", hint)
        self.cursor.next()
        if word == "IN":
            found = self._in(left)
        elif word == "BETWEEN":
            found = self._between(left)
        else:
            found = self._pattern(left, token)
        return Not(found) if negative else found

    def _usable(self, value: Value) -> Value:
        if value.opaque:
            reason = "it depends on tables of the QRadar system, or is not evaluated"
            self.cursor.unsupported(value.opaque, reason, value.span)
        raw_payload = value.field is not None and value.name.lower() == "payload"
        if raw_payload and not is_word(self.cursor.token, "IS"):
            reason = "how its bytes compare without UTF8(payload) is not documented"
            self.cursor.unsupported("payload as it is", reason, value.span)
        return value

    def _comparison(self, left: Value, token: Token, right: Value) -> Predicate:
        sign = "=" if token.text == "==" else token.text
        if left.constant and not right.constant:
            left, right, sign = right, left, _MIRRORED.get(sign, sign)
        span = left.span.to(right.span)
        if sign in ("=", "!="):
            found = self._equal(left, right, span)
            return Not(found) if sign == "!=" else found
        return self._ordered(left, sign, right, span)

    def _equal(self, left: Value, right: Value, span: Span) -> Predicate:
        if left.constant and right.constant:
            return Constant(Truth.of(values.same(left.value, right.value)), span)
        spanned = replace(left, span=span)
        if right.constant and left.field is not None and left.name.lower() in values.ADDRESS_FIELDS:
            found = values.address_view(right.value)
            if found:
                return values.tested(spanned, Equals(found[0]), "address", values.address_view)
        if right.constant:
            text = Equals(values.text_view(right.value)[0], OPERATORS["="].case)
            plain = values.tested(spanned, text, "text", values.text_view)
            if isinstance(right.value, str):
                return plain
            return Or((plain, self._same_number(spanned, right.value)))
        return self._fields("=", left, right, span)

    def _same_number(self, left: Value, number: float) -> Predicate:
        """Return the test of a number that is written otherwise: 1.0, 01."""

        def only_numbers(value: Any) -> tuple[Any, ...]:
            return (value,) if isinstance(value, int | float) and value is not True else ()

        return values.tested(left, Equals(number), "number", only_numbers)

    def _fields(self, sign: str, left: Value, right: Value, span: Span) -> Predicate:
        def apply(one: Any, other: Any) -> bool:
            if sign == "=":
                return values.same(one, other)
            return Ordered(_ORDERS[sign], values.number(other)).accepts(values.number(one))

        call = Call(Function(f"aql.{sign}", apply), (left.expression, right.expression), span)
        return Condition(expression=call, truth=values.truth, span=span)

    def _ordered(self, left: Value, sign: str, right: Value, span: Span) -> Predicate:
        if not right.constant:
            return self._fields(sign, left, right, span)
        bound = as_number(right.value)
        if bound is None:
            reason = "how text is ordered is not documented"
            self.cursor.unsupported(f"order against {right.value!r}", reason, right.span)
        check = Ordered(_ORDERS[sign], bound)
        if left.constant:
            try:
                return Constant(Truth.of(check.accepts(values.number(left.value))), span)
            except Fault:
                reason = "how text is ordered is not documented"
                self.cursor.unsupported(f"order of {left.value!r}", reason, left.span)
        return values.tested(replace(left, span=span), check, "number", values.number_view)

    def _is(self, left: Value) -> Predicate:
        """``"IS" "NOT"? "NULL"``."""
        self.cursor.next()
        negative = is_word(self.cursor.token, "NOT")
        if negative:
            self.cursor.next()
        if not is_word(self.cursor.token, "NULL"):
            self.cursor.fail(f"expected NULL, found {self.cursor.token}", "write IS NULL")
        span = left.span.to(self.cursor.next().span)
        if left.field is None or left.name != left.field or left.missing is Truth.UNDEFINED:
            reason = "what a computed value gives without its fields is not documented"
            self.cursor.unsupported("IS NULL of an expression", reason, left.span)
        return Presence(field=left.field, has=Has.VALUE if negative else Has.NULL, span=span)

    def _in(self, left: Value) -> Predicate:
        """``"IN" "(" expression ("," expression)* ")"``."""
        opening = self.cursor.expect("OPEN", "( after IN")
        if is_word(self.cursor.token, "SELECT"):
            reason = "statements inside each other depend on several events"
            self.cursor.unsupported("IN with a SELECT", reason)
        items: list[Value] = []
        while not self.cursor.at("CLOSE", END):
            if items:
                self.cursor.expect("COMMA", "a comma or )")
            items.append(self._usable(self.expression()))
            if len(items) > MAX_LIST:
                self.cursor.unsupported("a long list", f"more than {MAX_LIST} values are not read")
        closing = self.cursor.token
        if not self.cursor.take("CLOSE"):
            self.cursor.fail("this list is not closed", "add )", opening.span)
        if not items:
            self.cursor.fail("the list is empty", "put a value in it", opening.span)
        span = left.span.to(closing.span)
        return any_of(*(self._equal(left, item, span) for item in items))

    def _between(self, left: Value) -> Predicate:
        """``"BETWEEN" expression "AND" expression``."""
        if self.cursor.at("OPEN") and not self._is_group_of_one():
            reason = "the documented examples write BETWEEN a AND b"
            self.cursor.unsupported("BETWEEN (a, b)", reason)
        low = self._usable(self.expression())
        if not is_word(self.cursor.token, "AND"):
            self.cursor.fail(f"expected AND, found {self.cursor.token}", "write BETWEEN a AND b")
        self.cursor.next()
        high = self._usable(self.expression())
        span = left.span.to(high.span)
        return And((self._ordered(left, ">=", low, span), self._ordered(left, "<=", high, span)))

    def _is_group_of_one(self) -> bool:
        ahead = 1
        while self.cursor.peek(ahead).kind not in ("CLOSE", END):
            if self.cursor.peek(ahead).kind == "COMMA":
                return False
            ahead += 1
        return True

    def _pattern(self, left: Value, token: Token) -> Predicate:
        """``("LIKE" | "ILIKE" | "MATCHES" | "IMATCHES") text``."""
        word = token.text.upper()
        right = self._usable(self.expression())
        span = left.span.to(right.span)
        if left.field is not None and left.name.lower() in values.ADDRESS_FIELDS:
            message = f"{left.field} is an address, and {word} takes text"
            self.cursor.fail(message, f"write STR({left.field}) {word} ...", left.span)
        if not right.constant:
            reason = "no page says whether a pattern may come from a field"
            self.cursor.unsupported(f"{word} with a computed pattern", reason, right.span)
        text, operator = as_text(right.value), OPERATORS[word]
        check: Glob | Matches
        if "LIKE" in word:
            check = Glob(values.like_pieces(text), operator.case)
            return self._text_test(left, check, span)
        self._valid(text, right.span)
        search = self._text_test(left, Matches(text, operator.dialect, operator.case), span)
        check = Matches(text, operator.dialect, operator.case, whole=True)
        whole = self._text_test(left, check, span)
        if self.scope.matches == "undefined":
            return undecided(search, whole)
        return search if self.scope.matches == "search" else whole

    def _text_test(self, left: Value, check: Glob | Matches, span: Span) -> Predicate:
        if left.constant:
            return Constant(Truth.of(check.accepts(as_text(left.value))), span)
        return values.tested(replace(left, span=span), check, "text", values.text_view)

    def _valid(self, pattern: str, span: Span) -> None:
        try:
            compile_regex(pattern, OPERATORS["MATCHES"].dialect)
        except BeyondRegex as error:
            self.cursor.unsupported("this regular expression", str(error), span)
        except RegexError as error:
            message = f"the regular expression is invalid: {error}"
            self.cursor.fail(message, "escape special characters with a backslash", span)

    def _in_network(self) -> Predicate:
        """``"INCIDR" "(" network "," address ")"``."""
        token = self.cursor.next()
        self.cursor.next()
        network = self._usable(self.expression())
        self.cursor.expect("COMMA", "a comma")
        address = self._usable(self.expression())
        closing = self.cursor.expect("CLOSE", ")")
        span = token.span.to(closing.span)
        if not network.constant or address.constant:
            reason = "the network is a constant text and the address a field"
            self.cursor.unsupported("INCIDR of these arguments", reason, span)
        try:
            found = ipaddress.ip_network(as_text(network.value).strip(), strict=False)
        except ValueError as error:
            message = f"this is no network: {error}"
            self.cursor.fail(message, "write INCIDR('10.0.0.0/8', sourceip)", network.span)
        tested = replace(address, span=span)
        return values.tested(tested, InNetwork(found), "address", values.address_view)

    def _search(self) -> Predicate:
        """``"TEXT" "SEARCH" "="? text``."""
        token = self.cursor.next()
        self.cursor.next()
        self.scope.searches += 1
        if self.scope.searches > 1:
            hint = "put both in one: TEXT SEARCH 'a AND b'"
            self.cursor.fail("a second TEXT SEARCH is refused", hint, token.span)
        if self.cursor.at("COMPARE") and self.cursor.token.text == "=":
            self.cursor.next()
        text = self.cursor.expect("STRING", "a text in single quotes")
        wanted, span = unquoted(text).strip(), token.span.to(text.span)
        words = re.findall(r"\w+", wanted)
        if _OPERATORS_OF_A_SEARCH.search(wanted) or not words:
            reason = "only the search for plain words is evaluated"
            self.cursor.unsupported("this TEXT SEARCH", reason, text.span)
        payload = values.column("payload", span, missing=OPERATORS["TEXT SEARCH"].missing)
        items = []
        for word in words:
            whole = rf"(?<!\w){re.escape(word)}(?!\w)"
            tests = [
                values.tested(payload, check, "text", values.text_view)
                for check in (
                    Matches(whole, "python", OPERATORS["TEXT SEARCH"].case),
                    Glob((Wild.ANY, word, Wild.ANY), OPERATORS["TEXT SEARCH"].case),
                )
            ]
            items.append(undecided(tests[0], tests[1]))
        found = all_of(*items)
        if len(words) == 1:
            return found
        phrase = Glob((Wild.ANY, wanted, Wild.ANY), OPERATORS["TEXT SEARCH"].case)
        return undecided(found, values.tested(payload, phrase, "text", values.text_view))

    def expression(self, level: int = 1) -> Value:
        """``expression := prefix (SIGN expression)*``."""
        with self.cursor:
            left = self._prefix()
            while self.cursor.at("SIGN") and _SIGNS[self.cursor.token.text] >= level:
                token = self.cursor.next()
                right = self.expression(_SIGNS[token.text] + 1)
                span = left.span.to(right.span)
                left = self._computed(token.text, [left, right], span)
            return left

    def _computed(self, sign: str, parts: list[Value], span: Span) -> Value:
        try:
            found = values.computed(sign, values.arithmetic(sign), parts, span)
        except Fault as error:
            self.cursor.unsupported("this arithmetic", str(error), span)
        if found.depth > MAX_DEPTH:
            reason = f"more than {MAX_DEPTH} operations inside each other are not evaluated"
            self.cursor.unsupported("a deep expression", reason, span)
        return found

    def _prefix(self) -> Value:  # noqa: RET503 - fail does not return
        """``prefix := "-" prefix | NUMBER | STRING | name | call | "(" expression ")"``."""
        token = self.cursor.token
        if token.kind == "SIGN" and token.text == "-":
            self.cursor.next()
            with self.cursor:
                part = self._prefix()
            return self._computed(
                "-", [values.literal(0, token.span), part], token.span.to(part.span)
            )
        if token.kind == "BAD_NUMBER":
            self.cursor.fail(f"{token} is neither a number nor a name", 'put a name in " "')
        if token.kind == "OPEN":
            self.cursor.next()
            found = self.expression()
            self.cursor.expect("CLOSE", ")")
            return found
        if token.kind in ("NUMBER", "STRING"):
            self.cursor.next()
            text = unquoted(token)
            return values.literal(text if token.kind == "STRING" else _number(text), token.span)
        if token.kind == "QUOTED" or (token.kind == "NAME" and token.text.upper() not in RESERVED):
            self.cursor.next()
            if token.kind == "NAME" and self.cursor.at("OPEN"):
                return self._call(token)
            return self._name(token)
        if token.kind == END:
            self.cursor.fail("the query ends too early", "add a value")
        self.cursor.fail(f"expected a value, found {token}")

    def _name(self, token: Token) -> Value:
        name = unquoted(token)
        if not name:
            self.cursor.fail("the name is empty", 'write a property as "Name"', token.span)
        if self.cursor.at("DOT"):
            reason = "one table is read, whose columns need no table name"
            self.cursor.unsupported("a name with a dot", reason)
        alias = self.scope.aliases.get(name.lower())
        if alias is not None and not self.scope.results:
            return replace(alias, span=token.span)
        return values.column(name, token.span)

    def _call(self, token: Token) -> Value:
        """``call := name "(" (expression ("," expression)*)? ")"``."""
        opening = self.cursor.next()
        name = token.text.lower()
        parts: list[Value] = []
        if is_word(self.cursor.token, "DISTINCT") and self.cursor.peek().kind != "CLOSE":
            self.cursor.next()
        star = self.cursor.at("SIGN") and self.cursor.token.text == "*"
        if star:
            self.cursor.next()
        while not self.cursor.at("CLOSE", END):
            if parts:
                self.cursor.expect("COMMA", "a comma or )")
            parts.append(self.expression())
        if not self.cursor.take("CLOSE"):
            self.cursor.fail("this parenthesis is not closed", "add )", opening.span)
        return self._made(name, token, parts, token.span.to(self.cursor.previous.span))

    def _made(self, name: str, token: Token, parts: list[Value], span: Span) -> Value:
        if name in values.LOOKUPS and parts:
            return replace(values.column(name, span, missing=Truth.UNDEFINED), span=span)
        known = values.FUNCTIONS.get(name)
        if known is None:
            opaque = f"the function {token.text}()"
            made = Value(span=span, expression=Literal(None), opaque=opaque)
            return made if self.scope.results else self._usable(made)
        low, high, apply = known
        if not low <= len(parts) <= high:
            message = f"{token.text}() takes {low} to {high} arguments, not {len(parts)}"
            self.cursor.fail(message, "", span)
        try:
            made = values.computed(name, apply, parts, span)
        except Fault as error:
            self.cursor.unsupported(f"{token.text}() of these values", str(error), span)
        if made.depth > MAX_DEPTH:
            self.cursor.unsupported(
                "a deep expression", "calls inside each other are bounded", span
            )
        return replace(made, name=made.name or name)


def _number(text: str) -> int | float:
    found = as_number(text)
    return float(text[:300]) if found is None else found
