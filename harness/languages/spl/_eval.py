"""The expressions of eval and where: AND before OR, fields bare or in single quotes."""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import get_close_matches

from harness.ir import And, Literal, Or, Predicate
from harness.languages._lexing import END, Cursor, Token
from harness.languages._nested import NestedCursor
from harness.languages._scope import Scope, opaque, too_large
from harness.languages.spl._calls import SPECIAL, Arguments, like
from harness.languages.spl._functions import FUNCTIONS, OPAQUE_FUNCTIONS
from harness.languages.spl._operators import ARITHMETIC, negative, plus
from harness.languages.spl._script import Part, Script, tokens
from harness.languages.spl._search import read_search
from harness.languages.spl._values import (
    Operand,
    Test,
    Value,
    any_quoted,
    as_value,
    call,
    compare,
    exclusive,
    negation,
)
from harness.source import Span

_TOKEN = re.compile(
    r"""(?P<_blank>\s+)
    | (?P<STRING>"(?:\\.|[^"\\])*")
    | (?P<NAME>'[^']*')
    | (?P<NUMBER>\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)
    | (?P<WORD>[A-Za-z_]\w*)
    | (?P<COMPARE>==|!=|<=|>=|=|<|>)
    | (?P<SIGN>[-+*/%.])
    | (?P<OPEN>\() | (?P<CLOSE>\)) | (?P<COMMA>,)
    | (?P<SUBSEARCH>[\[\]])
    | (?P<BRACE>[{}])""",
    re.VERBOSE | re.DOTALL | re.ASCII,
)
_LEVELS = {"XOR": 1, "OR": 2, "AND": 3}
_COMPARISON = 4
_ADDITIVE, _MULTIPLICATIVE, _UNARY = 5, 6, 7
_SIGNS = {"+": _ADDITIVE, "-": _ADDITIVE, ".": _ADDITIVE} | dict.fromkeys("*/%", _MULTIPLICATIVE)
MAX_DIGITS = 300
"""Characters of a number."""


def eval_cursor(part: Part) -> Cursor:
    """Return a cursor over the tokens of an expression."""
    return NestedCursor(part.script.source, tokens(part, _TOKEN))


def read_where(part: Part, scope: Scope) -> Predicate:
    """``where := expression END``; the expression must be Boolean."""
    cursor = eval_cursor(part)
    parser = Expressions(cursor, scope, part.script)
    found = parser.test(parser.expression())
    if not cursor.at(END):
        hint = "join predicates by AND or OR; put field names with other characters in '...'"
        cursor.fail(f"unexpected {cursor.token}", hint)
    return found


def read_eval(part: Part, scope: Scope) -> Scope:
    """``eval := assignment ("," assignment)* END``; each sees those on its left."""
    cursor = eval_cursor(part)
    while True:
        parser = Expressions(cursor, scope, part.script)
        name = _target(cursor)
        found = parser.expression()
        if isinstance(found, Test):
            message = "an eval cannot assign a Boolean"
            hint = "put the test inside if(), as in if(test, 1, 0)"
            cursor.fail(message, hint, found.span)
        if too_large(found.expression):
            cursor.unsupported("computed field", "its expression is too large", found.span)
        scope = scope.assign({name: found.expression})
        if not cursor.take("COMMA"):
            break
    if not cursor.at(END):
        cursor.fail(f"unexpected {cursor.token}", "separate assignments by commas")
    return scope


def _target(cursor: Cursor) -> str:
    """``target := (WORD | STRING | NAME) ("." WORD)* "="``."""
    token = cursor.expect(("WORD", "STRING", "NAME"), "a field name")
    name = unescape(token.text[1:-1]) if token.kind == "STRING" else token.text.strip("'")
    while cursor.at_text("."):
        cursor.next()
        name += "." + cursor.expect(("WORD", "NUMBER"), "a field name").text
    if cursor.at("BRACE"):
        cursor.unsupported("field name from a value", "the name differs from event to event")
    if not cursor.at_text("="):
        cursor.fail(f"expected = after the field name, found {cursor.token}")
    cursor.next()
    return name


def unescape(text: str) -> str:
    r"""Return a quoted text with ``\\`` and ``\"`` resolved, other sequences kept."""
    return re.sub(r'\\([\\"])', r"\1", text)


def _literal(text: str) -> str:
    r"""Return a string literal, in which ``\t`` is a tab.

    https://help.splunk.com/en/splunk-enterprise/search/search-manual/10.0/expressions-and-predicates
    """
    return re.sub(r'\\([\\"t])', lambda hit: "\t" if hit[1] == "t" else hit[1], text)


