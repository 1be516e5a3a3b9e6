"""The commands after ``Get-WinEvent``: Where-Object, Select-Object, Sort-Object and the rest."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

from harness.ir import FALSE, Expression, Literal, Predicate
from harness.languages.powershell.binding import Given, Signature, bind
from harness.languages.powershell.evaluation import negated
from harness.languages.powershell.lowering import Lowering
from harness.languages.powershell.operators import COMPARISONS
from harness.languages.powershell.record import LISTS
from harness.languages.powershell.scope import Item, Scope
from harness.languages.powershell.stages import Distinct, Limit, Sorting
from harness.languages.powershell.stream import Properties, Stream
from harness.languages.powershell.syntax import (
    Binary,
    Block,
    Cast,
    Command,
    Const,
    Items,
    Node,
    Pipeline,
    Return,
    Table,
    TypeName,
)
from harness.languages.powershell.values import is_number, text
from harness.source import Span, Unsupported

_OPERATORS = {name[1:]: name for name in COMPARISONS} | {"is": "-is", "isnot": "-isnot"}
_WHERE = Signature(
    name="Where-Object",
    parameters={
        "property": True,
        "value": True,
        "filterscript": True,
        "inputobject": True,
        "not": False,
        **dict.fromkeys(_OPERATORS, False),
    },
    positional=("property", "value"),
)
_SELECT = Signature(
    name="Select-Object",
    parameters={
        "property": True,
        "excludeproperty": True,
        "expandproperty": True,
        "first": True,
        "last": True,
        "skip": True,
        "skiplast": True,
        "index": True,
        "skipindex": True,
        "unique": False,
        "caseinsensitive": False,
        "wait": False,
        "inputobject": True,
    },
    positional=("property",),
)
_SORT = Signature(
    name="Sort-Object",
    parameters={
        "property": True,
        "descending": False,
        "unique": False,
        "culture": True,
        "casesensitive": False,
        "stable": False,
        "top": True,
        "bottom": True,
        "inputobject": True,
    },
    positional=("property",),
)
SHAPES = frozenset(
    [
        "measure",
        "measure-object",
        "group",
        "group-object",
        "format-list",
        "fl",
        "format-table",
        "ft",
        "format-wide",
        "fw",
        "format-custom",
        "fc",
        "format-hex",
        "export-csv",
        "epcsv",
        "export-clixml",
        "convertto-json",
        "convertto-csv",
        "convertto-html",
        "convertto-xml",
        "out-file",
        "out-host",
        "oh",
        "out-string",
        "out-null",
        "out-gridview",
        "ogv",
        "out-default",
        "out-printer",
        "set-content",
        "sc",
        "add-content",
        "ac",
        "write-host",
        "write-output",
        "echo",
        "write",
        "set-clipboard",
        "scb",
        "get-member",
        "gm",
    ]
)
"""Commands that only print, count or store what reaches them."""


class Commands:
    """Applies one command to a stream."""

    def __init__(self, scope: Scope) -> None:
        self.scope = scope
        self.table: dict[str, Callable[[Stream, Command], Stream]] = {
            **dict.fromkeys(("where", "where-object", "?"), self.where),
            **dict.fromkeys(("select", "select-object"), self.select),
            **dict.fromkeys(("sort", "sort-object"), self.sort),
            **dict.fromkeys(("foreach", "foreach-object", "%"), self.each),
            **dict.fromkeys(("tee", "tee-object"), lambda stream, _: stream),
            **dict.fromkeys(SHAPES, self.shape),
        }

    def apply(self, stream: Stream, command: Command) -> Stream:
        """Return the stream after a command."""
        known = self.table.get(command.name)
        if known is None:
            self.scope.unsupported(
                command.span, f"the command {command.name!r}", "its output is not known here"
            )
        return known(stream, command)

    def where(self, stream: Stream, command: Command) -> Stream:
        """Where-Object: a script block, or one comparison of a property."""
        given = bind(_WHERE, command, self.scope)
        if stream.item.shaped:
            self._shaped(stream, command.span)
        first = given.get("filterscript") or given.get("property")
        if first is None:
            self.scope.fail(command.span, "Where-Object has no condition", "add { ... }")
        if isinstance(first.value, Block):
            extra = [name for name in given if name in _OPERATORS or name in {"not", "value"}]
            if extra:
                self.scope.fail(
                    given[extra[0]].span, "a script block and a comparison are given together"
                )
            return stream.filtered(self.block(stream, first.value))
        return stream.filtered(self._statement(stream, command, given, first))

    def block(self, stream: Stream, block: Block) -> Predicate:
        """Return the condition of a filter block on the objects of a stream."""
        return Lowering(self.scope.inside(stream.item)).block(block)

    def _shaped(self, stream: Stream, span: Span) -> None:
        self.scope.unsupported(
            span,
            f"filtering after {stream.item.shaped!r}",
            "the objects are no event records any more",
        )

    def _statement(
        self, stream: Stream, command: Command, given: dict[str, Given], first: Given
    ) -> Predicate:
        """Comparison statement: -Property name -operator -Value value."""
        lower = Lowering(self.scope.inside(stream.item))
        name = self._word(lower, first)
        left = self._property(stream.item, name, first.span)
        used = [word for word in given if word in _OPERATORS]
        if len(used) > 1:
            self.scope.fail(given[used[1]].span, "a comparison statement has one operator only")
        if not used:
            if "value" in given:
                self.scope.fail(given["value"].span, "the comparison has no operator", "add -eq")
            found = lower.condition(left, command.span)
            return negated(found) if "not" in given else found
        if "not" in given:
            self.scope.fail(given["not"].span, "-Not cannot be combined with an operator")
        operator = _OPERATORS[used[0]]
        if "value" not in given:
            self.scope.fail(
                given[used[0]].span, f"-{used[0]} has no value", "give the value to compare with"
            )
        right = given["value"].value
        if operator in {"-is", "-isnot"}:
            place = given["value"].span
            node = Binary(operator, Const(None, first.span), _typed(right), place, command.span)
            return lower.condition(lower.type_test(node, left), command.span)
        whole = Binary(operator, Const(name, first.span), right, given[used[0]].span, command.span)
        return lower.compared(operator, left, lower.value(right), whole)

    def _word(self, lower: Lowering, given: Given) -> str:
        value = lower.value(given.value)
        if not isinstance(value, Literal) or isinstance(value.value, list):
            self.scope.unsupported(given.span, "a computed property name", "write the name")
        name = text(value.value)
        if any(char in name for char in "*?["):
            self.scope.unsupported(given.span, "a property name with wildcards", "write the name")
        return name

    def _property(self, item: Item, name: str, span: Span) -> Expression:
        if item.properties is not None or item == Item():
            return item.property(name, span)
        return Lowering(self.scope).member_of(item.itself, name.lower())

    def select(self, stream: Stream, command: Command) -> Stream:
        """Select-Object: properties, and places in the result."""
        given = bind(_SELECT, command, self.scope)
        if "index" in given or "skipindex" in given:
            self.scope.unsupported(command.span, "-Index", "places are read as -First and -Skip")
        if not stream.item.shaped:
            stream = self._select_unique(stream, given, command)
            stream = self._places(stream, given, command.span)
        if "expandproperty" in given:
            return self._expand(stream, given["expandproperty"])
        if "property" not in given:
            return stream
        return self._keep(stream, given["property"].value)

    def _select_unique(self, stream: Stream, given: dict[str, Given], command: Command) -> Stream:
        if "unique" not in given or not self.scope.settings.whole_log:
            return stream
        lower = Lowering(self.scope)
        kept = given.get("property") or given.get("expandproperty")
        if kept is None:
            self.scope.unsupported(command.span, "-Unique without properties", "name properties")
        nodes = kept.value.items if isinstance(kept.value, Items) else (kept.value,)
        names = tuple(self._word(lower, Given(node, kept.span)) for node in nodes)
        return stream.limited(Distinct(stream.order, names))

    def _places(self, stream: Stream, given: dict[str, Given], span: Span) -> Stream:
        """Apply -First, -Last, -Skip, -SkipLast, where the events are one whole log."""
        found = {
            name: self._count(given[name])
            for name in ("first", "last", "skip", "skiplast")
            if name in given
        }
        if not found:
            return stream
        if found.get("first") == 0 or found.get("last") == 0:
            return stream.filtered(FALSE)
        if not self.scope.settings.whole_log:
            self.scope.warn(
                span,
                "not-a-whole-log",
                "the events are judged one by one, so places in the result are not applied",
                "set the option whole_log where the events together are one log",
            )
            return stream
        limit = Limit(
            stream.order,
            skip=found.get("skip", 0),
            skip_last=found.get("skiplast", 0),
            first=found.get("first"),
            last=found.get("last"),
        )
        return stream.limited(limit)

    def _count(self, given: Given) -> int:
        value = Lowering(self.scope).value(given.value)
        if not isinstance(value, Literal) or not is_number(value.value) or value.value < 0:
            self.scope.fail(given.span, "a number of objects is expected here")
        return int(value.value)

    def _expand(self, stream: Stream, given: Given) -> Stream:
        lower = Lowering(self.scope.inside(stream.item))
        name = self._word(lower, given)
        if name.lower() in {item.lower() for item in LISTS}:
            return replace(stream, item=Item(shaped=f"Select-Object -ExpandProperty {name}"))
        value = self._property(stream.item, name, given.span)
        return replace(stream, item=Item(itself=value))

    def _keep(self, stream: Stream, node: Node) -> Stream:
        """Keep properties by name; a hash table makes a new one."""
        scope = self.scope.inside(stream.item)
        nodes = node.items if isinstance(node, Items) else (node,)
        made: dict[str, Callable[[], Expression]] = {}
        for one in nodes:
            if isinstance(one, Table):
                name, make = self._calculated(one, scope)
                made[name.lower()] = make
                continue
            value = Lowering(scope).value(one)
            name = text(value.value) if isinstance(value, Literal) else ""
            if not name:
                self.scope.unsupported(one.span, "a computed property name", "write the name")
            if any(char in name for char in "*?["):
                return stream
            made[name.lower()] = partial(self._property, stream.item, name, one.span)
        return replace(stream, item=Item(itself=stream.item.itself, properties=Properties(made)))

    def _calculated(self, table: Table, scope: Scope) -> tuple[str, Callable[[], Expression]]:
        name, value = "", None
        for key, entry in table.entries:
            word = str(key.value).lower() if isinstance(key, Const) else ""
            if word and ("name".startswith(word) or "label".startswith(word)):
                found = Lowering(scope).value(entry)
                name = text(found.value) if isinstance(found, Literal) else ""
            elif word and "expression".startswith(word):
                value = entry
        if value is None:
            self.scope.fail(table.span, "a calculated property has no expression", "add e={ ... }")
        return name, partial(_calculated_value, Lowering(scope), value)

    def sort(self, stream: Stream, command: Command) -> Stream:
        """Sort-Object: the order of the result."""
        given = bind(_SORT, command, self.scope)
        if not self.scope.settings.whole_log or stream.item.shaped:
            return stream
        lower = Lowering(self.scope)
        names: tuple[str, ...] = ()
        if "property" in given:
            node = given["property"].value
            nodes = node.items if isinstance(node, Items) else (node,)
            if any(isinstance(one, Block | Table) for one in nodes):
                self.scope.unsupported(command.span, "sorting by an expression", "name a property")
            names = tuple(self._word(lower, Given(one, command.span)) for one in nodes)
        order = Sorting(names, descending="descending" in given)
        stream = replace(stream, order=order)
        if "unique" in given:
            stream = stream.limited(Distinct(order, names))
        for name, place in (("top", "first"), ("bottom", "last")):
            if name in given:
                stream = self._places(stream, {place: given[name]}, command.span)
        return stream

    def each(self, stream: Stream, command: Command) -> Stream:
        """ForEach-Object: what it puts out can be filtered only where it is one value."""
        blocks = [item.value for item in command.arguments if isinstance(item.value, Block)]
        shaped = replace(stream, item=Item(shaped=command.name))
        if len(blocks) != 1 or len(blocks[0].statements) != 1:
            return shaped
        for statement in blocks[0].statements:
            only = statement.value if isinstance(statement, Return) else statement
            if isinstance(only, Pipeline) and len(only.elements) == 1:
                return self._each_value(stream, only.elements[0], shaped)
        return self.scope.unsupported(command.span, "this ForEach-Object block", "it may drop some")

    def _each_value(self, stream: Stream, node: Node, shaped: Stream) -> Stream:
        try:
            value = Lowering(self.scope.inside(stream.item)).value(node)
        except Unsupported:
            if isinstance(node, Command) and not node.name.startswith(("write", "out", "format")):
                raise
            return shaped
        return replace(stream, item=Item(itself=value))

    def shape(self, stream: Stream, command: Command) -> Stream:
        """Take a command that only prints, counts or stores."""
        return replace(stream, item=Item(shaped=command.name))


def _typed(node: Node) -> Node:
    """Return a type given as an argument, where it is a word in brackets."""
    return TypeName(node.type, node.span) if isinstance(node, Cast) else node


def _calculated_value(lower: Lowering, node: Node) -> Expression:
    if not isinstance(node, Block):
        return lower.value(node)
    if len(node.statements) == 1:
        only = node.statements[0]
        if isinstance(only, Pipeline) and len(only.elements) == 1:
            return lower.value(only.elements[0])
    return lower.scope.unsupported(node.span, "this calculated property", "it is not one value")
