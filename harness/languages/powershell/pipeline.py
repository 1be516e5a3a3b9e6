"""A whole script: assignments, and the pipeline that returns events."""

from __future__ import annotations

from dataclasses import replace

from harness.ir import Literal, Query, all_of, any_of
from harness.ir.query import Context
from harness.ir.values import Case
from harness.languages.powershell.commands import Commands
from harness.languages.powershell.lowering import Lowering
from harness.languages.powershell.operators import COMPARISONS
from harness.languages.powershell.scope import Item, Scope, Settings
from harness.languages.powershell.script import read_script
from harness.languages.powershell.stream import Stream
from harness.languages.powershell.syntax import (
    Assignment,
    Binary,
    Block,
    Cast,
    Command,
    Group,
    Index,
    Invoke,
    Member,
    Node,
    Pipeline,
    Return,
    Statement,
    Variable,
)
from harness.languages.powershell.winevent import WinEvent
from harness.source import Source, Span

IGNORED = frozenset({"import-module", "ipmo", "clear-host", "cls", "write-host", "write-verbose"})
"""Commands before the pipeline that do not change what it returns."""


class Runner:
    """Reads the statements of a script in order."""

    def __init__(self, scope: Scope) -> None:
        self.scope = scope
        self.put_out: list[Stream] = []
        self.assigned: Stream | None = None

    def run(self, statements: tuple[Statement, ...]) -> Query:
        """Return the script as a query."""
        for statement in statements:
            match statement:
                case Assignment():
                    self._assign(statement)
                case Pipeline() | Return(value=Pipeline()):
                    inner = statement.value if isinstance(statement, Return) else statement
                    assert isinstance(inner, Pipeline)
                    self._put_out(inner)
                case Return(span=span):
                    self.scope.unsupported(span, "'return'", "it returns no events")
        streams = self.put_out or ([self.assigned] if self.assigned else [])
        whole = Span(0, len(self.scope.source.text))
        if not streams:
            self.scope.unsupported(
                whole, "a script without Get-WinEvent", "only events of Get-WinEvent are evaluated"
            )
        if len(streams) == 1:
            return streams[0].query(tuple(self.scope.warnings))
        if any(stream.stages or stream.upstream for stream in streams):
            self.scope.unsupported(
                whole, "several pipelines with limits", "their results cannot be joined"
            )
        parts = [all_of(*stream.filters) for stream in streams]
        return Query(predicate=any_of(*parts), warnings=tuple(self.scope.warnings))

    def _assign(self, statement: Assignment) -> None:
        target = statement.target
        while isinstance(target, Cast):
            target = target.operand
        if not isinstance(target, Variable) or statement.operator != "=":
            self.scope.unsupported(
                statement.span, "this assignment", "only '$name = value' is followed"
            )
        if not isinstance(statement.value, Pipeline):
            self.scope.unsupported(statement.span, "this assignment", "its value is not one value")
        stream = self.stream(statement.value)
        if stream is not None:
            self.assigned = stream
            self.scope = self.scope.having(target.name, stream)
            return
        if len(statement.value.elements) != 1:
            self.scope.unsupported(statement.span, "this assignment", "its value is not one value")
        value = Lowering(self.scope).value(statement.value.elements[0])
        if not isinstance(value, Literal):
            self.scope.unsupported(statement.span, "this assignment", "its value is not constant")
        self.scope = self.scope.having(target.name, value)

    def _put_out(self, pipeline: Pipeline) -> None:
        first = pipeline.elements[0]
        if isinstance(first, Command) and first.name in IGNORED:
            return
        stream = self.stream(pipeline)
        if stream is not None:
            self.put_out.append(stream)
            return
        if isinstance(first, Command):
            reason = "only events of Get-WinEvent are evaluated"
            if first.name == "get-eventlog":
                reason = "its objects have other properties; use Get-WinEvent"
            self.scope.unsupported(first.span, f"the command {first.name!r}", reason)
        self.scope.unsupported(
            pipeline.span,
            "an expression without Get-WinEvent",
            "begin with Get-WinEvent -LogName ... | Where-Object { ... }",
        )

    def stream(self, pipeline: Pipeline) -> Stream | None:
        """Return the events that leave a pipeline; ``None`` where it has none."""
        found = self._source(pipeline.elements[0])
        if found is None:
            return None
        commands = Commands(self.scope)
        for element in pipeline.elements[1:]:
            assert isinstance(element, Command)
            found = commands.apply(found, element)
        return found

    def _source(self, node: Node) -> Stream | None:
        match node:
            case Command(name="get-winevent"):
                return self._get_winevent(node)
            case Variable(name=name):
                found = self.scope.variables.get(name)
                return found if isinstance(found, Stream) else None
            case Group(statements=(Pipeline() as inner,)):
                return self.stream(inner)
            case Cast(operand=operand):
                return self._source(operand)
            case Member(target=target, static=False):
                return self._member(node, self._source(target))
            case Invoke(target=target, static=False):
                found = self._source(target)
                return None if found is None else self._invoked(node, found)
            case Binary():
                return self._compared(node)
            case Index(target=target, span=span):
                if self._source(target) is not None:
                    self.scope.unsupported(span, "one event by its place", "use Select-Object")
            case _:
                pass
        return None

    def _member(self, node: Member, found: Stream | None) -> Stream | None:
        if found is None:
            return None
        return replace(found, item=Item(shaped=f".{node.name}"))

    def _compared(self, node: Binary) -> Stream | None:
        """Take a comparison of a result, such as its count: the events are those counted."""
        left: Node = node
        while isinstance(left, Binary):
            if left.operator not in COMPARISONS:
                return None
            left = left.left
        found = self._source(left)
        if found is None:
            return None
        if not found.item.shaped:
            self.scope.unsupported(node.span, "an operator on all events", "use Where-Object")
        return replace(found, item=Item(shaped="a comparison"))

    def _invoked(self, node: Invoke, found: Stream) -> Stream:
        name = node.name.lower()
        if name == "where" and len(node.arguments) == 1 and isinstance(node.arguments[0], Block):
            if found.item.shaped:
                self.scope.unsupported(
                    node.span, ".Where() after this", "no event records any more"
                )
            return found.filtered(Commands(self.scope).block(found, node.arguments[0]))
        if name == "foreach":
            return replace(found, item=Item(shaped=".ForEach()"))
        return self.scope.unsupported(
            node.span, f".{node.name}() on all events", "use Where-Object"
        )

    def _get_winevent(self, command: Command) -> Stream:
        call = WinEvent(command, self.scope)
        stream = Stream((call.predicate(),), order=call.order())
        limit = call.limit()
        if limit is None:
            return stream
        if self.scope.settings.whole_log:
            return stream.limited(limit)
        return stream


def settings_of(context: Context) -> Settings:
    """Return the options of the language."""
    version = str(context.options.get("version", "7.5"))
    numbers = [
        int(part[:4]) for part in version.lstrip("<>=~^ v").split(".")[:2] if part.isdecimal()
    ]
    case = str(context.options.get("xpath_case", "insensitive"))
    return Settings(
        version=(numbers[0] if numbers else 7, numbers[1] if len(numbers) > 1 else 0),
        whole_log=bool(context.options.get("whole_log", False)),
        xpath_case=Case.SENSITIVE if case == "sensitive" else Case.UNICODE,
        now=context.now,
    )


def parse(source: Source, context: Context) -> Query:
    """Return a script as a query."""
    scope = Scope(source, settings_of(context))
    return Runner(scope).run(read_script(source))
