"""Reading a whole watch.

The order and the rules are those of ``WatchParser.java`` in ``x-pack/plugin/watcher`` of
https://github.com/elastic/elasticsearch.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from harness.errors import Diagnostic, Fault
from harness.ir import TRUE, Context, Query, Schedule
from harness.jsonsource import (
    Excerpt,
    Json,
    JsonArray,
    JsonObject,
    JsonScalar,
    Member,
    read_json,
)
from harness.languages._elastic.date_formats import FormatUnsupported
from harness.languages._elastic.dates import DEFAULT_FORMAT, DateError, DateReader
from harness.languages.watcher import _read
from harness.languages.watcher.actions import Action, ActionReader, check_transform
from harness.languages.watcher.conditions import Compare, Condition, Fixed, read_condition
from harness.languages.watcher.inputs import Failing, Input, InputReader
from harness.languages.watcher.inputs import Fixed as FixedInput
from harness.languages.watcher.mustache import ANYTHING, ListOf, Shape
from harness.languages.watcher.outcome import Watch
from harness.languages.watcher.painless import Script
from harness.languages.watcher.search import SearchReader
from harness.languages.watcher.triggers import read_trigger
from harness.languages.watcher.values import Unknowable
from harness.languages.watcher.why import reasons
from harness.languages.watcher.wrapper import find_watch
from harness.source import QuerySyntaxError, Source, Span

_FIELDS = (
    "trigger",
    "input",
    "condition",
    "transform",
    "actions",
    "metadata",
    "throttle_period",
    "throttle_period_in_millis",
    "status",
    "_status",
    "version",
)


def parse(source: Source, context: Context) -> Query:
    """Watch = '{' 'trigger' ':' trigger { part ':' value } '}', plain or inside a command."""
    found = find_watch(source)
    node = _json(source, found.part)
    body = _read.object_of(node, source, "a watch")
    _read.known_keys(body, _FIELDS, source, "a watch")
    reader = _WatchReader(source, context, body, found.name)
    if isinstance(found.part, Excerpt):
        message = "the shell reads \\\\ as \\ in this here-document, and JSON does so again"
        hint = "quote the word after <<, as in <<'EOF', to hand the text on as it stands"
        reader.warn("shell-escapes", body.span, message, hint)
    return reader.query()


def _json(source: Source, part: Span | Excerpt) -> Json:
    try:
        return read_json(source, part)
    except QuerySyntaxError as error:
        if isinstance(part, Span):
            raise
        hint = "the shell reads \\\\ as \\ here: quote the word after <<, as in <<'EOF'"
        raise QuerySyntaxError(error.message, source, error.span, hint) from None


@dataclass(slots=True)
class _WatchReader:
    source: Source
    context: Context
    body: JsonObject
    name: str
    warnings: list[Diagnostic] = field(default_factory=list)

    def query(self) -> Query:
        trigger = self.body.get("trigger")
        if trigger is None:
            hint = 'add "trigger": {"schedule": {"interval": "5m"}} or another schedule'
            raise _read.invalid(self.source, self.body.span, "the watch has no 'trigger'", hint)
        interval = read_trigger(trigger, self.source)
        self._check_rest()
        model = {"ctx": self._ctx()}
        found = self._input(model)
        condition = self._condition()
        self._check_condition(condition, found)
        self._check_fields(found)
        actions = self._actions(found)
        watch = Watch(input=found, condition=condition, actions=actions, model=model)
        searches = watch.searches
        lookback, at = self._lookback()
        return Query(
            predicate=searches[0] if searches else TRUE,
            outcome=watch,
            schedule=Schedule(interval=interval, lookback=lookback, field=at),
            reasons=reasons,
            warnings=tuple(self.warnings),
        )

    def _check_rest(self) -> None:
        """Check the parts that decide nothing."""
        for member in self.body:
            match member.key:
                case "throttle_period":
                    _read.duration_of(member.value, self.source, "'throttle_period'")
                case "throttle_period_in_millis":
                    value = member.value.value if isinstance(member.value, JsonScalar) else None
                    if isinstance(value, bool) or not isinstance(value, int):
                        message = "'throttle_period_in_millis' is a whole number"
                        raise _read.invalid(self.source, member.value.span, message)
                case "transform":
                    check_transform(member.value, self.source)
                case "metadata":
                    _read.object_of(member.value, self.source, "'metadata'")
                case _:
                    pass

    def _ctx(self) -> dict[str, Any]:
        """Return what templates, conditions and scripts see beside the payload."""
        metadata = self.body.get("metadata")
        now = self.context.now
        unknown = Unknowable("the id of this execution is not known")
        return {
            "id": unknown,
            "watch_id": self.name or Unknowable("the watch's id is not known"),
            "execution_time": now,
            "trigger": {"triggered_time": now, "scheduled_time": now},
            "metadata": metadata.plain() if isinstance(metadata, JsonObject) else {},
            "vars": {},
        }

    def _input(self, model: dict[str, Any]) -> Input:
        node = self.body.get("input")
        if node is None:
            return FixedInput({})
        searches = SearchReader(source=self.source, context=self.context)
        reader = InputReader(
            source=self.source, searches=searches, model=model, warnings=self.warnings
        )
        return reader.read(node)

    def _condition(self) -> Condition | Script:
        node = self.body.get("condition")
        if node is None:
            return Fixed(value=True, span=self.body.span)
        return read_condition(node, self.source, self.context)

    def _actions(self, found: Input) -> tuple[Action, ...]:
        node = self.body.get("actions")
        if node is None:
            return ()
        changed = self.body.get("transform") is not None
        payload: Shape = ANYTHING if changed else found.shape()
        shape = {"ctx": {**self._ctx_shape(), "payload": payload}}
        reader = ActionReader(
            source=self.source, context=self.context, model=shape, warnings=self.warnings
        )
        return reader.read(node)

    def _ctx_shape(self) -> dict[str, Shape]:
        metadata = self.body.get("metadata")
        known = metadata.plain() if isinstance(metadata, JsonObject) else {}
        shape = dict.fromkeys(known, ANYTHING)
        times = dict.fromkeys(("triggered_time", "scheduled_time"))
        alone = dict.fromkeys(("id", "watch_id", "execution_time"))
        return {
            **alone,
            "trigger": {**times, "manual": ANYTHING},
            "metadata": shape,
            "vars": ANYTHING,
        }

    def _check_condition(self, condition: Condition | Script, found: Input) -> None:
        """Warn about paths that lead nowhere; refuse those into what is not computed."""
        node = self.body.get("condition")
        compare = node.get("compare") if isinstance(node, JsonObject) else None
        if isinstance(condition, Compare) and isinstance(compare, JsonObject) and len(compare) > 1:
            message = "of several paths in a compare condition only the last one counts"
            self.warn("ignored-comparison", compare.span, message, "use a script condition")
        shape = {"ctx": {**self._ctx_shape(), "payload": found.shape()}}
        hits: list[list[Any]] = [[] for part in found.parts() for _ in part.searches]
        sample = None if isinstance(found, Failing) else _sample(found, hits)
        for path in condition.compared():
            self._refuse_unknowable(path, sample, condition.span)
            if not _leads_somewhere(path, shape):
                message = f"nothing is at {path!r}: it is always null"
                hint = _PATH_HINTS.get(path, "look the path up in the payload")
                self.warn("path-leads-nowhere", condition.span, message, hint)

    def _refuse_unknowable(self, path: str, sample: Any, span: Span) -> None:
        value: Any = {"ctx": {"payload": sample}}
        for part in path.split("."):
            value = value.get(part) if isinstance(value, dict) else None
            if isinstance(value, Unknowable) and "aggregation" in value.why:
                feature = f"a condition on {path!r}"
                raise _read.unsupported(self.source, span, feature, value.why)

    def _check_fields(self, found: Input) -> None:
        """Warn about fields of the query that are not in the mapping."""
        if not self.context.types:
            return
        for part in found.parts():
            for clause in part.clauses:
                if not clause.mapped and not clause.field.startswith("_"):
                    message = (
                        f"the field {clause.field!r} is not mapped: this clause matches nothing"
                    )
                    hint = "check the name of the field"
                    self.warn("unmapped-field", clause.span, message, hint)

    def warn(self, code: str, span: Span, message: str, hint: str = "") -> None:
        self.warnings.append(_read.warning(self.source, span, code, message, hint))

    def _lookback(self) -> tuple[timedelta | None, str]:
        """Return how far back the first range on time looks, and on which field."""
        node = self.body.get("input")
        for member in _ranges(node) if node is not None else ():
            for named in member.value if isinstance(member.value, JsonObject) else ():
                found = _reach(named, self.context.now)
                if found is not None:
                    return found, named.key
        return None, Schedule().field


_PATH_HINTS = {
    "ctx.payload.hits.total.value": "compare ctx.payload.hits.total, which is a plain number "
    "unless rest_total_hits_as_int is false",
    "ctx.payload.hits.total.relation": "set rest_total_hits_as_int to false to get it",
}


def _sample(found: Input, hits: list[list[Any]]) -> Any:
    """Return the payload of a search without hits, to see what it cannot hold."""
    try:
        return found.run(hits)
    except Fault:
        return None


def _leads_somewhere(path: str, shape: Any) -> bool:
    for part in path.split("."):
        if shape is ANYTHING:
            return True
        if isinstance(shape, dict) and part in shape:
            shape = shape[part]
        elif isinstance(shape, ListOf) and part.isdigit():
            shape = shape.item
        else:
            # the elements of a list are also reached by methods of a script
            return isinstance(shape, ListOf)
    return True


def _ranges(node: Json) -> Iterator[Member]:
    """Yield every range query below a value."""
    if isinstance(node, JsonArray):
        for item in node.items:
            yield from _ranges(item)
    elif isinstance(node, JsonObject):
        for member in node:
            if member.key == "range":
                yield member
            else:
                yield from _ranges(member.value)


_RELATIVE = re.compile(
    r"(now|\{\{\{?\s*ctx\.[\w.]*time\s*\}?\}\}\|\|)((?:[+-]\d{1,6}[yMwdhHms])+)(?:/[yMwdhHms])?"
)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def _reach(named: Member, now: datetime) -> timedelta | None:
    """Return how far before now the lower bound of a range lies, rounding left out."""
    if not isinstance(named.value, JsonObject):
        return None
    for key in ("gte", "gt", "from"):
        node = named.value.get(key)
        text = node.value if isinstance(node, JsonScalar) else None
        match = _RELATIVE.fullmatch(text) if isinstance(text, str) else None
        if match is None:
            continue
        try:
            nanos = DateReader(DEFAULT_FORMAT, now).bound(f"now{match.group(2)}", up=False)
        except (DateError, FormatUnsupported):
            continue
        reach = now - (_EPOCH + timedelta(microseconds=nanos // 1000))
        if reach > timedelta():
            return reach
    return None