@dataclass(frozen=True, slots=True)
class Expressions:
    """A parser by operator precedence."""

    cursor: Cursor
    scope: Scope
    script: Script

    def test(self, operand: Operand) -> Predicate:
        """Return an operand that must be Boolean."""
        if isinstance(operand, Value):
            reason = "it is no Boolean expression, and what the engine makes of it is not stated"
            self.cursor.unsupported("value used as a condition", reason, operand.span)
        return operand.predicate

    def value(self, operand: Operand) -> Value:
        """Return an operand that must not be Boolean."""
        if isinstance(operand, Test):
            reason = "only values are compared and computed with"
            self.cursor.unsupported("Boolean used as a value", reason, operand.span)
        return operand

    def expression(self, level: int = 1) -> Operand:
        """``expression := prefix (operator expression)*``, loosest first: XOR, OR, AND, =, +, *."""
        left = self._prefix()
        while True:
            token = self.cursor.token
            word = token.text.upper() if token.kind == "WORD" else ""
            if word in _LEVELS and _LEVELS[word] >= level:
                left = self._logical(left, word)
            elif self._at_comparison() and level <= _COMPARISON:
                left = self._comparison(self.value(left))
            elif token.kind == "SIGN" and _SIGNS[token.text] >= level:
                left = self._arithmetic(self.value(left), token)
            else:
                return left

    def _logical(self, left: Operand, word: str) -> Test:
        items = [self.test(left)]
        while self.cursor.at("WORD") and self.cursor.token.text.upper() == word:
            self.cursor.next()
            items.append(self.test(self.expression(_LEVELS[word] + 1)))
        span = left.span.to(self.cursor.previous.span)
        if word == "XOR":
            found = items[0]
            for item in items[1:]:
                found = exclusive(found, item, span)
            return Test(found, span)
        return Test(And(tuple(items)) if word == "AND" else Or(tuple(items)), span)

    def _prefix(self) -> Operand:
        """``prefix := "NOT" comparison | "-" primary | primary``."""
        token = self.cursor.token
        if token.kind == "WORD" and token.text.upper() == "NOT":
            self.cursor.next()
            with self.cursor:
                item = self.expression(_COMPARISON)
            return Test(negation(self.test(item)), token.span.to(item.span))
        if token.kind == "SIGN" and token.text in "+-":
            self.cursor.next()
            with self.cursor:
                item = self.expression(_UNARY)
            value = self.value(item)
            if token.text == "+":
                return value
            return Value(call("negative", negative, value), token.span.to(value.span))
        return self._primary()

    def _at_comparison(self) -> bool:
        token = self.cursor.token
        return token.kind == "COMPARE" or (
            token.kind == "WORD" and token.text.upper() in ("LIKE", "IN", "NOT")
        )

    def _comparison(self, left: Value) -> Test:
        """``comparison := value (sign value | "LIKE" value | "IN" "(" values ")")``."""
        token = self.cursor.next()
        word = token.text.upper()
        if word == "NOT":
            if self.cursor.at("WORD") and self.cursor.token.text.upper() in ("IN", "LIKE"):
                reason = "the manual negates as in NOT x IN (...)"
                self.cursor.unsupported(f"NOT {self.cursor.token.text}", reason, token.span)
            self.cursor.fail("an operator is missing before NOT", "write AND NOT", token.span)
        if word == "IN":
            given = self._arguments("in", left.span)
            every = Arguments(self.cursor, "in", given.span, (left, *given.items))
            if not given.items:
                self.cursor.fail("the IN list is empty", "put a value in it", given.span)
            found = SPECIAL["in"].build(every)
            return Test(self.test(found), left.span.to(self.cursor.previous.span))
        right = self.value(self.expression(_ADDITIVE))
        span = left.span.to(right.span)
        if self._at_comparison() and not self._at_word("NOT"):
            self.cursor.fail("comparisons cannot be chained", "join two comparisons by AND")
        if word == "LIKE":
            return Test(like(left, right, span), span)
        sign = "=" if token.text == "==" else token.text
        return Test(compare(left, sign, right), span)

    def _at_word(self, text: str) -> bool:
        return self.cursor.at("WORD") and self.cursor.token.text.upper() == text

    def _arithmetic(self, left: Value, token: Token) -> Value:
        self.cursor.next()
        right = self.value(self.expression(_SIGNS[token.text] + 1))
        following = self.cursor.token
        signs = {token.text, following.text if following.kind == "SIGN" else token.text}
        if "." in signs and len(signs) > 1:
            reason = "the manual does not say which of them binds tighter; add parentheses"
            self.cursor.unsupported("concatenation beside arithmetic", reason)
        quoted = any_quoted((left, right))
        apply = plus(quoted=quoted) if token.text == "+" else ARITHMETIC[token.text]
        built = call(f"{token.text} {quoted}", apply, left, right)
        return Value(built, left.span.to(right.span))

    def _primary(self) -> Operand:  # noqa: RET503 - fail and unsupported do not return
        """``primary := "(" expression ")" | STRING | NUMBER | NAME | WORD | call``."""
        token = self.cursor.next()
        match token.kind:
            case "OPEN":
                with self.cursor:
                    found = self.expression()
                if not self.cursor.take("CLOSE"):
                    self.cursor.fail("this parenthesis is not closed", "add )", token.span)
                return found
            case "STRING":
                return Value(Literal(_literal(token.text[1:-1])), token.span, quoted=True)
            case "NUMBER":
                return self._number(token)
            case "NAME":
                return self._field(token.text[1:-1], token.span)
            case "WORD" if self.cursor.at("OPEN"):
                return self._call(token)
            case "WORD" if token.text == "null":
                return Value(Literal(None), token.span)
            case "WORD" if token.text in ("true", "false"):
                reason = "the manual lists it as a literal, but no page says what compares with it"
                self.cursor.unsupported(f"the literal {token.text}", reason, token.span)
            case "WORD" if token.text.upper() not in (*_LEVELS, "LIKE", "IN"):
                return self._field(token.text, token.span)
            case "SUBSEARCH":
                reason = "its result depends on a search over other events"
                self.cursor.unsupported("subsearch", reason, token.span)
            case _:
                self.cursor.fail(f"expected a value or a field, found {token}", "", token.span)

    def _number(self, token: Token) -> Value:
        after = self.cursor.token
        if after.kind == "WORD" and after.span.start == token.span.end:
            hint = "put field names that begin with a digit in single quotes"
            self.cursor.fail(f"{token.text + after.text!r} is no number", hint, token.span)
        if len(token.text) > MAX_DIGITS:
            self.cursor.fail(f"the number has more than {MAX_DIGITS} digits", "", token.span)
        text = token.text
        number = float(text) if set(text) & set(".eE") else int(text)
        return Value(Literal(number), token.span)

    def _field(self, name: str, span: Span) -> Value:
        found = self.scope.resolve(name)
        return Value(Literal(None) if found is None else found, span)

    def _arguments(self, name: str, start: Span) -> Arguments:
        """``arguments := "(" (expression ("," expression)*)? ")"``."""
        opening = self.cursor.expect("OPEN", "(")
        items: list[Operand] = []
        with self.cursor:
            while not self.cursor.at("CLOSE"):
                if items:
                    self.cursor.expect("COMMA", "a comma or )")
                items.append(self.expression())
        if not self.cursor.take("CLOSE"):
            self.cursor.fail("this parenthesis is not closed", "add )", opening.span)
        span = start.to(self.cursor.previous.span)
        return Arguments(self.cursor, name, span, tuple(items))

    def _call(self, token: Token) -> Operand:
        """``call := WORD arguments``."""
        # Splunk's own detections write LIKE() and CASE() as well.
        name = token.text.lower()
        if name not in {*SPECIAL, *FUNCTIONS, *OPAQUE_FUNCTIONS, "searchmatch"}:
            near = get_close_matches(name, [*SPECIAL, *FUNCTIONS, "searchmatch"], n=1)
            hint = f"did you mean {near[0]}()?" if near else ""
            self.cursor.fail(f"there is no eval function {token.text}()", hint, token.span)
        if name == "searchmatch":
            return self._searchmatch(token)
        given = self._arguments(name, token.span)
        if name in OPAQUE_FUNCTIONS:
            return Value(opaque(f"{name}() ({OPAQUE_FUNCTIONS[name]})"), given.span)
        entry = SPECIAL[name] if name in SPECIAL else FUNCTIONS[name]
        if not entry.least <= len(given.items) <= entry.most:
            wanted = f"{entry.least}" if entry.least == entry.most else f"at least {entry.least}"
            message = f"{name}() takes {wanted} arguments, not {len(given.items)}"
            self.cursor.fail(message, "", given.span)
        if name in SPECIAL:
            return SPECIAL[name].build(given)
        function, boolean = FUNCTIONS[name], name in ("tostring", "typeof")
        values = [as_value(item) for item in given.items] if boolean else given.values()
        return Value(call(name, function.apply, *values, strict=function.strict), given.span)

    def _searchmatch(self, token: Token) -> Test:
        """``searchmatch("search")`` applies the rules of the search command."""
        opening = self.cursor.expect("OPEN", "(")
        written = self.cursor.expect("STRING", "a search in double quotes")
        if not self.cursor.take("CLOSE"):
            self.cursor.fail("this parenthesis is not closed", "add )", opening.span)
        text = unescape(written.text[1:-1])
        script = Script(self.script.source, text, (written.span,) * len(text))
        with self.cursor:
            found = read_search(Part(script, 0, len(text)), self.scope, indexed=False)
        return Test(found, token.span.to(self.cursor.previous.span))
