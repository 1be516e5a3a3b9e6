"""The XPath subset of the Windows event log, as predicates.

The subset is described in MS-EVEN6 2.2.15.1 and
https://learn.microsoft.com/windows/win32/wes/consuming-events: child and attribute steps,
comparisons, ``and``, ``or``, ``band()``, ``timediff()``; no ``not()``, no text functions.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta

from harness.ir import Constant, Order, Predicate, Truth, all_of, any_of
from harness.languages._lexing import END, Cursor, Lexer, Token
from harness.languages.powershell import eventtests as tests
from harness.languages.powershell.eventtests import ATTRIBUTES, CHILDREN, Target
from harness.languages.powershell.scope import Scope, Settings
from harness.source import QuerySyntaxError, Source, Span, Unsupported

MAX_EXPRESSIONS = 32
"""Comparisons that one query may hold
(https://learn.microsoft.com/windows/win32/wes/queryschema-querytype-complextype)."""
FUNCTIONS = frozenset({"band", "timediff", "position"})

_LEXER = Lexer(
    {
        "_blank": r"\s+",
        "STRING": r"'[^']*'|\"[^\"]*\"",
        "NUMBER": r"-?(?:0x[0-9A-Fa-f]+|\d+(?:\.\d+)?)",
        "NAME": r"[A-Za-z_][\w.-]*",
        "OPERATOR": r"!=|<=|>=|=|<|>",
        "MARK": r"//|::|[\[\]()@/*.,|]",
    }
)
_MIRRORED = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "=": "=", "!=": "!="}
_ORDERS = {"<": Order.LESS, "<=": Order.AT_MOST, ">": Order.GREATER, ">=": Order.AT_LEAST}


@dataclass(frozen=True, slots=True)
class Place:
    """Where in the event's XML a predicate stands.

    ``kind`` is ``root``, ``event``, ``system``, ``element`` (a child of System), ``data``
    (Data elements), ``user`` (inside UserData) or ``eventdata``.
    """

    kind: str
    name: str = ""
    paths: tuple[str, ...] = ()


