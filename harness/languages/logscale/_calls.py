"""Functions that keep or drop an event, and functions inside expressions."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from harness.ir import (
    FALSE,
    NUMBER,
    TRUE,
    And,
    Anything,
    Atom,
    Call,
    Choice,
    Condition,
    Equals,
    Expression,
    FieldValue,
    Function,
    Glob,
    Literal,
    Not,
    Ordered,
    Predicate,
    Truth,
    Wild,
    any_of,
    as_number,
    as_text,
)
from harness.ir.checks import Check
from harness.languages._on_scope import on, undecided
from harness.languages._scope import EVENT, Scope, opaque
from harness.languages.logscale import _leaves as leaves
from harness.languages.logscale._arguments import ArgumentReader, Arguments, Signature
from harness.languages.logscale._events import RAW
from harness.languages.logscale._expressions import Compared, Expressions, field_value, only, simple
from harness.languages.logscale._names import AGGREGATES, FILTERS, FUNCTIONS
from harness.languages.logscale._scanner import Scanner, Text
from harness.languages.logscale._semantics import OPERATORS
from harness.languages.logscale._values import (
    CHOOSE,
    COALESCE,
    CONCAT,
    LENGTH,
    OF_FIELD,
    TEXT_TESTS,
    truth,
)
from harness.source import Span

Values = Mapping[str, Expression]
_PARTS = {"string": "expression", "substring": "expression"}
_WANTED = ("string", "substring")
SIGNATURES: Mapping[str, Signature] = {
    "in": Signature(
        "field", {"field": "field", "values": "texts", "ignoreCase": "flag"}, ("field", "values")
    ),
    "cidr": Signature(
        "field", {"field": "field", "subnet": "texts", "negate": "flag"}, ("field", "subnet")
    ),
    "wildcard": Signature(
        "pattern",
        {
            "pattern": "text",
            "field": "field",
            "ignoreCase": "flag",
            "includeEverythingOnAsterisk": "flag",
        },
        ("pattern",),
    ),
    "regex": Signature(
        "regex",
        {"regex": "text", "field": "field", "flags": "text", "strict": "flag", "repeat": "flag"},
        ("regex",),
    ),
    "test": Signature("expression", {"expression": "condition"}, ("expression",)),
    "text:contains": Signature("string", _PARTS, _WANTED),
    "text:startsWith": Signature("string", _PARTS, _WANTED),
    "text:endsWith": Signature("string", _PARTS, _WANTED),
    "array:contains": Signature("array", {"array": "text", "value": "text"}, ("array", "value")),
    "array:regex": Signature(
        "array", {"array": "text", "regex": "text", "flags": "text"}, ("array", "regex")
    ),
    "dropEvent": Signature("", {}),
    **dict.fromkeys(OF_FIELD, Signature("field", {"field": "field", "as": "field"}, ("field",))),
    "text:length": Signature("string", {"string": "expression"}, ("string",)),
    "coalesce": Signature(
        "expressions", {"expressions": "values", "as": "field"}, ("expressions",)
    ),
    "concat": Signature("field", {"field": "fields", "as": "field"}, ("field",)),
    "if": Signature(
        "condition",
        {"condition": "expression", "then": "expression", "else": "expression", "as": "field"},
        ("condition", "then", "else"),
    ),
    "getField": Signature("source", {"source": "expression"}, ("source",)),
}
"""https://library.humio.com/data-analysis/functions.html"""


