"""Checking a query against the mapping, and folding what does not depend on events.

The order of things is that of Elasticsearch: names and types are verified over the whole
query first; comparisons with null become null tests; what is constant is folded; only then
nulls vanish from ``or`` (classes ``Analyzer``, ``Verifier`` and ``Optimizer`` in
x-pack/plugin/eql, and ``OptimizerRules`` in x-pack/plugin/ql).
"""

from __future__ import annotations

from difflib import get_close_matches
from typing import Any, NoReturn

from harness.errors import Fault
from harness.ir import Context, Function
from harness.ir.regexes import RegexError, compile_regex
from harness.languages._lexing import syntax_error
from harness.languages.eql import values
from harness.languages.eql.columns import as_used, column
from harness.languages.eql.functions import (
    BY_OPERATOR,
    FUNCTIONS,
    Signature,
    java_pattern,
)
from harness.languages.eql.syntax import (
    Comparison,
    Expression,
    Invocation,
    Junction,
    Likeness,
    Literal,
    Membership,
    Minus,
    Name,
    Negation,
    Sum,
)
from harness.languages.eql.typed import (
    NUMBERS,
    Column,
    Compared,
    Computed,
    Constant,
    IsNull,
    Joined,
    Like,
    Node,
    Not,
    OneOf,
)
from harness.source import Source, Span

