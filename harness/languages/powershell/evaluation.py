"""From the syntax tree of an expression to its value over one event."""

from __future__ import annotations

import operator as python
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from harness.errors import Fault
from harness.ir import (
    Call,
    Case,
    Condition,
    Constant,
    Expression,
    Function,
    Literal,
    Not,
    Predicate,
    Truth,
    Verdict,
)
from harness.ir.regexes import RegexError, compile_regex
from harness.ir.regexes._timed import BeyondRegex
from harness.languages.powershell import members, operators
from harness.languages.powershell.atoms import holds
from harness.languages.powershell.operators import COMPARISONS, base_name, pattern_case
from harness.languages.powershell.record import XML, property_of
from harness.languages.powershell.scope import Item, Scope
from harness.languages.powershell.syntax import (
    Assignment,
    Binary,
    Block,
    Cast,
    Command,
    Const,
    Expandable,
    Group,
    Index,
    Invoke,
    Items,
    Member,
    Node,
    Pipeline,
    Return,
    Splat,
    Statement,
    Table,
    TypeName,
    Unary,
    Variable,
)
from harness.languages.powershell.values import HashTable, text, to_integer, to_number, truth
from harness.languages.powershell.wildcards import WildcardError, glob
from harness.source import Span

MAX_DYNAMIC = 150
"""Operators over event values in one chain."""
CURRENT = frozenset({"_", "psitem"})
AUTOMATIC = frozenset(
    [
        "args",
        "error",
        "event",
        "executioncontext",
        "foreach",
        "home",
        "host",
        "input",
        "lastexitcode",
        "matches",
        "myinvocation",
        "nestedpromptlevel",
        "ofs",
        "pid",
        "profile",
        "psboundparameters",
        "pscmdlet",
        "pscommandpath",
        "psculture",
        "psedition",
        "pshome",
        "psscriptroot",
        "psversiontable",
        "pwd",
        "sender",
        "shellid",
        "stacktrace",
        "switch",
        "this",
        "?",
        "^",
        "$",
    ]
)
"""Variables that PowerShell sets itself; their values are not known here."""

_ARITHMETIC: dict[str, Callable[[Any, Any], Any]] = {
    "+": operators.add,
    "-": operators.subtract,
    "*": operators.multiply,
    "/": operators.divide,
    "%": operators.remainder,
    "..": operators.span,
    "-band": operators.bitwise(python.and_),
    "-bor": operators.bitwise(python.or_),
    "-bxor": operators.bitwise(python.xor),
    "-join": operators.join,
}
for _prefix, _case in (("", Case.UNICODE), ("i", Case.UNICODE), ("c", Case.SENSITIVE)):
    _ARITHMETIC[f"-{_prefix}replace"] = operators.replacer(_case)
    _ARITHMETIC[f"-{_prefix}split"] = operators.splitter(_case)


def of_truth(value: Any) -> Truth:
    """Return the outcome of a value as a condition."""
    return Truth.of(truth(value))


def applied(function: Function, *arguments: Expression, span: Span | None = None) -> Expression:
    """Return a call, or its value where every argument is a constant."""
    if all(isinstance(item, Literal) for item in arguments):
        try:
            return Literal(
                function.apply(*(item.value for item in arguments if isinstance(item, Literal)))
            )
        except (Fault, RegexError):
            pass
    return Call(function, arguments, span)


def negated(predicate: Predicate) -> Predicate:
    """Return the negation, without a double one."""
    return predicate.item if isinstance(predicate, Not) else Not(predicate)


def named(name: str, apply: Callable[..., Any]) -> Function:
    """Return a function of this language that also takes nulls."""
    return Function(f"powershell {name}", apply, strict=False)


