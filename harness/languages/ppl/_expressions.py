"""Conditions and expressions: ``where``, ``eval`` and what stands in functions.

After ``logicalExpression`` of OpenSearchPPLParser.g4
(https://github.com/opensearch-project/sql/blob/main/ppl/src/main/antlr/OpenSearchPPLParser.g4):
NOT binds before AND, AND before XOR, XOR before OR.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

from harness.ir import And, Call, Definite, Function, Not, Or, Predicate, Truth
from harness.languages._lexing import END, Token
from harness.languages._nested import NestedCursor
from harness.languages._scope import too_large
from harness.languages.ppl import _calls, _dates, _tokens
from harness.languages.ppl._compare import Tests
from harness.languages.ppl._functions import ARITHMETIC, add, divide
from harness.languages.ppl._tokens import is_name, is_word, name_value, show, unquote
from harness.languages.ppl._values import Kind, Value, as_condition, computed, constant, truth_value
from harness.source import Span

MAX_VALUES = 20_000
"""Values of one list."""
_IMPLIED_AND = (3, 1)
_OPERATOR_WORDS = ("and", "or", "xor", "as", "by", "on")
_COMPARISONS = ("=", "==", "!=", "<", "<=", ">", ">=")

Resolve = Callable[[str, Span], Value]


class Expressions:
    """Reads expressions at one place of a pipeline.

    ``pushed`` tells that the index itself filters, which before 3.3 makes NOT two-valued.
    """

    def __init__(
        self, cursor: NestedCursor, tests: Tests, resolve: Resolve, *, pushed: bool
    ) -> None:
        self.cursor = cursor
        self.resolve = resolve
        self.pushed = pushed
        self._tests = tests
        self._negated = 0

    @property
    def tests(self) -> Tests:
        """The tests to build here; inside a negation null may have leaked in some versions."""
        engine = self._tests.engine
        unsure = engine.leaks_nulls or (not engine.calcite and not self.pushed)
        if self._negated and unsure:
            return replace(self._tests, missing=Truth.UNDEFINED)
        return self._tests

    @contextmanager
    def negation(self) -> Iterator[None]:
        """Mark what is read inside as negated."""
        self._negated += 1
        yield
        self._negated -= 1

    def negate(self, item: Predicate) -> Predicate:
        """Return NOT: before 3.3 the index takes what is unknown for false first."""
        if not self.tests.engine.calcite and self.pushed:
            return Not(Definite(item))
        return Not(item)

    def span_from(self, start: Span) -> Span:
        """Return the span from a place to the token read last."""
        return start.to(self.cursor.previous.span)

    # Logic ---------------------------------------------------------------------------------

    def condition(self) -> Predicate:
        """Return a logical expression that must be a condition."""
        return self.as_truth(self.logical())

    def as_truth(self, value: Value) -> Predicate:
        """Return a value as a condition; the engine takes booleans only."""
        if value.kind not in {Kind.BOOLEAN, Kind.ANY}:
            hint = "compare it with something; words are looked up by the search command"
            message = f"a condition is boolean, this is a value of the type {value.kind.value}"
            self.cursor.fail(message, hint, value.span)
        if value.condition is not None:
            return value.condition
        if value.field is not None:
            same = self.tests.compare(
                "=", value, constant(True, Kind.BOOLEAN, value.span), value.span
            )
            return as_condition(same)
        return as_condition(value)

    def logical(self) -> Value:
        """``logical := xor ("OR" xor)*``."""
        return self._chain(self._xor, "or", lambda items: Or(tuple(items)))

    def _xor(self) -> Value:
        """``xor := and ("XOR" and)*``."""
        left = self._and()
        while is_word(self.cursor.token, "xor"):
            self.cursor.next()
            one, two = self.as_truth(left), self.as_truth(self._and())
            span = self.span_from(left.span)
            both = Or((And((one, Not(two))), And((Not(one), two))))
            if too_large(both):
                self.cursor.unsupported("XOR", "its sides are too large", span)
            left = truth_value(both, span)
        return left

    def _and(self) -> Value:
        """``and := not ("AND"? not)*``; the word may be left out before 3.1."""
        return self._chain(self._not, "and", lambda items: And(tuple(items)))

    def _chain(
        self, part: Callable[[], Value], word: str, join: Callable[[list[Predicate]], Predicate]
    ) -> Value:
        first = part()
        items: list[Predicate] = []
        while self._joins(word):
            if is_word(self.cursor.token, word):
                self.cursor.next()
            if not items:
                items.append(self.as_truth(first))
            items.append(self.as_truth(part()))
        return truth_value(join(items), self.span_from(first.span)) if items else first

    def _joins(self, word: str) -> bool:
        token = self.cursor.token
        if is_word(token, word):
            return True
        if word != "and" or self.tests.engine.release >= _IMPLIED_AND:
            return False
        starts = token.kind in {"STRING", "NUMBER"} or is_word(token, "not") or token.text == "("
        return starts or is_name(token)

    def _not(self) -> Value:
        """``not := "NOT" not | expression``."""
        if not is_word(self.cursor.token, "not"):
            return self.expression()
        start = self.cursor.next()
        with self.cursor, self.negation():
            inner = self.as_truth(self._not())
        return truth_value(self.negate(inner), self.span_from(start.span))

    # Comparisons ---------------------------------------------------------------------------

    def expression(self) -> Value:
        """``expression := value (comparison | "NOT"? "IN" list | "NOT"? "BETWEEN" ... )*``."""
        left = self.value()
        while True:
            token = self.cursor.token
            if token.kind == "OPERATOR" and token.text in _COMPARISONS:
                left = self._comparison(left)
            elif is_word(token, "in", "between", "like", "regexp", "contains", "is"):
                left = self._word_operator(left, negated=False)
            elif is_word(token, "not") and is_word(self.cursor.peek(), "in", "between", "like"):
                self.cursor.next()
                left = self._word_operator(left, negated=True)
            else:
                return left

    def _comparison(self, left: Value) -> Value:
        """``comparison := ("=" | "==" | "!=" | "<" | "<=" | ">" | ">=") value``."""
        sign = self.cursor.next()
        engine = self.tests.engine
        if sign.text == "==" and not engine.calcite:
            self.cursor.fail("== is there since 3.3", "write =", sign.span)
        right = self.value()
        span = self.span_from(left.span)
        if sign.text == "!=":
            with self.negation():
                return self.tests.compare("!=", left, right, span)
        return self.tests.compare(sign.text.replace("==", "="), left, right, span)

    def _word_operator(self, left: Value, *, negated: bool) -> Value:
        word = self.cursor.next()
        read = {
            "in": self._in,
            "between": self._between,
            "like": self._like,
            "regexp": self._regexp,
            "contains": self._contains,
            "is": self._is_null,
        }[word.text.lower()]
        if negated and word.text.lower() == "like":
            hint = "write NOT in front of the whole comparison"
            self.cursor.fail("NOT stands before IN and BETWEEN only", hint, word.span)
        if not negated:
            return read(left)
        with self.negation():
            inner = as_condition(read(left))
        return truth_value(self.negate(inner), self.span_from(left.span))

    def _in(self, left: Value) -> Value:
        """``in := "IN" "(" literal ("," literal)* ")"``."""
        if self.cursor.at_text("["):
            self.cursor.unsupported("subsearch", "it searches other events")
        self.operator("(")
        listed = [self.literal()]
        while self.take(","):
            listed.append(self.literal())
            if len(listed) > MAX_VALUES:
                self.cursor.unsupported("a very long list", f"more than {MAX_VALUES} values")
        self.operator(")")
        return self.tests.among(left, listed, self.span_from(left.span))

    def _between(self, left: Value) -> Value:
        """``between := "BETWEEN" value "AND" value``."""
        low = self.value()
        if not is_word(self.cursor.token, "and"):
            self.cursor.fail(f"expected AND, found {show(self.cursor.token)}")
        self.cursor.next()
        high = self.value()
        return self.tests.between(left, low, high, self.span_from(left.span))

    def _like(self, left: Value) -> Value:
        """``like := "LIKE" value``."""
        engine = self.tests.engine
        if not engine.calcite:
            message, hint = "the operator LIKE is there since 3.3", "write like(field, pattern)"
            self.cursor.fail(message, hint, self.cursor.previous.span)
        pattern = self.value()
        span = self.span_from(left.span)
        return _calls.like(self, left, pattern, span, minds_case=engine.like_minds_case)

    def _regexp(self, left: Value) -> Value:
        """``regexp := "REGEXP" value``."""
        if not self.tests.engine.calcite:
            reason = "it gives a number there, whose use as a condition was not read"
            self.cursor.unsupported("REGEXP before 3.3", reason, self.cursor.previous.span)
        pattern = self.value()
        return _calls.regexp(self, left, pattern, self.span_from(left.span))

    def _contains(self, left: Value) -> Value:
        """``contains := field "CONTAINS" STRING``."""
        token = self.cursor.expect("STRING", "a text in quotes after contains")
        span = self.span_from(left.span)
        if left.field is None:
            self.cursor.fail("contains takes a field on its left", "write field contains 'x'", span)
        if not self.tests.engine.calcite:
            message = "contains is no operator of this version"
            self.cursor.fail(message, "write like(field, '%x%')", span)
        return _calls.contains(self, left, self.text(token), span)

    def _is_null(self, left: Value) -> Value:
        """``is_null := "IS" "NOT"? "NULL"``."""
        start = self.cursor.previous
        negated = is_word(self.cursor.token, "not")
        if negated:
            self.cursor.next()
        if not is_word(self.cursor.token, "null"):
            self.cursor.fail(f"expected NULL, found {show(self.cursor.token)}")
        self.cursor.next()
        if not self.tests.engine.null_predicate:
            self.cursor.fail("IS NULL is there since 3.7", "write isnull(field)", start.span)
        found = _calls.is_null(self, left, self.span_from(left.span))
        return (
            truth_value(Not(found), self.span_from(left.span))
            if negated
            else truth_value(found, left.span)
        )

    # Values --------------------------------------------------------------------------------

    def value(self) -> Value:
        """``value := product (("+" | "-") product)*``."""
        left = self._product()
        while self.cursor.token.kind == "OPERATOR" and self.cursor.at_text("+", "-"):
            sign = self.cursor.next()
            left = self._arithmetic(sign, left, self._product())
        return left

    def _product(self) -> Value:
        """``product := primary (("*" | "/" | "%") primary)*``."""
        left = self.primary()
        while self.cursor.token.kind == "OPERATOR" and self.cursor.at_text("*", "/", "%"):
            sign = self.cursor.next()
            left = self._arithmetic(sign, left, self.primary())
        return left

    def _arithmetic(self, sign: Token, left: Value, right: Value) -> Value:
        kinds = {left.kind, right.kind} - {Kind.ANY}
        texts = sign.text == "+" and kinds == {Kind.TEXT} and self.tests.engine.calcite
        if not texts and not kinds <= {Kind.NUMBER}:
            names = " and ".join(sorted(kind.value for kind in kinds))
            self.cursor.fail(f"{sign.text} takes numbers, not {names}", "cast first", sign.span)
        span = self.span_from(left.span)
        match sign.text:
            case "+":
                function = Function("ppl.+", add)
            case "/":
                cuts = self.tests.engine.legacy
                function = Function(f"ppl./ {cuts}", lambda a, b: divide(a, b, truncates=cuts))
            case _:
                function = Function(f"ppl.{sign.text}", ARITHMETIC[sign.text])
        call = Call(function, (left.expression, right.expression), span)
        if too_large(call):
            self.cursor.unsupported("arithmetic", "the expression is too large", span)
        return computed(Kind.TEXT if texts else Kind.NUMBER, call, span)

    def primary(self) -> Value:
        """``primary := literal | function | field | "(" logical ")"``."""
        token = self.cursor.token
        if token.kind in {"STRING", "NUMBER"} or is_word(token, "true", "false"):
            return self.literal()
        if token.kind == "OPERATOR" and token.text in "+-" and self.cursor.peek().kind == "NUMBER":
            return self.literal()
        if token.text == "(" and token.kind == "OPERATOR":
            return self._group()
        if token.text == "[" and token.kind == "OPERATOR":
            self.cursor.unsupported("subsearch", "it searches other events")
        if not is_name(token):
            self.cursor.fail(f"expected a value, found {show(token)}")
        if token.kind == "WORD" and self.cursor.peek().text == "(":
            with self.cursor:
                return _calls.call(self, self.cursor.next())
        return _dates.literal_of_time(self) or self.field()

    def _group(self) -> Value:
        start = self.cursor.next()
        with self.cursor:
            inner = self.logical()
        if self.cursor.at_text(","):
            self.cursor.unsupported("tuple", "only subsearches take it", start.span)
        self.operator(")")
        return inner

    def field(self) -> Value:
        """``field := name ("." name)*``."""
        name, span = self.name()
        return self.resolve(name, span)

    def name(self) -> tuple[str, Span]:
        """Return a name with its dots, and where it stands."""
        token = self.cursor.token
        if not is_name(token):
            self.cursor.fail(f"expected a field, found {show(token)}")
        first = self.cursor.next()
        parts = [name_value(first)]
        while self.cursor.at_text(".") and is_name(self.cursor.peek()):
            self.cursor.next()
            parts.append(name_value(self.cursor.next()))
        if self.cursor.at_text("[", "{") and self.cursor.token.kind == "OPERATOR":
            self.cursor.unsupported("element of a list", "lists are not types of an index")
        return ".".join(parts), self.span_from(first.span)

    def literal(self) -> Value:
        """``literal := STRING | ("+" | "-")? NUMBER | "TRUE" | "FALSE"``."""
        start = self.cursor.token
        sign = self.cursor.next().text if self.cursor.at_text("+", "-") else ""
        token = self.cursor.token
        if token.kind == "NUMBER":
            number = _tokens.number_value(self.cursor.next(), self.cursor.source)
            signed = -number if sign == "-" else number
            return constant(signed, Kind.NUMBER, self.span_from(start.span))
        if not sign and token.kind == "STRING":
            return constant(self.text(self.cursor.next()), Kind.TEXT, token.span)
        if not sign and is_word(token, "true", "false"):
            self.cursor.next()
            return constant(token.text.lower() == "true", Kind.BOOLEAN, token.span)
        found = _dates.literal_of_time(self) if not sign else None
        if found is None:
            self.cursor.fail(f"expected a literal, found {show(token)}", "put text in quotes")
        return found

    def text(self, token: Token) -> str:
        """Return the text of a string token."""
        return unquote(token.text, escapes=self.tests.engine.string_escapes)

    # Tokens --------------------------------------------------------------------------------

    def operator(self, text: str) -> Token:
        """Read a sign, or fail."""
        if self.cursor.token.kind == END or self.cursor.token.text != text:
            self.cursor.fail(f"expected {text!r}, found {show(self.cursor.token)}")
        return self.cursor.next()

    def take(self, text: str) -> bool:
        """Read a sign if it comes next."""
        if self.cursor.token.kind != "OPERATOR" or self.cursor.token.text != text:
            return False
        self.cursor.next()
        return True