_MIRRORED = {"==": "==", "!=": "!=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}
_ANYTHING = frozenset({"null", "unknown"})
"""Types that fit everywhere."""
_FITTING = {
    "string": frozenset({"string"}),
    "number": NUMBERS,
    "integer": frozenset({"integer", "long"}),
    "boolean": frozenset({"boolean"}),
    "ip": frozenset({"ip"}),
}
_TOTAL = frozenset({".*", "@"})
"""Expressions that become a null test before they reach a script."""
_NEGATIVE = Function("eql.negative", values.negative)
_INTEGER = (-(2**31), 2**31 - 1)


class Analysis:
    """The checker of one query."""

    def __init__(self, source: Source, context: Context) -> None:
        self.source = source
        self.context = context

    def fail(self, span: Span, message: str, hint: str = "") -> NoReturn:
        """Raise the verification error at a place."""
        raise syntax_error(self.source, span, message, hint)

    # Conditions ----------------------------------------------------------------------------

    def condition(self, expression: Expression) -> Node:
        """Return an expression that stands where a truth is needed."""
        node = self.expression(expression)
        if node.type == "boolean" and isinstance(node, Column):
            return Compared("==", node, Constant(True, node.span), node.span)
        if node.type == "unknown" and isinstance(node, Column):
            known = as_used(node, "boolean")
            return Compared("==", known, Constant(True, node.span), node.span)
        if node.type not in {"boolean", "null"}:
            self.fail(
                expression.span,
                f"a condition is boolean, and this is of type {node.type}",
                "compare it with a value",
            )
        return node

    def expression(self, expression: Expression) -> Node:
        """Return the meaning of an expression."""
        match expression:
            case Literal(value, span):
                return Constant(value, span)
            case Name():
                return column(expression, self.source, self.context)
            case Negation():
                return self._negation(expression)
            case Junction():
                return self._junction(expression)
            case Comparison():
                return self._comparison(expression)
            case Membership():
                return self._membership(expression)
            case Likeness():
                return self._likeness(expression)
            case Sum(operator, left, right, span):
                signature = BY_OPERATOR[operator]
                return self._call(signature, (left, right), span, tilde=False)
            case Minus():
                return self._minus(expression)
            case Invocation():
                return self._invocation(expression)

    def _negation(self, expression: Negation) -> Node:
        item = self.condition(expression.item)
        return self._negated(item, expression.span)

    def _negated(self, item: Node, span: Span) -> Node:
        if isinstance(item, Constant):
            return Constant(values.negation(item.value), span)
        return item.item if isinstance(item, Not) else Not(item, span)

    def _junction(self, expression: Junction) -> Node:
        """Return ``and``/``or`` without its constants.

        False ends an ``and`` and true an ``or``; a null takes the whole ``and`` with it and
        drops out of an ``or``.
        """
        operator, span = expression.operator, expression.span
        items = [self.condition(item) for item in expression.items]
        known = [item.value for item in items if isinstance(item, Constant)]
        rest = tuple(item for item in items if not isinstance(item, Constant))
        final = operator == "or"
        if final in known:
            return Constant(final, span)
        if None in known and (operator == "and" or not rest):
            return Constant(None, span)
        if not rest:
            return Constant(not final, span)
        return rest[0] if len(rest) == 1 else Joined(operator, rest, span)

    # Comparisons -----------------------------------------------------------------------------

    def _comparison(self, expression: Comparison) -> Node:
        left, right = self.expression(expression.left), self.expression(expression.right)
        operator, span = expression.operator, expression.span
        if operator in {"==", "!="}:
            node = self._equality(left, right, span)
            return self._negated(node, span) if operator == "!=" else node
        return self._ordered(operator, left, right, span)

    def _equality(self, left: Node, right: Node, span: Span) -> Node:
        for one, other in ((right, left), (left, right)):
            if isinstance(one, Constant) and one.value is None:
                return self._null_test(other, span)
        node = self._ordered("==", left, right, span)
        computed = isinstance(node, Compared) and not isinstance(node.left, Column)
        if isinstance(node, Compared) and computed and isinstance(node.right.value, bool):
            # fn(...) == true is fn(...): BooleanFunctionEqualsElimination
            if node.left.type != "boolean":
                return node
            return node.left if node.right.value else self._negated(node.left, span)
        return node

    def _null_test(self, item: Node, span: Span) -> Node:
        if isinstance(item, Constant):
            return Constant(item.value is None, span)
        return IsNull(item, span)

    def _ordered(self, operator: str, left: Node, right: Node, span: Span) -> Node:
        if isinstance(left, Constant) and isinstance(right, Constant):
            return Constant(values.compare(operator, left.value, right.value), span)
        if isinstance(left, Constant):
            left, right, operator = right, left, _MIRRORED[operator]
        if not isinstance(right, Constant):
            self.fail(
                span,
                "a comparison has a constant on one side",
                "EQL does not compare one field, or a function of it, with another",
            )
        if isinstance(left, Column):
            left = as_used(left, right.type)
        return Compared(operator, left, right, span)

    def _membership(self, expression: Membership) -> Node:
        subject = self.expression(expression.subject)
        items = [self.expression(item) for item in expression.items]
        constants = [item for item in items if isinstance(item, Constant)]
        for item, written in zip(items, expression.items, strict=True):
            if not isinstance(item, Constant):
                self.fail(
                    written.span,
                    f"the list of {expression.operator!r} holds something that is no constant",
                    "EQL does not compare one field with another",
                )
        if expression.operator == "in~":
            texts = tuple(self._pattern(item, "in~") for item in constants)
            return self._like("in~", subject, texts, expression.span)
        if isinstance(subject, Column) and subject.type == "unknown":
            kinds = [item.type for item in constants if item.type != "null"]
            subject = as_used(subject, kinds[0] if kinds else "string")
        for item in constants:
            self._check_compatible(subject, item)
        found = tuple(item.value for item in constants if item.value is not None)
        if not found:
            return Constant(None, expression.span)
        if isinstance(subject, Constant):
            return Constant(values.one_of(subject.value, *found), expression.span)
        return OneOf(subject, found, expression.span)

    def _check_compatible(self, subject: Node, item: Constant) -> None:
        both = {subject.type, item.type}
        if both & _ANYTHING or len(both) == 1 or both <= NUMBERS:
            return
        self.fail(
            item.span,
            f"this list is compared with the type {subject.type}, and the value is {item.type}",
            "write the values in the type of the field; for an ip field use cidrMatch(...)",
        )

    # Patterns ----------------------------------------------------------------------------------

    def _likeness(self, expression: Likeness) -> Node:
        operator = expression.operator
        subject = self.expression(expression.subject)
        items = [Constant(item.value, item.span) for item in expression.patterns]
        texts = tuple(self._pattern(item, operator) for item in items)
        if operator.startswith("regex"):
            self._check_regex(texts, expression.span)
        return self._like(operator, subject, texts, expression.span)

    def _pattern(self, item: Constant, operator: str) -> str:
        if item.value is None or (operator in {":", "in~"} and item.type != "string"):
            self.fail(
                item.span,
                f"{operator!r} takes strings, and this is {item.type}",
                "write the value in double quotes, or use '=='",
            )
        return values.java_text(item.value)

    def _check_regex(self, patterns: tuple[str, ...], span: Span) -> None:
        try:
            compile_regex("|".join(patterns), "lucene")
        except RegexError as error:
            self.fail(span, f"the regular expression is not valid: {error}")

    def _like(self, operator: str, subject: Node, texts: tuple[str, ...], span: Span) -> Node:
        if subject.type not in {"string", *_ANYTHING}:
            plain = "'in'" if operator == "in~" else "'=='"
            self.fail(
                span,
                f"{operator!r} applies to strings only, and this is of type {subject.type}",
                f"use {plain}, or string(...)",
            )
        if isinstance(subject, Constant):
            return Constant(self._folded(operator, subject.value, texts, span), span)
        return Like(operator, subject, texts, span)

    def _folded(self, operator: str, value: Any, texts: tuple[str, ...], span: Span) -> Any:
        if value is None:
            return None
        try:
            return likeness(operator, value, *texts)
        except (Fault, RegexError) as error:
            self.fail(span, str(error))

    # Functions and arithmetic ----------------------------------------------------------------

    def _minus(self, expression: Minus) -> Node:
        item = self.expression(expression.item)
        self._check_kind("number", item, "'-'", expression.span)
        if isinstance(item, Constant):
            return Constant(None if item.value is None else -item.value, expression.span)
        return Computed(
            name="-",
            tilde=False,
            function=_NEGATIVE,
            arguments=(as_used(item, "number") if isinstance(item, Column) else item,),
            type=item.type,
            span=expression.span,
        )

    def _invocation(self, expression: Invocation) -> Node:
        signature = FUNCTIONS.get(expression.name.lower())
        if signature is None:
            names = {known.name.lower(): known.name for known in FUNCTIONS.values()}
            near = get_close_matches(expression.name.lower(), names, n=1)
            hint = f"did you mean {names[near[0]]}?" if near else "see the EQL function reference"
            self.fail(expression.span, f"there is no function {expression.name!r}", hint)
        if expression.tilde and signature.folded is None:
            self.fail(
                expression.span,
                f"the function {signature.name} has no form that ignores letter case",
                "take the '~' out",
            )
        count = len(expression.arguments)
        if count < signature.fewest or (count > len(signature.kinds) and not signature.repeats):
            self.fail(expression.span, f"{signature.name} takes {_counts(signature)}")
        return self._call(signature, expression.arguments, expression.span, tilde=expression.tilde)

    def _call(
        self, signature: Signature, arguments: tuple[Expression, ...], span: Span, *, tilde: bool
    ) -> Node:
        items: list[Node] = []
        for place, argument in enumerate(arguments):
            item = self.expression(argument)
            kind = signature.kind(place)
            if kind.endswith("+") and not isinstance(item, Constant):
                self.fail(argument.span, f"{signature.name} takes constants here")
            self._check_kind(kind.rstrip("+"), item, signature.name, argument.span)
            items.append(as_used(item, kind.rstrip("+")) if isinstance(item, Column) else item)
        function = signature.function(tilde=tilde)
        if all(isinstance(item, Constant) for item in items):
            return self._fold(signature, function, items, span)
        return Computed(
            name=signature.name.lower(),
            tilde=tilde,
            function=function,
            arguments=tuple(items),
            type=_result(signature, items),
            span=span,
        )

    def _fold(
        self, signature: Signature, function: Function, items: list[Node], span: Span
    ) -> Constant:
        found = [item.value for item in items if isinstance(item, Constant)]
        try:
            result = function.apply(*found)
        except (Fault, RegexError) as error:
            self.fail(span, f"{signature.name} fails: {error}")
        small = all(item.type == "integer" for item in items) and signature.gives == "number"
        if small and result is not None and not _INTEGER[0] <= result <= _INTEGER[1]:
            self.fail(span, "the result leaves the range of 32-bit numbers")
        return Constant(result, span)

    def _check_kind(self, kind: str, item: Node, name: str, span: Span) -> None:
        if kind == "any" or item.type in _ANYTHING or item.type in _FITTING[kind]:
            return
        article = "an" if kind[0] in "ai" else "a"
        self.fail(span, f"{name} takes {article} {kind} here, and this is of type {item.type}")


def likeness(operator: str, value: Any, *patterns: str) -> bool | None:
    """Return whether a value in a script is like one of several texts."""
    if value is None:
        return None
    folded = operator in {":", "in~"} or operator.endswith("~")
    if operator.startswith("regex"):
        pattern = "|".join(patterns)
        return pattern in _TOTAL or values.matches(value, pattern, folded)
    return any(_is_like(operator, value, pattern, folded=folded) for pattern in patterns)


def _is_like(operator: str, value: Any, pattern: str, *, folded: bool) -> bool:
    if operator == "in~" or not set(pattern) & {"*", "?"}:
        same = values.same_any_case(value, pattern)
        return bool(same if folded else values.java_text(value) == pattern)
    if not pattern.strip("*"):
        return True
    return bool(values.matches(value, java_pattern(pattern), folded))


def _counts(signature: Signature) -> str:
    most = len(signature.kinds)
    if signature.repeats:
        return f"at least {signature.fewest} argument{'s' * (signature.fewest > 1)}"
    if signature.fewest == most:
        return f"{most} argument{'s' * (most > 1)}"
    return f"{signature.fewest} or {most} arguments"


def _result(signature: Signature, items: list[Node]) -> str:
    if signature.gives != "number":
        return signature.gives
    kinds = {item.type for item in items} - _ANYTHING
    return "double" if "double" in kinds else "long" if "long" in kinds else "integer"