@dataclass(frozen=True, slots=True)
class Values(ABC):
    """Turns expressions into values, in one scope."""

    scope: Scope

    @abstractmethod
    def predicate(self, node: Node) -> Predicate:
        """Return an expression as a condition."""

    def condition(self, value: Expression, span: Span) -> Predicate:
        """Return a value as a condition, as an atom where it is one property."""
        if isinstance(value, Verdict):
            return value.predicate
        if isinstance(value, Literal):
            return Constant(of_truth(value.value), span)
        name = property_of(value)
        atom = holds(name, span) if name is not None else None
        return atom or Condition(expression=value, truth=of_truth, span=span)

    def _comparing(self, operator: str, left: Expression, right: Expression) -> Expression:
        folding = self.scope.settings.folding(COMPARISONS[operator].case)
        name = base_name(operator)
        edition = "" if folding.weightless else " (ordinal)"
        made = named(
            f"{operator}{edition}",
            lambda one, other: operators.compared(name, one, other, folding),
        )
        return applied(made, left, right)

    def _check_pattern(self, operator: str, pattern: Any, span: Span) -> None:
        """Reject a constant pattern that the engine rejects for every event."""
        case = pattern_case(pattern, COMPARISONS[operator].case)
        name = base_name(operator)
        try:
            if name.endswith("match"):
                compile_regex(text(pattern), "dotnet", case=case)
            elif name.endswith("like"):
                glob(text(pattern), case)
        except BeyondRegex as error:
            self.scope.unsupported(span, "this regular expression", str(error))
        except RegexError as error:
            hint = "-match takes a .NET regular expression"
            self.scope.fail(span, f".NET rejects the pattern: {error}", hint)
        except WildcardError as error:
            self.scope.fail(span, str(error), "escape the bracket with a backtick")

    def value(self, node: Node) -> Expression:  # noqa: C901, PLR0912 - one line a node
        """Return an expression as a value."""
        match node:
            case Const(value=value):
                return Literal(value)
            case Expandable(parts=parts):
                texts = tuple(self.value(part) for part in parts)
                joined = named("string", lambda *items: "".join(text(item) for item in items))
                return applied(joined, *texts)
            case Variable():
                return self._variable(node)
            case Member():
                return self._member(node)
            case Invoke():
                return self._invoke(node)
            case Index(target=target, index=index):
                return applied(named("index", members.index), self.value(target), self.value(index))
            case Unary():
                return self._unary(node)
            case Binary(operator="-and" | "-or" | "-xor"):
                return _as_value(self.predicate(node))
            case Binary():
                return self._binary(node)
            case Cast():
                return self._cast(node)
            case TypeName(name=name):
                return Literal(f"[{name}]")
            case Items(items=items):
                return _listed([self.value(item) for item in items])
            case Group():
                return self._group(node)
            case Table():
                return self._table(node)
            case Pipeline(elements=(only,)):
                return self.value(only)
            case Command():
                return self._command(node)
            case Block() | Pipeline() | Splat():
                return self._beyond(node)

    def _beyond(self, node: Node) -> Expression:
        what = "a pipeline" if isinstance(node, Pipeline) else "a script block"
        self.scope.unsupported(
            node.span, f"{what} inside an expression", "only values and operators are evaluated"
        )

    def _variable(self, node: Variable) -> Expression:
        name = node.name
        for prefix in ("script:", "global:", "local:", "private:", "using:", "variable:"):
            name = name.removeprefix(prefix)
        if name in CURRENT:
            return self.scope.item.itself if self.scope.item else Literal(None)
        if name in self.scope.variables:
            found = self.scope.variables[name]
            if not isinstance(found, Literal | Call | Verdict) and not hasattr(found, "path"):
                self.scope.unsupported(
                    node.span,
                    f"the events in ${name} as a value",
                    "only single values are compared",
                )
            return found  # type: ignore[no-any-return]
        if name in AUTOMATIC:
            self.scope.unsupported(node.span, f"the variable ${name}", "its value is not known")
        self.scope.warn(
            node.span,
            "unset-variable",
            f"the variable ${node.name} is not set in this script and counts as empty",
            "assign it before the pipeline, or use single quotes to keep the dollar sign",
        )
        return Literal(None)

    def _member(self, node: Member) -> Expression:
        name = node.name.lower()
        if node.static:
            return self._static(node)
        item = self.scope.item if _is_current(node.target) else None
        if item is not None and (item.properties is not None or item == Item()):
            return item.property(node.name, node.span)
        if name in members.UNREAD_PROPERTIES:
            self.scope.unsupported(node.span, f".{node.name}", members.UNREAD_PROPERTIES[name])
        return self.member_of(self.value(node.target), name)

    def member_of(self, target: Expression, name: str) -> Expression:
        """Return a property of a value, ``name`` in lower case."""
        made = named(f".{name}", lambda value: members.member(value, name))
        return applied(made, target)

    def _static(self, node: Member | Invoke) -> Expression:
        owner = node.target.name if isinstance(node.target, TypeName) else "?"
        name = node.name.lower()
        if isinstance(node, Member):
            if owner == "datetime" and name in {"now", "utcnow"}:
                return Literal(self.scope.settings.now)
            if owner == "datetime" and name == "today":
                return Literal(members.member(self.scope.settings.now, "date"))
            if (owner, name) in members.STATIC_VALUES:
                return Literal(members.STATIC_VALUES[owner, name])
            if owner in members.NAMED_CONSTANTS:
                return Literal(node.name)
        elif (owner, name) in members.STATIC_METHODS:
            method, fewest, most = members.STATIC_METHODS[owner, name]
            if fewest <= len(node.arguments) <= most:
                values = [self.value(item) for item in node.arguments]
                if owner.endswith("regex") and isinstance(values[1], Literal):
                    self._check_pattern("-cmatch", values[1].value, node.arguments[1].span)
                return applied(named(f"[{owner}]::{name}", method), *values)
        return self.scope.unsupported(
            node.span, f"[{owner}]::{node.name}", "this static member is not evaluated"
        )

    def _invoke(self, node: Invoke) -> Expression:
        if node.static:
            return self._static(node)
        name = node.name.lower()
        if _is_current(node.target) and self.scope.item == Item() and not node.arguments:
            if name == "toxml":
                return XML
            if name == "formatdescription":
                return self.scope.item.property("Message", node.span)
        if name not in members.METHODS:
            self.scope.unsupported(
                node.span, f"the method .{node.name}()", "it is not one of the string methods"
            )
        arguments = tuple(self.value(item) for item in node.arguments)
        made = named(f".{name}()", lambda value, *rest: members.invoke(value, name, *rest))
        return applied(made, self.value(node.target), *arguments)

    def _unary(self, node: Unary) -> Expression:
        if node.operator == "-not":
            return _as_value(negated(self.predicate(node.operand)))
        operand = self.value(node.operand)
        apply: dict[str, Callable[[Any], Any]] = {
            "-": lambda value: operators.subtract(0, value),
            "+": to_number,
            "-bnot": lambda value: ~to_integer(value, 64),
            "-join": lambda value: operators.join(value, ""),
            "-split": lambda value: text(value).split(),
        }
        return applied(named(f"unary {node.operator}", apply[node.operator]), operand)

    def _binary(self, node: Binary) -> Expression:
        """Read a chain of operators of one level from left to right."""
        chain: list[Binary] = []
        first: Node = node
        while isinstance(first, Binary):
            chain.append(first)
            first = first.left
        result = self.value(first)
        dynamic = 0
        for step in reversed(chain):
            result = self._step(step, result)
            dynamic += not isinstance(result, Literal)
            if dynamic > MAX_DYNAMIC:
                self.scope.unsupported(
                    step.place, "a very long expression", f"more than {MAX_DYNAMIC} operators"
                )
        return result

    def _step(self, node: Binary, left: Expression) -> Expression:
        operator = node.operator
        if operator in {"-is", "-isnot"}:
            return self.type_test(node, left)
        right = self.value(node.right)
        if operator in COMPARISONS:
            if isinstance(right, Literal):
                self._check_pattern(operator, right.value, node.right.span)
            return self._comparing(operator, left, right)
        if operator not in _ARITHMETIC:
            self.scope.unsupported(node.place, f"the operator {operator}", "it is not evaluated")
        if operator.endswith(("replace", "split")):
            self._check_pieces(node, right)
        return applied(named(operator, _ARITHMETIC[operator]), left, right)

    def _check_pieces(self, node: Binary, right: Expression) -> None:
        """Take only constant patterns without captures or substitutions."""
        place = node.right.span
        if not isinstance(right, Literal):
            self.scope.unsupported(place, "a computed pattern", "the pattern must be a constant")
        given = right.value if isinstance(right.value, list) else [right.value]
        split = node.operator.endswith("split")
        self._check_pattern("-match", given[0] if given else "", place)
        captures = "(" in text(given[0]) if given else False
        if len(given) > (1 if split else 2) or (split and captures):
            self.scope.unsupported(
                place, f"this use of {node.operator}", "only a plain pattern is read"
            )
        if not split and len(given) > 1 and "$" in text(given[1]):
            self.scope.unsupported(place, "substitutions in -replace", "'$' is not evaluated")

    def type_test(self, node: Binary, left: Expression) -> Expression:
        right = node.right
        name = right.name if isinstance(right, TypeName) else ""
        if isinstance(right, Const) and isinstance(right.value, str):
            name = right.value.strip("[]").lower().removeprefix("system.")
        if name not in operators.TYPE_TESTS:
            self.scope.unsupported(right.span, f"{node.operator} with this type", "it is not known")
        test = operators.type_test(name)
        wanted = node.operator == "-is"
        made = named(f"{node.operator} [{name}]", lambda value: test(value) is wanted)
        return applied(made, left)

    def _cast(self, node: Cast) -> Expression:
        if node.type not in members.CASTS:
            self.scope.unsupported(node.span, f"the cast [{node.type}]", "it is not evaluated")
        value = self.value(node.operand)
        if node.type.startswith("xml") and not isinstance(value, Literal):
            self.scope.unsupported(
                node.span, "the XML of an event as an object", "match the text of ToXml() instead"
            )
        return applied(named(f"[{node.type}]", members.CASTS[node.type]), value)

    def _group(self, node: Group) -> Expression:
        values = [self._statement_value(item) for item in node.statements]
        if node.kind == "(" or (len(values) == 1 and node.kind == "$"):
            return values[0]
        if node.kind == "@":
            return applied(named("list", _spread), *values)
        return applied(named("output", output), *values)

    def _statement_value(self, statement: Statement) -> Expression:
        match statement:
            case Pipeline(elements=(only,)):
                return self.value(only)
            case Pipeline(span=span) | Assignment(span=span) | Return(span=span):
                return self.scope.unsupported(
                    span, "this statement inside an expression", "only values are evaluated"
                )

    def _table(self, node: Table) -> Expression:
        found = HashTable()
        for key, value in node.entries:
            named = self.value(key)
            if not isinstance(named, Literal):
                self.scope.unsupported(key.span, "a computed key", "keys must be constants")
            entry = self.value(value)
            if not isinstance(entry, Literal):
                self.scope.unsupported(value.span, "a computed value", "values must be constants")
            found[text(named.value)] = entry.value
        return Literal(found)

    def _command(self, node: Command) -> Expression:
        if node.name != "get-date":
            self.scope.unsupported(
                node.span,
                f"the command {node.name!r} inside an expression",
                "properties of the event are written $_.Name; other commands are not run",
            )
        values = [item for item in node.arguments if item.name is None]
        given = [item.name for item in node.arguments if item.name is not None]
        if any(not "date".startswith(name.lower()) for name in given) or len(values) > 1:
            self.scope.unsupported(node.span, "parameters of Get-Date", "only -Date is read")
        if not values or values[0].value is None:
            return Literal(self.scope.settings.now)
        return applied(named("Get-Date", members.to_date), self.value(values[0].value))


def _is_current(node: Node) -> bool:
    return isinstance(node, Variable) and node.name in CURRENT


def _as_value(predicate: Predicate) -> Expression:
    if isinstance(predicate, Constant) and predicate.truth in {Truth.TRUE, Truth.FALSE}:
        return Literal(predicate.truth is Truth.TRUE)
    return Verdict(predicate)


def _listed(values: list[Expression]) -> Expression:
    return applied(named("list of", lambda *items: list(items)), *values)


def _spread(*values: Any) -> list[Any]:
    """Return what ``@( )`` collects: lists are unrolled one level."""
    found: list[Any] = []
    for value in values:
        found.extend(value if isinstance(value, list) else [value])
    return found


def output(*values: Any) -> Any:
    """Return what several statements put out together."""
    found = _spread(*values)
    return found[0] if len(found) == 1 else found