ROOT = Place("root")
Test = Callable[[Target, Span], Predicate]


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a path, with its predicates as token ranges already parsed."""

    name: str
    attribute: bool
    predicates: tuple[Expr, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Path:
    """Steps from the place where the path stands."""

    steps: tuple[Step, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Value:
    """A literal: text, or a number as written."""

    text: str
    number: float | None
    span: Span


@dataclass(frozen=True, slots=True)
class CallOf:
    """A call of ``band`` or ``timediff``."""

    name: str
    arguments: tuple[Expr, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Compare:
    """``left operator right``."""

    left: Expr
    operator: str
    right: Expr
    span: Span


@dataclass(frozen=True, slots=True)
class Logic:
    """Expressions joined by ``and`` or ``or``."""

    word: str
    items: tuple[Expr, ...]
    span: Span


Expr = Path | Value | CallOf | Compare | Logic


class _Parser:
    """Reads a query; operators are lower case and ``and`` binds tighter than ``or``."""

    def __init__(self, source: Source) -> None:
        self.cursor = Cursor(source, _LEXER.tokens(source))

    def query(self) -> Expr:
        """Query = or END."""
        found = self.logic("or")
        if not self.cursor.at(END):
            token = self.cursor.token
            upper = token.text in {"AND", "OR", "And", "Or"}
            hint = "write the operator in lower case" if upper else ""
            self.cursor.fail(f"unexpected {token} in the XPath query", hint)
        return found

    def logic(self, word: str) -> Expr:
        """Or = and ("or" and)*; and = comparison ("and" comparison)*."""
        with self.cursor:
            start = self.cursor.token.span
            items = [self._operand(word)]
            while self.cursor.at("NAME") and self.cursor.at_text(word):
                self.cursor.next()
                items.append(self._operand(word))
            span = start.to(self.cursor.previous.span)
            return items[0] if len(items) == 1 else Logic(word, tuple(items), span)

    def _operand(self, word: str) -> Expr:
        return self.logic("and") if word == "or" else self.comparison()

    def comparison(self) -> Expr:
        """Comparison = primary (operator primary)?."""
        left = self.primary()
        operator = self.cursor.take("OPERATOR")
        if operator is None:
            return left
        right = self.primary()
        return Compare(left, operator.text, right, left.span.to(right.span))

    def primary(self) -> Expr:
        """Primary = "(" or ")" | string | number | function | path."""
        token = self.cursor.token
        if token.text == "(":
            self.cursor.next()
            inner = self.logic("or")
            self._mark(")")
            return inner
        if token.kind == "STRING":
            self.cursor.next()
            text = token.text[1:-1]
            return Value(text, tests.number_of(text), token.span)
        if token.kind == "NUMBER":
            self.cursor.next()
            return Value(token.text, tests.number_of(token.text), token.span)
        if token.kind == "NAME" and self.cursor.peek().text == "(" and token.text != "text":
            return self.call()
        return self.path()

    def call(self) -> Expr:
        """Call = name "(" (or ("," or)*)? ")"."""
        name = self.cursor.next()
        if name.text not in FUNCTIONS:
            self.cursor.fail(
                f"the event log has no XPath function {name.text}()",
                "compare whole values, or filter with Where-Object",
                name.span,
            )
        self.cursor.next()
        arguments: list[Expr] = []
        while not self.cursor.at_text(")"):
            arguments.append(self.logic("or"))
            if not self.cursor.at_text(","):
                break
            self.cursor.next()
        self._mark(")")
        return CallOf(name.text, tuple(arguments), name.span.to(self.cursor.previous.span))

    def path(self) -> Expr:
        """Path = step ("/" step)*."""
        start = self.cursor.token.span
        steps = [self.step()]
        while self.cursor.at_text("/"):
            self.cursor.next()
            steps.append(self.step())
        return Path(tuple(steps), start.to(self.cursor.previous.span))

    def step(self) -> Step:
        """Step = "@"? (name | "*" | "text()") ("[" or "]")*."""
        start = self.cursor.token.span
        attribute = self.cursor.at_text("@")
        if attribute:
            self.cursor.next()
        token = self._step_name()
        predicates: list[Expr] = []
        while self.cursor.at_text("["):
            self.cursor.next()
            predicates.append(self.logic("or"))
            self._mark("]")
        span = start.to(self.cursor.previous.span)
        return Step(token.text, attribute, tuple(predicates), span)

    def _step_name(self) -> Token:
        token = self.cursor.token
        if token.text in {"//", "/", ".", "::", "|"}:
            self.cursor.fail(
                f"the event log does not take {token.text!r} in an XPath query",
                "begin with * or Event and name each step",
            )
        if token.kind != "NAME" and token.text != "*":
            self.cursor.fail(f"expected the name of an element, found {token}")
        self.cursor.next()
        if token.text == "text" and self.cursor.at_text("("):
            self.cursor.next()
            self._mark(")")
        return token

    def _mark(self, text: str) -> None:
        if not self.cursor.at_text(text):
            self.cursor.fail(f"expected {text!r}, found {self.cursor.token}")
        self.cursor.next()


@dataclass(slots=True)
class _Lowering:
    """Turns a parsed query into a predicate."""

    cursor: Cursor
    settings: Settings
    span_of: Callable[[Span], Span]
    count: int = field(default=0)

    def holds(self, expr: Expr, place: Place) -> Predicate:
        """Return an expression as a condition at a place."""
        match expr:
            case Logic(word=word, items=items):
                parts = tuple(self.holds(item, place) for item in items)
                return all_of(*parts) if word == "and" else any_of(*parts)
            case Compare():
                return self.compared(expr, place)
            case Path():
                return self.exists(expr, place, tests.present)
            case CallOf(name="band"):
                return self._band(expr, "!=", 0, place)
            case CallOf(span=span) | Value(span=span):
                return self.cursor.unsupported(
                    "this XPath expression as a condition", "only paths and comparisons are", span
                )

    def _counted(self, span: Span) -> None:
        self.count += 1
        if self.count > MAX_EXPRESSIONS:
            self.cursor.fail(
                f"the query has more than {MAX_EXPRESSIONS} expressions",
                "split the query, or filter with Where-Object",
                span,
            )

    def compared(self, expr: Compare, place: Place) -> Predicate:
        """Return a comparison; a literal on the left changes sides."""
        left, operator, right = expr.left, expr.operator, expr.right
        if isinstance(left, Value):
            left, operator, right = right, _MIRRORED[operator], left
        if not isinstance(right, Value) or isinstance(left, Value | Compare | Logic):
            return self.cursor.unsupported(
                "this XPath comparison", "a path is compared with a literal", expr.span
            )
        value = right
        if isinstance(left, CallOf):
            return self._call_compared(left, operator, value, place)
        if not (place.kind == "data" and left.steps[0].attribute):
            self._counted(expr.span)
        return self.exists(
            left, place, lambda target, span: self._test(target, operator, value, span)
        )

    def _call_compared(self, call: CallOf, operator: str, value: Value, place: Place) -> Predicate:
        self._counted(call.span)
        if call.name == "band" and value.number is not None and operator in {"=", "!="}:
            return self._band(call, operator, int(value.number), place)
        if call.name == "timediff" and value.number is not None and len(call.arguments) == 1:
            argument = call.arguments[0]
            if operator in _ORDERS and isinstance(argument, Path):
                moment = self.settings.now - timedelta(milliseconds=min(value.number, 1e14))
                return self.exists(
                    argument,
                    place,
                    lambda target, span: tests.ordered(
                        target, _ORDERS[_MIRRORED[operator]], moment, span
                    ),
                )
        return self.cursor.unsupported(
            f"this use of {call.name}()", "only band(x, n) and timediff(x) < n are read", call.span
        )

    def _band(self, call: CallOf, operator: str, wanted: int, place: Place) -> Predicate:
        if operator == "!=" and wanted == 0:
            self._counted(call.span)
        if len(call.arguments) == 2:  # noqa: PLR2004 - a value and a mask
            path, mask = call.arguments
            if isinstance(path, Path) and isinstance(mask, Value) and mask.number is not None:
                bits = tests.unsigned(mask.text)
                return self.exists(
                    path,
                    place,
                    lambda target, span: tests.masked(target, bits, operator, wanted, span),
                )
        return self.cursor.fail("band() takes a path and a number", "", call.span)

    def _test(self, target: Target, operator: str, value: Value, span: Span) -> Predicate:
        case = self.settings.xpath_case
        if operator in {"=", "!="}:
            quoted = value.number is not None and not target.numeric
            number = value.number if not quoted or not self._quoted(value) else None
            return tests.equal(target, value.text, number, case, span, negative=operator == "!=")
        bound = tests.bound_of(target, value.text)
        if bound is None:
            return Constant(Truth.FALSE, span)
        return tests.ordered(target, _ORDERS[operator], bound, span)

    def _quoted(self, value: Value) -> bool:
        return self.cursor.source.text[value.span.start] in "'\""

    def exists(self, path: Path, place: Place, test: Test) -> Predicate:
        """Return whether some node on the path passes the test."""
        return self._walk(path.steps, place, test, path.span)

    def _walk(self, steps: tuple[Step, ...], place: Place, test: Test, span: Span) -> Predicate:
        step, rest = steps[0], steps[1:]
        here = self.span_of(span)
        if step.attribute or step.name == "text":
            if rest:
                self.cursor.fail("a step follows an attribute", "", step.span)
            return self._leaf(step, place, test, here)
        if place.kind == "eventdata" and step.name in {"Data", "*"}:
            return self._data(step, test, rest, here)
        below = _below(place, step)
        if below is None:
            if place.kind == "root":
                self.cursor.fail("a path begins with * or Event", "", step.span)
            return Constant(Truth.FALSE, here)
        parts = [self.holds(item, below) for item in step.predicates]
        if rest:
            parts.append(self._walk(rest, below, test, span))
        elif not step.predicates or test is not tests.present:
            parts.append(_any_target(_targets(below), test, here))
        return all_of(*parts)

    def _leaf(self, step: Step, place: Place, test: Test, span: Span) -> Predicate:
        """Return a test on an attribute or on the text of the element here."""
        if place.kind == "data":
            if not step.attribute:
                return _any_target(_targets(place), test, span)
            if step.name != "Name":
                return Constant(Truth.FALSE, span)
            return test(Target(f"={place.name}", numeric=False), span)
        if not step.attribute:
            return _any_target(_targets(place), test, span)
        name = ATTRIBUTES.get((place.name, step.name))
        if place.kind != "element" or name is None:
            return Constant(Truth.FALSE, span)
        return test(tests.target(name), span)

    def _data(self, step: Step, test: Test, rest: tuple[Step, ...], span: Span) -> Predicate:
        """Return a test on Data elements: on those that a predicate names, else on all."""
        if rest:
            return Constant(Truth.FALSE, span)
        names: list[str] = []
        for item in step.predicates:
            _collect_names(item, names)
        if not step.predicates:
            return test(tests.ANY_DATA, span)
        if not names:
            return self.cursor.unsupported(
                "this test on Data elements", "only Data[@Name='...'] is read", step.span
            )
        found: list[Predicate] = []
        for name in dict.fromkeys(names):
            place = Place("data", name, (f"EventData.{name}",))
            parts = [self.holds(item, place) for item in step.predicates]
            if Constant(Truth.FALSE) in [_bare(part) for part in parts]:
                continue
            parts = [part for part in parts if _bare(part) != Constant(Truth.TRUE)]
            parts.append(test(tests.target(f"EventData.{name}"), span))
            found.append(all_of(*parts))
        return any_of(*found) if found else Constant(Truth.FALSE, span)


def _bare(predicate: Predicate) -> Predicate:
    return Constant(predicate.truth) if isinstance(predicate, Constant) else predicate


def _collect_names(expr: Expr, names: list[str]) -> None:
    match expr:
        case Logic(items=items):
            for item in items:
                _collect_names(item, names)
        case Compare(left=Path(steps=(Step(name="Name", attribute=True),)), right=Value(text=text)):
            names.append(text)
        case _:
            return


def _below(place: Place, step: Step) -> Place | None:
    """Return the place of a child element; ``None`` where the event has none of that name."""
    name = step.name
    match place.kind:
        case "root":
            return Place("event") if name in {"*", "Event"} else None
        case "event":
            kinds = {"System": "system", "EventData": "eventdata", "UserData": "user"}
            if name not in kinds:
                return None
            return Place(kinds[name], name, (name,))
        case "system":
            return Place("element", name, (name,)) if name in CHILDREN else None
        case "user":
            if name == "*":
                return place
            nested = tuple(f"{path}.{name}" for path in place.paths)
            flat = place.paths if place.paths == ("UserData",) else ()
            return Place("user", name, (*nested, *flat))
        case _:
            pass
    return None


def _targets(place: Place) -> list[Target]:
    """Return what the text of the element at a place is recorded as."""
    if place.kind == "element":
        name = CHILDREN[place.name]
        return [tests.target(name)] if name else []
    if place.kind in {"data", "user", "eventdata"}:
        return [tests.target(path) for path in place.paths]
    return [tests.target("LogName")] if place.kind == "system" else []


def _any_target(targets: list[Target], test: Test, span: Span) -> Predicate:
    found = [test(target, span) for target in targets]
    return any_of(*found) if found else Constant(Truth.TRUE, span)


def read_xpath(text: str, scope: Scope, span: Span, *, verbatim: bool) -> Predicate:
    """Return an XPath query as a predicate; places are mapped back into the script."""

    def outer(inner: Span) -> Span:
        if not verbatim:
            return span
        return Span(span.start + 1 + inner.start, span.start + 1 + inner.end)

    if text.strip() == "*":
        return Constant(Truth.TRUE, span)
    try:
        parser = _Parser(Source(text))
        parsed = parser.query()
        return _Lowering(parser.cursor, scope.settings, outer).holds(parsed, ROOT)
    except (QuerySyntaxError, Unsupported) as error:
        raise type(error)(error.message, scope.source, outer(error.span), error.hint) from None
