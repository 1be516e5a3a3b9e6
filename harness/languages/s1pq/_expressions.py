"""Filters and expressions: one grammar, of which each place takes a part."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import NoReturn

from harness.ir import (
    And,
    Atom,
    Call,
    Case,
    Choice,
    Condition,
    Function,
    Glob,
    Literal,
    Not,
    Or,
    Predicate,
    Wild,
)
from harness.languages._lexing import END, Token
from harness.languages._nested import NestedCursor
from harness.languages._on_scope import on, undecided
from harness.languages._scope import Scope, too_large
from harness.languages.s1pq import _values as values
from harness.languages.s1pq._functions import FUNCTIONS, UNREAD, computing, replacing
from harness.languages.s1pq._regexes import check_regex
from harness.languages.s1pq._semantics import OPERATORS, TEXT_OPERATORS
from harness.languages.s1pq._tests import AnyField, Operand, Test, Tests, Value, as_value
from harness.languages.s1pq._tokens import name_of, number_of, text_of
from harness.source import Span

MESSAGE = "message"
"""The field that words and texts alone are looked up in."""
TERNARY, OR, AND, COMPARISON, SUM, PRODUCT, UNARY = range(1, 8)
_SIGNS = {"+": SUM, "-": SUM, "/": PRODUCT, "%": PRODUCT, "*": PRODUCT}
_STARTS = frozenset({"WORD", "STRING", "NOT", "OPEN", "REGEX", "STAR", "SHORTCUT", "SERVER"})
_JOINS = {"and": "AND", "AND": "AND", "or": "OR", "OR": "OR", "not": "NOT", "NOT": "NOT"}
_CONSTANTS = {"true": True, "false": False, "null": None}
_UNREAD_OPERATORS = ("starts_with", "ends_with")


class Place(Enum):
    """Where an expression stands."""

    INITIAL = "before the first pipe"
    FILTER = "in a filter command"
    COMPUTED = "in a computed field"


@dataclass(frozen=True, slots=True)
class Parser:
    """Reads expressions at one point of a pipeline.

    ``defined`` are the fields that commands have made; ``pending`` those that the command being
    read makes, which it cannot use yet; ``negations`` are those above the place being read.
    """

    cursor: NestedCursor
    scope: Scope
    tests: Tests
    place: Place
    defined: frozenset[str] = frozenset()
    pending: set[str] = field(default_factory=set)
    negations: list[Token] = field(default_factory=list)

    def filter(self) -> Predicate:
        """``filter := expression``, taken as a truth."""
        return self.truth(self.expression())

    def value(self) -> Value:
        """``value := expression``, taken as a value."""
        return self._value(self.expression())

    def expression(self, level: int = TERNARY) -> Operand:
        """``expression := prefix (operator expression)*``, loosest first: ?:, OR, AND, =, +, *."""
        left = self._prefix()
        while True:
            token = self.cursor.token
            kind = _kind(token)
            if level <= COMPARISON and self._compares():
                left = self._comparison(left)
            elif kind == "OR" and level <= OR:
                left = self._joined(left, "OR")
            elif level <= AND and (kind == "AND" or self._follows(token, kind)):
                left = self._joined(left, "AND")
            elif kind == "QUESTION" and level <= TERNARY:
                left = self._ternary(left)
            elif self._calculates(token) and _SIGNS[token.text] >= level:
                left = self._arithmetic(left, token)
            else:
                return left

    def _follows(self, token: Token, kind: str) -> bool:
        """Return whether a further term of a filter stands here, which means AND."""
        if self.place is Place.COMPUTED or kind not in _STARTS:
            return False
        return token.kind != "STAR" or _searches(self.cursor.peek())

    def _calculates(self, token: Token) -> bool:
        return token.kind == "SIGN" or (token.kind == "STAR" and not _searches(self.cursor.peek()))

    def _compares(self) -> bool:
        token, after = self.cursor.token, self.cursor.peek()
        if _kind(token) == "NOT":
            return after.kind == "WORD" and after.text in TEXT_OPERATORS
        if token.kind == "WORD":
            return token.text.lower() in TEXT_OPERATORS or token.text.startswith(_UNREAD_OPERATORS)
        return token.kind == "OP"

    def truth(self, operand: Operand) -> Predicate:
        """Return an operand as a condition."""
        if isinstance(operand, Test):
            return operand.predicate
        if isinstance(operand, AnyField):
            self._lone_star(operand)
        if self.place is Place.INITIAL and operand.word is not None:
            return self._text(operand.word)
        if isinstance(operand.expression, Literal) and self.place is not Place.COMPUTED:
            reason = "what a constant in place of a condition finds is not documented"
            self.cursor.unsupported("constant condition", reason, operand.span)
        return Condition(expression=operand.expression, truth=values.truth, span=operand.span)

    def _text(self, word: Token) -> Predicate:
        """``text := WORD | STRING``, looked up in the message."""
        if word.kind == "WORD" and not word.text.isalpha():
            hint = "put quotes around a text, or compare the field"
            self.cursor.fail(f"{word.text} stands without a comparison", hint, word.span)
        text = word.text if word.kind == "WORD" else text_of(self.cursor, word)
        if not text:
            reason = "what an empty text finds is not documented"
            self.cursor.unsupported("empty text", reason, word.span)
        cases = (OPERATORS["text"].case, Case.UNICODE)
        checks = [Glob((Wild.ANY, text, Wild.ANY), case) for case in cases]
        readings = [
            on(
                self.scope.resolve(MESSAGE),
                Atom(field="", check=check, view=values.TEXTS, span=word.span),
            )
            for check in checks
        ]
        return undecided(readings[0], readings[1])

    def _value(self, operand: Operand) -> Value:
        if isinstance(operand, Test) and operand.presence and self.place is Place.COMPUTED:
            self._no_presence(operand.span)
        if isinstance(operand, AnyField):
            self._lone_star(operand)
        found = as_value(operand)
        if too_large(found.expression):
            self.cursor.unsupported("computed value", "its expression is too large", found.span)
        return found

    def _lone_star(self, star: AnyField) -> NoReturn:
        hint = "write * contains or * matches"
        self.cursor.fail("* stands for all fields, which is no value", hint, star.span)

    def _no_presence(self, span: Span) -> NoReturn:
        hint = "write field ? a : b"
        self.cursor.fail("field = * stands outside of a filter", hint, span)

    def _joined(self, left: Operand, join: str) -> Operand:
        """``left (join right)*``; AND may be left out in a filter."""
        operands, level = [left], OR if join == "OR" else AND
        while True:
            token = self.cursor.token
            kind = _kind(token)
            if kind == join:
                self.cursor.next()
            elif join == "OR" or not self._follows(token, kind):
                break
            operands.append(self.expression(level + 1))
        span = left.span.to(self.cursor.previous.span)
        plain = any(isinstance(one, Value) for one in operands)
        if plain and self.place is not Place.INITIAL:
            if join == "OR":
                parts = tuple(self._value(one).expression for one in operands)
                first = Function("s1pq.||", values.first_true, strict=False)
                return Value(Call(first, parts, span), span)
            if self.place is Place.COMPUTED:
                reason = "which value it gives is not documented"
                self.cursor.unsupported("AND of values", reason, span)
        items = tuple(self.truth(one) for one in operands)
        return Test(Or(items) if join == "OR" else And(items), span)

    def _ternary(self, left: Operand) -> Value:
        """``condition "?" value ":" value``."""
        if isinstance(left, Test) and left.presence:
            self._no_presence(left.span)
        self.cursor.next()
        with self.cursor:
            then = self._value(self.expression())
            if not self.cursor.take("COLON"):
                hint = "put blanks around the colon, which may be a part of a name"
                self.cursor.fail(f"expected :, found {self.cursor.token}", hint)
            otherwise = self._value(self.expression())
        condition = self.truth(left) if isinstance(left, Test) else _truth_of(left)
        chosen = Choice(condition, then.expression, otherwise.expression)
        return self._value(Value(chosen, left.span.to(otherwise.span)))

    def _comparison(self, left: Operand) -> Test:
        """``comparison := left OP right | left text-operator literals``."""
        token = self.cursor.next()
        if token.kind == "OP":
            return self._compared(left, token)
        negated = _kind(token) == "NOT"
        word = self.cursor.next() if negated else token
        if word.text.startswith(_UNREAD_OPERATORS):
            reason = "no page lists it; anchor an expression with matches instead"
            self.cursor.unsupported(f"operator {word.text}", reason, word.span)
        if word.text not in TEXT_OPERATORS:
            reason = "the reference writes text operators in small letters"
            self.cursor.unsupported(f"operator {word.text}", reason, word.span)
        if isinstance(left, AnyField) and word.text.startswith("in"):
            self._lone_star(left)
        found = self.tests.listed(left, word.text, self._literals(word))
        if not negated:
            return found
        shown = f"{token.text} {word.text}".replace("! ", "!")
        if shown.startswith("not in") and not self.negations:
            return self.tests.nothing(found.span)
        if not shown.startswith("!contains") or isinstance(left, AnyField):
            reason = "what it finds there is not documented; write !(field in (...))"
            self.cursor.unsupported(f"operator {shown}", reason, word.span)
        return self.tests.without(as_value(left), found)

    def _compared(self, left: Operand, token: Token) -> Test:
        if isinstance(left, Test) and left.presence:
            self._no_presence(left.span)
        if self.cursor.at("STAR") and not _searches(self.cursor.peek()):
            span = left.span.to(self.cursor.next().span)
            if token.text not in ("=", "==") or not isinstance(left, Value):
                hint = "write !(field = *) for a field that is not there"
                self.cursor.fail(f"{token.text} * is no condition", hint, span)
            if self.place is Place.COMPUTED:
                self._no_presence(span)
            return self.tests.presence(left, span)
        right = self.expression(SUM)
        if self.cursor.at("OP"):
            self.cursor.fail("comparisons cannot be chained", "compare two values at a time")
        return self.tests.compare(self._value(left), token.text, self._value(right), at=token)

    def _literals(self, word: Token) -> list[Token]:
        """``literals := STRING | "(" literal ("," literal)* ")"``."""
        opening = self.cursor.take("OPEN")
        if opening is None:
            if word.text.startswith("in"):
                self.cursor.fail(f"expected ( after {word.text}, found {self.cursor.token}")
            return [self._literal(word)]
        found = [self._literal(word)]
        while self.cursor.take("COMMA"):
            found.append(self._literal(word))
        if not self.cursor.take("CLOSE"):
            if self.cursor.at("WORD", "OP", "PIPE"):
                self.cursor.unsupported("subquery", "its result depends on several events")
            self.cursor.fail(f"expected a comma or ), found {self.cursor.token}", "add )")
        return found

    def _literal(self, word: Token) -> Token:  # noqa: RET503 - fail does not return
        token = self.cursor.token
        if token.kind in ("STRING", "NUMBER") or token.text in ("true", "false"):
            return self.cursor.next()
        if token.kind in ("WORD", "OPEN", "PIPE", "STAR", "SIGN"):
            reason = "subqueries depend on several events; computed values are not documented"
            self.cursor.unsupported(f"subquery or value in {word.text}", reason)
        if token.kind == "UNCLOSED":
            self._refuse(token)
        self.cursor.fail(f"expected a value after {word.text}, found {token}", "quote the text")

    def _arithmetic(self, left: Operand, token: Token) -> Value:
        self.cursor.next()
        first = self._value(left)
        second = self._value(self.expression(_SIGNS[token.text] + 1))
        span = first.span.to(second.span)
        function = Function(f"s1pq.{token.text}", computing(token.text), strict=False)
        return self._value(Value(Call(function, (first.expression, second.expression), span), span))

    def _prefix(self) -> Operand:  # noqa: RET503 - fail does not return
        """``prefix := "not" expression | "(" expression ")" | literal | call | field | ...``."""
        token = self.cursor.next()
        with self.cursor:
            match _kind(token):
                case "NOT":
                    return self._negation(token)
                case "OPEN":
                    return self._methods(self._group(token))
                case "STRING":
                    word = token if self.place is Place.INITIAL else None
                    text = Literal(text_of(self.cursor, token))
                    return self._methods(Value(text, token.span, word))
                case "NUMBER":
                    return Value(Literal(number_of(self.cursor, token)), token.span)
                case "SIGN" if token.text == "-":
                    return self._minus(token)
                case "STAR":
                    return self._star(token)
                case "REGEX":
                    return self._message(token)
                case "WORD":
                    return self._word(token)
                case _:
                    self._refuse(token)

    def _refuse(self, token: Token) -> NoReturn:
        match token.kind:
            case "SHORTCUT":
                reason = "which fields it covers is not listed, and some tenants refuse it"
                self.cursor.unsupported(f"shortcut {token.text}", reason, token.span)
            case "SERVER":
                reason = "attributes of the log's server are no part of an event"
                self.cursor.unsupported(f"server field {token.text}", reason, token.span)
            case "BACKTICK":
                hint = "write the name without backticks"
                self.cursor.fail("names in backticks are refused", hint, token.span)
            case "UNCLOSED":
                hint = f"add {token.text}, and write a backslash twice before it"
                self.cursor.fail("this text is not closed", hint, token.span)
            case _:
                message = f"expected a value, found {token}"
                self.cursor.fail(message, "write a condition here", token.span)

    def _negation(self, token: Token) -> Test:
        """``negation := ("not" | "!") comparison``."""
        bare = token.kind == "NOT" and not self.cursor.at("OPEN")
        self.negations.append(token)
        inner = self.expression(UNARY if bare else COMPARISON)
        self.negations.pop()
        if bare and self._compares():
            reason = "whether ! stops before the operator is not documented; add parentheses"
            self.cursor.unsupported("! before a comparison", reason, token.span)
        return Test(Not(self.truth(inner)), token.span.to(inner.span))

    def _group(self, opening: Token) -> Operand:
        if self.cursor.at("PIPE"):
            self.cursor.unsupported("subquery", "its result depends on several events")
        found = self.expression()
        if not self.cursor.take("CLOSE"):
            if self.cursor.at(END):
                self.cursor.fail("this parenthesis is not closed", "add )", opening.span)
            if self.cursor.at("PIPE"):
                self.cursor.unsupported("subquery", "its result depends on several events")
            self.cursor.fail(f"expected ), found {self.cursor.token}")
        return found

    def _minus(self, sign: Token) -> Value:
        operand = self._value(self.expression(UNARY))
        span = sign.span.to(operand.span)
        if isinstance(operand.expression, Literal) and isinstance(
            operand.expression.value, int | float
        ):
            return Value(Literal(-operand.expression.value), span)
        function = Function("s1pq.-", computing("-"), strict=False)
        return Value(Call(function, (Literal(0), operand.expression), span), span)

    def _star(self, token: Token) -> AnyField:
        if not _searches(self.cursor.token) and self.place is Place.INITIAL:
            hint = "start with | for all events, or write field = *"
            self.cursor.fail("* alone is no filter", hint, token.span)
        if self.place is not Place.INITIAL:
            hint = "search all fields before the first pipe"
            self.cursor.fail("* stands after the first pipe", hint, token.span)
        return AnyField(token.span)

    def _message(self, token: Token) -> Test:
        r"""``$"regex"``: the message matches; its backslashes stand for themselves."""
        if self.place is not Place.INITIAL:
            hint = 'write message matches "..."'
            self.cursor.fail(f"{token.text[:20]} stands after the first pipe", hint, token.span)
        resolved = self.scope.resolve(MESSAGE) or Literal(None)
        subject = Value(resolved, token.span)
        inner = Span(token.span.start + 2, token.span.end - 1)
        pattern = token.text[2:-1]
        found = self.tests.matches(subject, pattern, '$"regex"', inner, token.span)
        return Test(found, token.span)

    def _word(self, token: Token) -> Operand:
        if token.text in _JOINS or token.text in TEXT_OPERATORS:
            self.cursor.fail(f"expected a value, found {token}", "write a value before it")
        if token.text in _CONSTANTS:
            return Value(Literal(_CONSTANTS[token.text]), token.span)
        adjacent = self.cursor.token.span.start == token.span.end
        if self.cursor.at("OPEN") and (adjacent or self.place is not Place.INITIAL):
            return self._methods(self._call(token))
        if self.cursor.at("BRACKET") and adjacent:
            reason = "how lists are reached is not documented for filters"
            self.cursor.unsupported("list index", reason)
        name = name_of(token)
        if name in self.pending:
            reason = "whether a command sees the fields that it makes is not documented"
            self.cursor.unsupported(f"field {name} of the same command", reason, token.span)
        expression = self.scope.resolve(name)
        if expression is None:
            hint = "columns keeps only the fields it names"
            self.cursor.fail(f"undefined field {name!r}", hint, token.span)
        return Value(expression, token.span, token, name in self.defined)

    def _call(self, token: Token) -> Value:
        """``call := name "(" arguments ")" | field "." name "(" arguments ")"``."""
        path, dot, name = token.text.rpartition(".")
        first: list[Value] = []
        if dot:
            expression = self.scope.resolve(path)
            if expression is None:
                self.cursor.fail(f"undefined field {path!r}", "", token.span)
            first = [Value(expression, token.span)]
        return self._apply(name, token, first)

    def _methods(self, operand: Operand) -> Operand:
        """``methods := operand ("." name "(" arguments ")")*``."""
        while self.cursor.at("DOT") and self.cursor.peek().kind == "WORD":
            self.cursor.next()
            name = self.cursor.next()
            operand = self._apply(name.text, name, [self._value(operand)])
        return operand

    def _apply(self, name: str, token: Token, given: list[Value]) -> Value:
        if UNREAD.fullmatch(name):
            reason = "it is not evaluated yet"
            self.cursor.unsupported(f"function {name}()", reason, token.span)
        known = FUNCTIONS.get(name)
        if known is None and name != "replace":
            hint = f"known: {', '.join(sorted(FUNCTIONS))}"
            self.cursor.fail(f"unknown function {name!r}", hint, token.span)
        given = [*given, *self._arguments()]
        span = token.span.to(self.cursor.previous.span)
        least, most = (3, 3) if known is None else (known.least, known.most)
        if not least <= len(given) <= most:
            counts = str(least) if least == most else f"{least} or {most}"
            message = f"{name}() takes {counts} arguments, not {len(given)}"
            self.cursor.fail(message, "", token.span)
        arguments = tuple(one.expression for one in given)
        if known is None:
            function = self._replace(given[1])
        else:
            function = Function(f"s1pq.{name}", known.apply, known.strict)
        return self._value(Value(Call(function, arguments, span), span))

    def _arguments(self) -> list[Value]:
        opening = self.cursor.expect("OPEN", "(")
        found: list[Value] = []
        while not self.cursor.at("CLOSE"):
            if found:
                self.cursor.expect("COMMA", "a comma or )")
            if self.cursor.at(END):
                self.cursor.fail("this parenthesis is not closed", "add )", opening.span)
            found.append(self._value(self.expression()))
        self.cursor.next()
        return found

    def _replace(self, pattern: Value) -> Function:
        """``replace(text, "regex", "new")``, in any letter case."""
        literal = pattern.expression.value if isinstance(pattern.expression, Literal) else None
        if not isinstance(literal, str):
            reason = "only an expression in quotes is evaluated"
            self.cursor.unsupported("replace() with a computed expression", reason, pattern.span)
        dialect = OPERATORS["matches"].dialect
        if check_regex(self.cursor, literal, dialect, pattern.span):
            reason = "inline flags are not honoured there"
            self.cursor.unsupported("replace() with inline flags", reason, pattern.span)
        return Function(f"s1pq.replace {literal}", replacing(literal, dialect))


def _kind(token: Token) -> str:
    """Return the kind of a token, with the words for AND, OR and NOT as their signs."""
    return _JOINS.get(token.text, token.kind) if token.kind == "WORD" else token.kind


def _searches(token: Token) -> bool:
    """Return whether a star before this token stands for all fields."""
    return token.kind == "WORD" and token.text.partition(":")[0] in ("contains", "matches")


def _truth_of(operand: Operand) -> Predicate:
    assert isinstance(operand, Value)
    return Condition(expression=operand.expression, truth=values.truth, span=operand.span)
