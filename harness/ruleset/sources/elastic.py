"""Elastic detection rules in TOML files: a ``[rule]`` table with a query in it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from typing import Any

from harness.errors import Diagnostic, InvalidInput
from harness.ruleset import native
from harness.ruleset.indices import Coverage, coverage_of
from harness.ruleset.logsource import ANY_KIND
from harness.ruleset.mapping import AS_WRITTEN
from harness.ruleset.model import NotEvaluated, Promises, Rule, Translation
from harness.ruleset.sources._base import Loaded, RuleFile, RuleSource
from harness.source import Source, Span

PROMISES = Promises(robust=("deleted-key", "deleted-group", "extra-fields"), focused=True)
"""What is asked of a rule that makes no promises of its own; letter case is the author's choice."""

_TABLE = re.compile(r"^[ \t]*(\[[ \t]*rule[ \t]*\]|rule[ \t]*[.=])", re.MULTILINE)
_FROM = re.compile(
    r"\A(?:\s|//[^\n]*|/\*.*?\*/)*from\s+(.+?)(?=\s+metadata\b|\||\Z)", re.IGNORECASE | re.DOTALL
)
_EVENTS_ONE_BY_ONE = "the harness judges events one by one"
_TYPES: Mapping[str, str] = {
    "query": "",
    "eql": "",
    "esql": "",
    "threshold": f"{_EVENTS_ONE_BY_ONE}; here their number decides",
    "new_terms": f"{_EVENTS_ONE_BY_ONE}; here it decides whether a value was seen before",
    "threat_match": f"{_EVENTS_ONE_BY_ONE}; here indicators in another index decide",
    "machine_learning": "the score of a machine learning job decides",
    "saved_query": "the query is kept in Kibana",
}
"""The types of rules, and why the harness does not evaluate some
(https://www.elastic.co/guide/en/security/current/rules-api-create.html)."""
_WITHOUT_QUERY = frozenset({"machine_learning", "saved_query"})
_LANGUAGES: Mapping[str, tuple[str, ...]] = {"eql": ("eql",), "esql": ("esql",)}
_QUERY_LANGUAGES = ("kuery", "lucene")
_EQL_FIELDS = {
    "event_category_override": "event_category_field",
    "timestamp_field": "timestamp_field",
    "tiebreaker_field": "tiebreaker_field",
}
"""Keys of a rule that change what its EQL reads, and the language's option for each."""


def _claims(file: RuleFile) -> bool:
    return _TABLE.search(file.text) is not None


def _read(files: Sequence[RuleFile], loaded: Loaded) -> None:
    for file in files:
        try:
            loaded.rules.append(_Reader(file).rule())
        except InvalidInput as error:
            loaded.problems.extend(error.diagnostics)


