"""Filters: comparisons and free text, joined by and, or, not."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from harness.ir import (
    FALSE,
    TRUE,
    And,
    Call,
    Expression,
    FieldValue,
    Function,
    Not,
    Or,
    Predicate,
)
from harness.languages._scope import Scope
from harness.languages.logscale import _leaves as leaves
from harness.languages.logscale._calls import Calls
from harness.languages.logscale._names import FUNCTIONS, KEYWORDS
from harness.languages.logscale._scanner import CALL, NAME, REGEX, STRING, Scanner, Text
from harness.source import Span

SIGN = re.compile(r"!=|<=|>=|=~|:=|=(?!~)|<|>|(?:like|LIKE|Like)(?=[\s\"/*(?])")
_LOGIC = re.compile(r"(?:and|or|not)(?![^\s()!\"/|;}?])", re.IGNORECASE)
_KNOWN = frozenset({"and", "AND", "or", "OR", "not", "NOT"})
ENDS = ("|", ";", "}")


@dataclass(frozen=True, slots=True)
class Found:
    """A filter in the two readings of the order of operators, mostly one.

    ``values`` are the fields that named groups make. ``call`` tells that it holds a function,
    which the published grammar has as a step of its own only; ``alone`` that it is nothing else.
    """

    grammar: Predicate
    other: Predicate
    values: Mapping[str, Expression] = field(default_factory=dict)
    call: bool = False
    alone: bool = False

    @property
    def clear(self) -> bool:
        """Whether both readings are one."""
        return self.grammar is self.other


def _one(predicate: Predicate) -> Found:
    return Found(predicate, predicate)


@dataclass(frozen=True, slots=True)
class Filter:
    """Reads one filter at the place of a scanner."""

    scanner: Scanner
    scope: Scope
    calls: Calls

    def read(self) -> Found:
        """``filter := unary (("and" | "or")? unary)*``; or binds tighter than and."""
        scanner = self.scanner
        operands = [self._unary()]
        signs: list[str] = []
        while not scanner.ended and not scanner.sees(")", *ENDS):
            sign = self._logic("and", "or")
            signs.append(sign or "and")
            operands.append(self._unary())
        return self._joined(operands, signs)

    def _logic(self, *wanted: str) -> str | None:
        """Read a logical operator, in lower or upper case."""
        found = self.scanner.looking(_LOGIC)
        if found is None or found.group().lower() not in wanted:
            return None
        if found.group() not in _KNOWN:
            reason = "the manual writes it in small or in capital letters"
            feature = f"the operator {found.group()!r}"
            self.scanner.unsupported(feature, reason, Span(*found.span()))
        self.scanner.read(_LOGIC)
        return found.group().lower()

    def _joined(self, operands: list[Found], signs: list[str]) -> Found:
        if len(operands) == 1:
            return operands[0]
        call = any(item.call for item in operands)
        grammar = _tight([item.grammar for item in operands], signs)
        first_or = signs.index("or") if "or" in signs else len(signs)
        clear = "and" not in signs[first_or:] and all(item.clear for item in operands)
        other = grammar if clear else _rightmost([item.other for item in operands], signs)
        values: dict[str, Expression] = {}
        for at, item in enumerate(operands):
            if item.values and ("or" in signs[max(0, at - 1) : at + 1] or not clear):
                reason = "the manual says that this does not work"
                self.scanner.unsupported("a named group beside or", reason)
            values.update(item.values)
        return Found(grammar, other, values, call)

    def _unary(self) -> Found:
        """``unary := ("not" | "!")* primary``."""
        if self.scanner.take("!") or self._logic("not"):
            with self.scanner:
                found = self._unary()
            denied = Not(found.grammar)
            other = denied if found.clear else Not(found.other)
            return replace(found, grammar=denied, other=other, values={})
        return self._primary()

    def _primary(self) -> Found:
        """``primary := "(" filter ")" | call | comparison | free-text | "true" | "false"``."""
        scanner = self.scanner
        opening = scanner.here
        if scanner.take("("):
            with scanner:
                found = self.read()
            scanner.expect(")", "this parenthesis is not closed", "add )", opening)
            return replace(found, alone=False)
        named = self.field_before(SIGN)
        if named is not None:
            return self._comparison(named)
        called = self.call_here()
        if called:
            return self._call(called, None)
        return self._free_text()

    def call_here(self) -> re.Match[str] | None:
        """Return the name of a function that is called here; a blank may precede the list."""
        found = self.scanner.looking(CALL)
        if found is None or found.group() in _KNOWN:
            return None
        beside = self.scanner.text[found.end()] == "("
        return found if beside or found.group() in FUNCTIONS else None

    def field_before(self, sign: re.Pattern[str]) -> Text | None:
        """Read a field name if an operator follows, which is left to read."""
        scanner, start = self.scanner, self.scanner.at
        if scanner.looking(STRING):
            found = scanner.string()
        elif name := scanner.looking(NAME):
            found = Text((name.group(),), Span(*name.span()))
            scanner.read(NAME)
        else:
            return None
        if scanner.looking(sign):
            if found.quoted or found.text not in _KNOWN:
                return found
            message = f"the field name {found.text!r} is not quoted"
            scanner.fail(message, f'write "{found.text}"', found.span)
        scanner.at = start
        return None

    def _call(self, called: re.Match[str], name: Text | None) -> Found:
        predicate, values = self.calls.filter(called, self.scope, name)
        return Found(predicate, predicate, values, call=True, alone=True)

    def _comparison(self, name: Text) -> Found:
        """``comparison := field sign value``."""
        scanner = self.scanner
        sign = scanner.read(SIGN)
        text = sign.group() if sign else ""
        if len(name.readings) > 1 or name.text == "*":
            reason = "no page says what its backslash or asterisk stands for"
            scanner.unsupported(f"the field name {name.text!r}", reason, name.span)
        if text == ":=":
            message = "an assignment is a step of its own"
            scanner.fail(message, "put | before it", name.span)
        if text == "=~":
            denied = scanner.take("!")
            called = scanner.looking(CALL)
            if called is None:
                scanner.fail("expected a function after =~", "write field =~ in(values=[...])")
            found = self._call(called, name)
            turned = Not(found.grammar) if denied else found.grammar
            return replace(found, grammar=turned, other=turned)
        if text.lower() == "like" and text != "like":
            scanner.unsupported(f"the operator {text!r}", "the manual writes like", name.span)
        target = self.scope.resolve(name.text)
        if text in leaves.ORDERS:
            return _one(leaves.ordered(target, text, self._value(text), scanner))
        if scanner.sees("/"):
            return self._matching(target, text, name)
        value = self._value(text)
        span = name.span.to(value.span)
        if text == "like":
            return _one(leaves.contains(target, value, span))
        test = leaves.equal(target, value, span, text)
        return _one(Not(test) if text == "!=" else test)

    def _value(self, sign: str) -> Text:
        """``value := STRING | WORD``."""
        scanner = self.scanner
        if scanner.sees('"'):
            return scanner.string()
        if sign == "=" and scanner.sees("="):
            scanner.fail("a filter compares with one =", "write =, or test(a == b)")
        found = scanner.word(f"a value after {sign}")
        if found.text in KEYWORDS:
            reason = "a keyword as a value must be quoted"
            scanner.unsupported(f"the value {found.text!r}", reason, found.span)
        return found

    def _regex(self) -> leaves.Regex:
        """``regex := "/" (character | escape)+ "/" flags``, on one line."""
        scanner = self.scanner
        found = scanner.looking(REGEX)
        if found is None:
            scanner.fail("this regular expression is not closed", "close it with /")
        scanner.read(REGEX)
        return leaves.regex_of(found[1], found[2], Span(*found.span()), scanner)

    def _matching(self, target: Expression | None, sign: str, name: Text) -> Found:
        regex = self._regex()
        span = name.span.to(regex.span)
        test = leaves.matching(target, regex, "= /regex/", span)
        if sign == "!=":
            return _one(Not(test))
        return Found(test, test, self.calls.captures(regex, target, self.scope))

    def _free_text(self) -> Found:
        """``free-text := STRING | WORD | regex``, looked up in the event as it was stored."""
        scanner = self.scanner
        if scanner.sees("/"):
            regex = self._regex()
            test = leaves.anywhere(regex)
            return Found(test, test, self._captures(regex))
        if scanner.sees('"'):
            return _one(leaves.free_text(scanner.string()))
        word = scanner.word("a filter")
        if word.text == "true":
            return _one(TRUE)
        if word.text == "false":
            return _one(FALSE)
        if word.text in FUNCTIONS or word.text in KEYWORDS:
            message = f"the word {word.text!r} is reserved"
            scanner.fail(message, f'quote it to search for it: "{word.text}"', word.span)
        if scanner.looking(SIGN) and not scanner.sees("like", "Like", "LIKE"):
            message = f"the field name {word.text!r} is not quoted"
            scanner.fail(message, f'write "{word.text}"', word.span)
        return _one(leaves.free_text(word))

    def _captures(self, regex: leaves.Regex) -> dict[str, Expression]:
        """Return what named groups find; the raw string comes before other fields."""
        values: dict[str, Expression] = {}
        for name, group in regex.groups.items():
            capture = leaves.Anywhere(leaves.Capture(regex, group))
            title = f"logscale.anywhere {group} {regex.case.name} {regex.flags}/{regex.pattern}"
            function = Function(title, capture, strict=False)
            old = self.scope.resolve(name)
            event = FieldValue("*")
            values[name] = Call(function, (event,) if old is None else (event, old), regex.span)
        return values


def _tight(items: list[Predicate], signs: list[str]) -> Predicate:
    """Join by the published grammar: a conjunction of disjunctions."""
    groups: list[list[Predicate]] = [[items[0]]]
    for sign, item in zip(signs, items[1:], strict=True):
        if sign == "or":
            groups[-1].append(item)
        else:
            groups.append([item])
    joined = [group[0] if len(group) == 1 else Or(tuple(group)) for group in groups]
    return joined[0] if len(joined) == 1 else And(tuple(joined))


def _rightmost(items: list[Predicate], signs: list[str]) -> Predicate:
    """Join from the right, ``and`` and ``or`` alike, as one row of the manual's table has it."""
    groups: list[Predicate] = [items[-1]]
    for at in range(len(signs) - 1, -1, -1):
        same = at + 1 < len(signs) and signs[at] == signs[at + 1]
        if not same and len(groups) > 1:
            groups = [_group(groups, signs[at + 1])]
        groups.insert(0, items[at])
    return _group(groups, signs[0])


def _group(items: list[Predicate], sign: str) -> Predicate:
    return Or(tuple(items)) if sign == "or" else And(tuple(items))