@dataclass(frozen=True, slots=True)
class Calls:
    """Reads calls at the place of a scanner."""

    scanner: Scanner

    def expressions(self, scope: Scope) -> Expressions:
        """Return a reader of expressions over some fields."""
        return Expressions(self.scanner, scope, self.value)

    def arguments(
        self, called: re.Match[str], scope: Scope, signature: Signature, field: Text | None = None
    ) -> Arguments:
        """Read the arguments of a call; ``field`` is what stands left of ``=~``."""
        reader = ArgumentReader(self.scanner, self.expressions(scope))
        if field is None:
            return reader.read(called, signature)
        if "field" not in signature.kinds:
            message = f"{called.group()}() has no parameter field"
            self.scanner.fail(message, "write its arguments in parentheses", field.span)
        needed = tuple(name for name in signature.required if name != "field")
        unnamed = signature.unnamed if signature.unnamed != "field" else "values"
        found = reader.read(called, Signature(unnamed, signature.kinds, needed))
        if "field" in found.values:
            self.scanner.fail("the field is given twice", "give it on one side", field.span)
        return Arguments(found.name, field.span.to(found.span), {**found.values, "field": field})

    def refuse(self, called: re.Match[str]) -> None:
        """Raise Unsupported for functions that one event cannot decide, or that are not known."""
        name, span = called.group(), Span(*called.span())
        if name in AGGREGATES:
            reason = "its result depends on several events or on something outside them"
            self.scanner.unsupported(f"function {name}()", reason, span)
        if name in FILTERS and name not in _FILTER:
            reason = "its result depends on more than the event"
            self.scanner.unsupported(f"function {name}()", reason, span)
        if name not in FUNCTIONS:
            reason = "it is not in the published list of functions"
            self.scanner.unsupported(f"function {name}()", reason, span)

    def filter(
        self, called: re.Match[str], scope: Scope, field: Text | None = None
    ) -> tuple[Predicate, Values]:
        """Read a function that keeps or drops an event; with the fields that it extracts."""
        self.refuse(called)
        name = called.group()
        if name not in _FILTER:
            self.scanner.unsupported(
                f"function {name}() between filters",
                "it is read as a step of its own only",
                Span(*called.span()),
            )
        given = self.arguments(called, scope, SIGNATURES[name], field)
        return _FILTER[name](self, given, scope)

    def value(self, called: re.Match[str], scope: Scope) -> Expression:
        """Read a function inside an expression."""
        self.refuse(called)
        name, span = called.group(), Span(*called.span())
        if name in _FILTER and name not in TEXT_TESTS:
            test, _ = self.filter(called, scope)
            return Choice(test, Literal("true"), Literal("false"))
        if name not in SIGNATURES:
            ArgumentReader(self.scanner, self.expressions(scope)).skip(called)
            return opaque(f"function {name}()")
        given = self.arguments(called, scope, SIGNATURES[name])
        return self.built(name, given, scope, span)

    def built(self, name: str, given: Arguments, scope: Scope, span: Span) -> Expression:
        """Return the value of a function that has one."""
        if name in OF_FIELD:
            return Call(OF_FIELD[name], (self._field(given.get("field"), scope),), span)
        if name in TEXT_TESTS:
            return Call(TEXT_TESTS[name], (given.get("string"), given.get("substring")), span)
        if name == "text:length":
            return Call(LENGTH, (given.get("string"),), span)
        if name == "coalesce":
            return Call(COALESCE, tuple(given.get("expressions")), span)
        if name == "concat":
            parts = tuple(self._field(item, scope) for item in given.get("field"))
            return Call(CONCAT, parts, span)
        if name == "if":
            parts = tuple(given.get(key) for key in ("condition", "then", "else"))
            return Call(CHOOSE, parts, span)
        source = given.get("source")
        if not isinstance(source, Literal) or not isinstance(source.value, str):
            self.scanner.unsupported("getField() of a computed name", "it must be quoted", span)
        return field_value(source.value, scope, span, self.scanner)

    def _field(self, name: Text, scope: Scope) -> Expression:
        return field_value(name.text, scope, name.span, self.scanner)

    def member(self, given: Arguments, scope: Scope) -> tuple[Predicate, Values]:
        """``in``: https://library.humio.com/data-analysis/functions-in.html."""
        operator = "ignoreCase=true" if given.get("ignoreCase") else "in()"
        target = scope.resolve(given.get("field").text)
        tests = [leaves.equal(target, value, value.span, operator) for value in given.get("values")]
        return any_of(*tests), {}

    def network(self, given: Arguments, scope: Scope) -> tuple[Predicate, Values]:
        """``cidr``: https://library.humio.com/data-analysis/functions-cidr.html."""
        target = scope.resolve(given.get("field").text)
        found = leaves.in_networks(target, given.get("subnet"), self.scanner)
        return (Not(found) if given.get("negate") else found), {}

    def wildcard(self, given: Arguments, scope: Scope) -> tuple[Predicate, Values]:
        """``wildcard``: https://library.humio.com/data-analysis/functions-wildcard.html."""
        operator = "ignoreCase=true" if given.get("ignoreCase") else "wildcard()"
        pattern = given.get("pattern")
        if given.get("includeEverythingOnAsterisk") and pattern.text == "*":
            return TRUE, {}
        if given.get("field") is None:
            return leaves.free_text(pattern, operator), {}
        target = scope.resolve(given.get("field").text)
        return leaves.equal(target, pattern, given.span, operator), {}

    def regex(self, given: Arguments, scope: Scope) -> tuple[Predicate, Values]:
        """``regex``: https://library.humio.com/data-analysis/functions-regex.html."""
        field, strict = given.get("field"), given.get("strict", True)
        target = scope.resolve(RAW if field is None else field.text)
        readings = self._regexes(given)
        if len(readings) > 1:
            if not strict or any(item.groups for item in readings):
                only(given.get("regex"), self.scanner)
            tests = [leaves.matching(target, item, "regex()", given.span) for item in readings]
            return undecided(tests[0], tests[1]), {}
        values = self.captures(readings[0], target, scope)
        if given.get("repeat") and values:
            values = dict.fromkeys(values, opaque("regex() with repeat=true"))
        if not strict:
            return TRUE, values
        return leaves.matching(target, readings[0], "regex()", given.span), values

    def _regexes(self, given: Arguments) -> list[leaves.Regex]:
        """Return the readings of a quoted expression: the manual writes escapes once and twice."""
        written, flags = given.get("regex"), given.get("flags")
        letters = "m" if flags is None else flags.text
        return [
            leaves.regex_of(pattern, letters, written.span, self.scanner)
            for pattern in written.readings
        ]

    def captures(
        self, regex: leaves.Regex, target: Expression | None, scope: Scope
    ) -> dict[str, Expression]:
        """Return the fields that the named groups of an expression make."""
        values: dict[str, Expression] = {}
        for field, group in regex.groups.items():
            if regex.repeats:
                values[field] = opaque("a regular expression with flag g")
                continue
            name = f"logscale.capture {group} of {regex.case.name} {regex.flags}/{regex.pattern}"
            old = field_value(field, scope, regex.span, self.scanner)
            subject = Literal(None) if target is None else target
            function = Function(name, leaves.Capture(regex, group), strict=False)
            values[field] = Call(function, (subject, old), regex.span)
        return values

    def condition(self, given: Arguments, scope: Scope) -> tuple[Predicate, Values]:
        """``test``: https://library.humio.com/data-analysis/functions-test.html."""
        del scope
        found = given.get("expression")
        if isinstance(found, Compared):
            return compared(found), {}
        return Condition(expression=found, truth=truth, span=given.span), {}

    def text_test(self, given: Arguments, scope: Scope) -> tuple[Predicate, Values]:
        """``text:contains``, ``text:startsWith`` and ``text:endsWith``; letter case counts."""
        whole, part = given.get("string"), given.get("substring")
        if isinstance(whole, FieldValue) and isinstance(part, Literal) and part.value is not None:
            before = () if given.name == "text:startsWith" else (Wild.ANY,)
            after = () if given.name == "text:endsWith" else (Wild.ANY,)
            check = Glob((*before, as_text(part.value), *after))
            return on(whole, Atom(field="", check=check, span=given.span)), {}
        expression = self.built(given.name, given, scope, given.span)
        return Condition(expression=expression, truth=truth, span=given.span), {}

    def array_test(self, given: Arguments, scope: Scope) -> tuple[Predicate, Values]:
        """``array:contains`` and ``array:regex``: a test on each of name[0], name[1], ..."""
        name = only(given.get("array"), self.scanner)
        if not name.endswith("[]") or scope is not EVENT or "`" in name or "[]" in name[:-2]:
            reason = "only a plain name[] of the stored event is read"
            self.scanner.unsupported(f"the array {name!r}", reason, given.get("array").span)
        if given.name == "array:contains":
            check: Check = Equals(only(given.get("value"), self.scanner))
        else:
            flags, regex = given.get("flags"), given.get("regex")
            letters = "" if flags is None else flags.text
            pattern = only(regex, self.scanner)
            found = leaves.regex_of(pattern, letters, regex.span, self.scanner)
            check = found.check("regex()")
        function = Function(f"logscale.array {name} {check!r}", _Items(name[:-2], check))
        test = Call(function, (FieldValue("*"),), given.span)
        return Condition(expression=test, truth=lambda value: value, span=given.span), {}

    def dropping(self, given: Arguments, scope: Scope) -> tuple[Predicate, Values]:
        """``dropEvent()``."""
        del given, scope
        return FALSE, {}


