"""``-FilterHashtable``: named keys become tests of the event log service.

The keys and their translation follow ``GetEventCommand.cs``
(https://github.com/PowerShell/PowerShell): values are pasted into an XPath query between single
quotes, so wildcards are plain characters and a quote breaks the query.
"""

from __future__ import annotations

import re
from datetime import datetime
from html import unescape
from typing import Any, NoReturn

from harness.ir import Not, Order, Predicate, all_of, any_of
from harness.languages.powershell import eventtests as tests
from harness.languages.powershell.scope import Scope
from harness.languages.powershell.values import HashTable, read_date, text, to_integer
from harness.languages.powershell.xpath import MAX_EXPRESSIONS
from harness.source import Span

PLACES = ("logname", "providername", "path")
MAX_TABLES = 256
_SID = re.compile(r"S-1-\d+(-\d+)*", re.IGNORECASE)
_ENTITY = re.compile(r"&(?:amp|lt|gt|quot|apos|#\d{1,7}|#x[0-9A-Fa-f]{1,6});")
_NAME = re.compile(r"[A-Za-z_][\w.-]*")


class _Table:
    """One hash table."""

    def __init__(self, table: HashTable, scope: Scope, span: Span) -> None:
        self.table = table
        self.scope = scope
        self.span = span
        self.count = 0

    def predicate(self, *, oldest: bool) -> Predicate:
        """Return what the table selects: all keys hold, and no event is suppressed."""
        for key, value in self.table.items():
            if value is None or (isinstance(value, list) and None in value):
                self._fail(f"the key {key!r} is null", "give each key a value")
        if not any(self.table.find(key) is not None for key in PLACES):
            self._fail(
                "the hash table names no log, provider or path",
                "add LogName, ProviderName or Path",
            )
        parts = self._places(oldest=oldest) + self._tests(self.table)
        suppress = self.table.find("suppresshashfilter")
        if isinstance(suppress, HashTable):
            without = self._tests(suppress)
            if without:
                parts.append(Not(all_of(*without)))
        return all_of(*parts)

    def _fail(self, message: str, hint: str = "") -> NoReturn:
        self.scope.fail(self.span, message, hint)

    def _places(self, *, oldest: bool) -> list[Predicate]:
        parts: list[Predicate] = []
        for key, test in (("logname", tests.log_named), ("providername", tests.provider_named)):
            names = _values(self.table.find(key))
            if names:
                parts.append(any_of(*(test(text(name), self.span) for name in names)))
        for path in _values(self.table.find("path")):
            check_path(text(path), self.scope, self.span, oldest=oldest)
        return parts

    def _tests(self, table: HashTable) -> list[Predicate]:
        parts: list[Predicate] = []
        for key, value in table.items():
            name = key.lower()
            if name in PLACES or name == "suppresshashfilter":
                continue
            if name in {"starttime", "endtime"}:
                order = Order.AT_LEAST if name == "starttime" else Order.AT_MOST
                parts.append(tests.ordered(_TIME, order, self._time(key, value), self.span))
                continue
            if name == "keywords":
                parts.append(self._keywords(value))
                continue
            parts.append(self._any_value(key, name, value))
        return parts

    def _any_value(self, key: str, name: str, value: Any) -> Predicate:
        values = _values(value)
        if not values:
            self._fail(f"the key {key!r} has an empty list", "give at least one value")
        if name == "userid" and len(values) > 1:
            self._fail("UserID takes one value", "give one security identifier")
        self.count += len(values)
        if self.count > MAX_EXPRESSIONS:
            self._fail(
                f"the table needs more than {MAX_EXPRESSIONS} comparisons",
                "split it into several hash tables",
            )
        return any_of(*(self._value(key, name, item) for item in values))

    def _value(self, key: str, name: str, value: Any) -> Predicate:
        match name:
            case "id" | "level":
                return self._number(key, "Id" if name == "id" else "Level", value)
            case "userid":
                return self._user(value)
            case "data":
                return self._equal(tests.ANY_DATA, self._pasted(key, value))
            case _:
                pass
        return self._named(key, value)

    def _number(self, key: str, field: str, value: Any) -> Predicate:
        written = text(value).strip()
        number = tests.number_of(written)
        if number is None:
            hint = "Level takes numbers: 2 is Error" if field == "Level" else ""
            self._fail(f"{key} {written[:40]!r} is not a number", hint)
        target = tests.target(field)
        case = self.scope.settings.xpath_case
        return tests.equal(target, written, number, case, self.span)

    def _keywords(self, value: Any) -> Predicate:
        mask = 0
        for item in _values(value):
            written = text(item).strip()
            if not re.fullmatch(r"[+-]?\d{1,19}", written):
                self._fail(
                    f"Keywords {written[:40]!r} is not a number",
                    "AuditFailure is 4503599627370496, AuditSuccess 9007199254740992",
                )
            mask |= to_integer(int(written), 65)
        self.count += 1
        return tests.masked(tests.target("Keywords"), mask % 2**64, "!=", 0, self.span)

    def _user(self, value: Any) -> Predicate:
        written = text(value)
        if not _SID.fullmatch(written):
            self.scope.unsupported(
                self.span, "an account name as UserID", "write the security identifier (S-1-...)"
            )
        return self._equal(tests.target("UserId"), written)

    def _time(self, key: str, value: Any) -> datetime:
        moment = value if isinstance(value, datetime) else read_date(text(value))
        if moment is None:
            self._fail(f"{key} {text(value)[:40]!r} is not a time")
        if isinstance(value, datetime):
            return moment.replace(microsecond=0)
        return moment.replace(microsecond=moment.microsecond // 1000 * 1000)

    def _named(self, key: str, value: Any) -> Predicate:
        if self.scope.settings.version < (6, 0):
            self.scope.unsupported(
                self.span, f"the key {key!r}", "named event data needs PowerShell 6 or later"
            )
        if not _NAME.fullmatch(key):
            self._fail(f"{key!r} cannot be the name of event data")
        written = self._pasted(key, value)
        return any_of(
            self._equal(tests.target(f"EventData.{key}"), written),
            self._equal(tests.target(f"UserData.{key}"), written),
        )

    def _equal(self, target: tests.Target, written: str) -> Predicate:
        case = self.scope.settings.xpath_case
        return tests.equal(target, written, None, case, self.span)

    def _pasted(self, key: str, value: Any) -> str:
        """Return a value as the event log reads it out of the pasted query."""
        written = text(value)
        rest = _ENTITY.sub("", written)
        if "'" in rest or "<" in rest or "&" in rest:
            self._fail(
                f"the value of {key!r} holds a character that breaks the query",
                "filter with Where-Object, or with -FilterXPath and double quotes inside",
            )
        found = unescape(written)
        if "'" in found:
            self._fail(f"the value of {key!r} holds a quote, which breaks the query")
        return found


_TIME = tests.target("TimeCreated")


def _values(value: Any) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def check_path(path: str, scope: Scope, span: Span, *, oldest: bool) -> None:
    """Reject a file that Get-WinEvent does not read."""
    ending = path.lower().rpartition(".")[2]
    if ending not in {"evtx", "evt", "etl"} and not any(char in path for char in "*?["):
        scope.fail(span, f"{path[:60]!r} is no event log file", "name an .evtx, .evt or .etl file")
    if ending in {"evt", "etl"} and not oldest:
        scope.fail(span, f"a .{ending} file is read only with -Oldest", "add -Oldest")


def read_hash_tables(value: Any, scope: Scope, span: Span, *, oldest: bool) -> Predicate:
    """Return what one or several hash tables select."""
    tables = value if isinstance(value, list) else [value]
    if not tables or not all(isinstance(table, HashTable) for table in tables):
        scope.fail(span, "-FilterHashtable needs a hash table", "write @{LogName='Security'; Id=1}")
    if len(tables) > MAX_TABLES:
        scope.fail(span, f"more than {MAX_TABLES} hash tables are given")
    return any_of(*(_Table(table, scope, span).predicate(oldest=oldest) for table in tables))