class _Reader:
    """Reads one file, gathering everything that is wrong with it."""

    def __init__(self, file: RuleFile) -> None:
        self._file = file
        self._text = file.source
        self._data = native.elastic_table(file.text, str(file.path))
        self._problems: list[Diagnostic] = []

    def rule(self) -> Rule:
        """Return the rule, or raise with everything that is wrong."""
        kind = self._type()
        language = self._language(kind)
        source = self._source(kind)
        patterns = self._patterns(source if language == "esql" else None)
        options = self._options(language)
        metadata = native.elastic_metadata(self._data)
        if self._problems:
            raise InvalidInput(self._problems)
        query = Translation(
            name=language, language=language, source=source, schemas=(AS_WRITTEN,), options=options
        )
        unsupported = self._unsupported(kind)
        found = (
            Coverage(kind=ANY_KIND, schemas=(AS_WRITTEN,))
            if unsupported
            else coverage_of(query, patterns)
        )
        return Rule(
            name=self._file.path.stem,
            folder=self._file.path.parent,
            metadata=metadata,
            kind=found.kind,
            reference=_copy(query, name="reference", schemas=found.schemas[:1]),
            translations=(_copy(query, name=language, schemas=found.schemas),),
            promises=PROMISES,
            schedule=native.elastic_schedule(self._data),
            warnings=tuple(self._warnings(found)),
            unsupported=unsupported,
        )

    def _type(self) -> str:
        given = self._data.get("type")
        if isinstance(given, str) and given in _TYPES:
            return given
        known = ", ".join(_TYPES)
        if given is None:
            self._problem("type", "the rule names no type", f"give one of: {known}")
        else:
            near = get_close_matches(str(given), _TYPES, n=1)
            hint = f"did you mean {near[0]!r}? known: {known}" if near else f"known: {known}"
            self._problem("type", f"there is no rule type {_short(given)}", hint)
        return ""

    def _language(self, kind: str) -> str:
        if kind in {"", "machine_learning"}:
            return kind
        allowed = _LANGUAGES.get(kind, _QUERY_LANGUAGES)
        given = self._data.get("language", allowed[0])
        if isinstance(given, str) and given in allowed:
            return given
        message = f"a rule of type {kind!r} is not written in {_short(given)}"
        self._problem("language", message, f"give one of: {', '.join(allowed)}")
        return allowed[0]

    def _source(self, kind: str) -> Source:
        query = self._data.get("query")
        if isinstance(query, str) and query.strip():
            return native.query_in(self._file.text, str(self._file.path), query)
        if query is not None and not isinstance(query, str):
            self._problem("query", f"the query is no text: {_short(query)}", "put it in quotes")
        elif kind not in _WITHOUT_QUERY:
            self._problem("query", "the rule has no query", 'write query = """..."""')
        return self._text

    def _patterns(self, query: Source | None) -> tuple[str, ...]:
        """Return the index patterns: those of the rule, or those that ES|QL names itself."""
        if query is not None:
            found = _FROM.match(query.text)
            named = found[1].split(",") if found else []
            return tuple(dict.fromkeys(one.strip().strip('"') for one in named))
        given = self._data.get("index", [])
        if isinstance(given, list) and all(isinstance(one, str) for one in given):
            return tuple(dict.fromkeys(given))
        hint = 'write index = ["winlogbeat-*"]'
        self._problem("index", "the index patterns are no list of texts", hint)
        return ()

    def _options(self, language: str) -> dict[str, Any]:
        """Return the options of the query.

        A rule runs over all its indices at once, so a field that one of them lacks is no error.
        """
        options: dict[str, Any] = {"unmapped": "missing"} if language in {"eql", "esql"} else {}
        for key, option in _EQL_FIELDS.items() if language == "eql" else ():
            given = self._data.get(key)
            if isinstance(given, str):
                options[option] = given
            elif given is not None:
                self._problem(key, f"{key} is no text: {_short(given)}", "name a field")
        return options

    def _unsupported(self, kind: str) -> NotEvaluated | None:
        if _TYPES[kind]:
            return self._not_evaluated("type", f"the rule type {kind}", _TYPES[kind])
        if self._data.get("filters"):
            reason = "they stand in Kibana's own form beside the query"
            return self._not_evaluated("filters", "filters of a rule", reason)
        return None

    def _not_evaluated(self, key: str, feature: str, reason: str) -> NotEvaluated:
        span = native.elastic_key(self._file.text, key)
        return NotEvaluated(feature=feature, reason=reason, source=self._text, span=span)

    def _warnings(self, found: Coverage) -> Iterator[Diagnostic]:
        as_written = found.schemas == (AS_WRITTEN,)
        where = "; its query runs on the fields that it names" if as_written else ""
        if found.unknown:
            message = f"no schema describes {', '.join(found.unknown)} yet{where}"
            yield self._diagnostic("no-schema", "index", message, severity="note")
        if found.unfit:
            what = "all that the query reads" if as_written else f"{found.kind} activities"
            message = f"the schemas of {', '.join(found.unfit)} do not record {what} yet{where}"
            yield self._diagnostic("no-schema", "index", message, severity="note")

    def _problem(self, key: str, message: str, hint: str) -> None:
        self._problems.append(self._diagnostic("invalid-rule", key, message, hint))

    def _diagnostic(
        self, code: str, key: str, message: str, hint: str = "", severity: str = "error"
    ) -> Diagnostic:
        span: Span = native.elastic_key(self._file.text, key)
        source = self._text
        return Diagnostic(
            code=code,
            message=message,
            place=source.place(span),
            excerpt=source.excerpt(span),
            hint=hint,
            severity=severity,
        )


def _copy(query: Translation, *, name: str, schemas: tuple[str, ...]) -> Translation:
    return Translation(
        name=name,
        language=query.language,
        source=query.source,
        schemas=schemas,
        options=query.options,
    )


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:60]}…"  # noqa: PLR2004 - for one line


SOURCE = RuleSource(
    name="elastic",
    title="Elastic detection rule (.toml)",
    extensions=(".toml",),
    claims=_claims,
    read=_read,
)