def compared(found: Compared) -> Predicate:
    """Return a comparison as a test; null, as of a missing field, is not true."""
    parts = simple(found)
    if parts is None:
        return Condition(expression=found.expression, truth=truth, span=found.span)
    sign, field, constant = parts
    text, missing = as_text(constant.value), OPERATORS["test()"].missing
    if sign in leaves.ORDERS:
        number = as_number(text)
        if number is None:
            return FALSE
        check = Ordered(leaves.ORDERS[sign], number)
        order = Atom(field="", check=check, view=NUMBER, missing=missing, span=found.span)
        return on(field, order)
    view = leaves.beside(text)
    equal = on(
        field, Atom(field="", check=Equals(text), view=view, missing=missing, span=found.span)
    )
    if sign == "==":
        return equal
    there = on(field, Atom(field="", check=Anything(), missing=missing, span=found.span))
    return And((there, Not(equal)))


@dataclass(frozen=True, slots=True)
class _Items:
    """Whether one item of an array of the event passes."""

    name: str
    check: Check

    def __call__(self, event: Any) -> Truth:
        at = 0
        while f"{self.name}[{at}]" in event:
            value = event[f"{self.name}[{at}]"]
            if value is not None and self.check.accepts(as_text(value)):
                return Truth.TRUE
            at += 1
        return Truth.FALSE


_FILTER: Mapping[str, Callable[[Calls, Arguments, Scope], tuple[Predicate, Values]]] = {
    "in": Calls.member,
    "cidr": Calls.network,
    "wildcard": Calls.wildcard,
    "regex": Calls.regex,
    "test": Calls.condition,
    "text:contains": Calls.text_test,
    "text:startsWith": Calls.text_test,
    "text:endsWith": Calls.text_test,
    "array:contains": Calls.array_test,
    "array:regex": Calls.array_test,
    "dropEvent": Calls.dropping,
}
