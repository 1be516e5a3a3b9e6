"""``Get-WinEvent``: which events a call returns, and in which order."""

from __future__ import annotations

from typing import Any

from harness.ir import TRUE, Literal, Predicate, all_of, any_of
from harness.languages.powershell import eventtests as tests
from harness.languages.powershell.binding import COMMON, Given, Signature, bind
from harness.languages.powershell.hashtable import check_path, read_hash_tables
from harness.languages.powershell.lowering import Lowering
from harness.languages.powershell.querylist import read_query_list
from harness.languages.powershell.scope import Scope
from harness.languages.powershell.stages import NEWEST_FIRST, OLDEST_FIRST, Limit, Sorting
from harness.languages.powershell.syntax import Command, Const, Items, Node, Variable
from harness.languages.powershell.values import HashTable, is_number, text
from harness.languages.powershell.xpath import read_xpath
from harness.source import Span

_SETS = {
    "logname": {"log"},
    "providername": {"provider"},
    "path": {"file"},
    "filterhashtable": {"hash"},
    "filterxml": {"xml"},
    "filterxpath": {"log", "provider", "file"},
    "maxevents": {"log", "provider", "file", "hash", "xml"},
    "computername": {"log", "provider", "hash", "xml"},
    "credential": {"log", "provider", "file", "hash", "xml"},
    "force": {"log", "provider", "hash"},
    "oldest": {"log", "provider", "file", "hash", "xml"},
    "listlog": {"listlog"},
    "listprovider": {"listprovider"},
}
"""The parameter sets that each parameter belongs to (GetEventCommand.cs)."""
_SWITCHES = frozenset({"force", "oldest"})
_SIGNATURE = Signature(
    name="Get-WinEvent",
    parameters={name: name not in _SWITCHES for name in _SETS},
    positional=("first",),
    aliases={"pspath": "path", "cn": "computername"},
)


class WinEvent:
    """One call of Get-WinEvent."""

    def __init__(self, command: Command, scope: Scope) -> None:
        self.scope = scope
        self.span = command.span
        self.lower = Lowering(scope)
        self.given = bind(_SIGNATURE, command, scope)
        first = self.given.pop("first", None)
        if first is not None:
            self._place_first(first)
        self._check_sets()

    def _place_first(self, first: Given) -> None:
        """Bind the unnamed argument: a hash table is a filter, a text names a log."""
        value = self._constant(first)
        tables = value if isinstance(value, list) else [value]
        name = "filterhashtable" if tables and isinstance(tables[0], HashTable) else "logname"
        others = {"providername", "path", "filterhashtable", "filterxml"} & set(self.given)
        if name in self.given or (name == "logname" and others):
            self.scope.fail(first.span, "Get-WinEvent has no place for this argument")
        self.given[name] = first

    def _check_sets(self) -> None:
        possible: set[str] = set().union(*_SETS.values())
        for name, given in self.given.items():
            if name in COMMON:
                continue
            possible = possible & _SETS[name]
            if not possible:
                self.scope.fail(
                    given.span,
                    f"-{name} cannot be combined with the other parameters",
                    "use one of -LogName, -ProviderName, -Path, -FilterHashtable, -FilterXml",
                )
        for name in ("listlog", "listprovider"):
            if name in self.given:
                self.scope.unsupported(
                    self.given[name].span, f"-{name}", "it lists logs or providers, not events"
                )

    def predicate(self) -> Predicate:
        """Return which events the call asks the event log for."""
        if "filterhashtable" in self.given:
            given = self.given["filterhashtable"]
            value = self._constant(given)
            return read_hash_tables(value, self.scope, given.span, oldest=self._switch("oldest"))
        if "filterxml" in self.given:
            given = self.given["filterxml"]
            return read_query_list(self._text("filterxml"), self.scope, given.value.span)
        parts: list[Predicate] = []
        if "logname" in self.given:
            parts.append(self._named("logname"))
        if "providername" in self.given:
            parts.append(self._named("providername"))
        if "path" in self.given:
            for name in self._texts("path"):
                check_path(name, self.scope, self.given["path"].span, oldest=self._switch("oldest"))
        if "filterxpath" in self.given:
            parts.append(self._xpath())
        return all_of(*parts) if parts else TRUE

    def order(self) -> Sorting:
        """Return the order of the events: newest first unless -Oldest."""
        return OLDEST_FIRST if self._switch("oldest") else NEWEST_FIRST

    def limit(self) -> Limit | None:
        """Return the effect of -MaxEvents."""
        if "maxevents" not in self.given:
            return None
        given = self.given["maxevents"]
        value = self._constant(given)
        number = int(value) if is_number(value) else None
        if isinstance(value, str) and value.strip().isdecimal():
            number = int(value[:20])
        if number is None or number < 1:
            self.scope.fail(given.span, "-MaxEvents is not a number of at least 1")
        return Limit(self.order(), first=number)

    def _switch(self, name: str) -> bool:
        given = self.given.get(name)
        return given is not None and bool(self._constant(given))

    def _named(self, name: str) -> Predicate:
        test = tests.log_named if name == "logname" else tests.provider_named
        nodes = self._nodes(self.given[name].value)
        names = self._texts(name)
        spans = [node.span for node in nodes] if len(nodes) == len(names) else []
        spans = spans or [self.given[name].span] * len(names)
        if not names:
            self.scope.fail(self.given[name].span, f"-{name} has an empty list")
        return any_of(*(test(item, span) for item, span in zip(names, spans, strict=True)))

    def _nodes(self, node: Node) -> tuple[Node, ...]:
        return node.items if isinstance(node, Items) else (node,)

    def _xpath(self) -> Predicate:
        given = self.given["filterxpath"]
        node = given.value
        written = self._text("filterxpath")
        verbatim = isinstance(node, Const) and node.verbatim
        span = node.span if isinstance(node, Const) else given.span
        return read_xpath(written, self.scope, span, verbatim=verbatim)

    def _text(self, name: str) -> str:
        value = self._constant(self.given[name])
        if not isinstance(value, str):
            self.scope.fail(self.given[name].span, f"-{name} needs a text")
        return value

    def _texts(self, name: str) -> list[str]:
        value = self._constant(self.given[name])
        items = value if isinstance(value, list) else [value]
        found = [text(item) for item in items]
        if not all(found):
            self.scope.fail(self.given[name].span, f"-{name} is empty", "give a name")
        return found

    def _constant(self, given: Given) -> Any:
        """Return an argument as a constant."""
        node = given.value
        if isinstance(node, Const) and node.bare and not isinstance(node.value, bool):
            return node.value if is_number(node.value) else text(node.value)
        if isinstance(node, Variable) and node.name not in self.scope.variables:
            self._unset(node.span, node.name)
        value = self.lower.value(node)
        if not isinstance(value, Literal):
            self.scope.unsupported(given.span, "a computed argument", "it must be a constant")
        return value.value

    def _unset(self, span: Span, name: str) -> None:
        self.scope.unsupported(
            span, f"the variable ${name} as an argument", "it is not set in this script"
        )
