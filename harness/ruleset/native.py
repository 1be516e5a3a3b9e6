"""Native rule files: the query in them, and what they say about the rule."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from typing import Any

from harness.errors import Diagnostic, InvalidInput
from harness.ir import Schedule
from harness.languages.sigma.document import SigmaDocument, read_documents
from harness.ruleset.model import Metadata, duration
from harness.source import Source, Span

_TACTIC_ID = re.compile(r"TA\d{4}")
_RULE_TABLE = re.compile(r"^[ \t]*\[[ \t]*rule[ \t]*\]", re.MULTILINE)
_FROM = re.compile(r"now-(\d+[smhdw])")


def query_source(text: str, name: str, language: str) -> Source:
    """Return the query inside a file: all of it, or the ``query`` of an Elastic rule."""
    if not name.endswith(".toml"):
        return Source(text, name)
    rule = elastic_table(text, name)
    query = rule.get("query")
    if not isinstance(query, str):
        message = f"the file holds no rule.query for {language}"
        raise InvalidInput([Diagnostic(code="no-query", message=message, place=name)])
    return query_in(text, name, query)


def query_in(text: str, name: str, query: str) -> Source:
    """Return the query of an Elastic rule, with the place in the file where it begins.

    A query with escapes is not found as it stands: its place is that of its key.
    """
    key = elastic_key(text, "query").start
    at = max(text.find(query, key), key)
    line = text.count("\n", 0, at) + 1
    return Source(query, name, first_line=line, first_column=at - text.rfind("\n", 0, at))


def elastic_key(text: str, key: str) -> Span:
    """Return where a key of the ``[rule]`` table stands, or else where the table begins."""
    table = _RULE_TABLE.search(text)
    start = table.start() if table else 0
    found = re.compile(rf"^[ \t]*(?:rule\.)?{key}[ \t]*=[^\n]*", re.MULTILINE).search(text, start)
    if found:
        return Span(found.start() + len(found[0]) - len(found[0].lstrip()), found.end())
    return Span(start, table.end() if table else min(1, len(text)))


def elastic_table(text: str, name: str) -> dict[str, Any]:
    """Return the ``[rule]`` table of an Elastic rule file."""
    try:
        parsed = tomllib.loads(text)
    except RecursionError as error:
        reason = "lists or tables are nested too deeply"
        raise InvalidInput([_broken_toml(Source(text, name), reason)]) from error
    except ValueError as error:
        raise InvalidInput([_broken_toml(Source(text, name), str(error))]) from error
    rule = parsed.get("rule")
    if not isinstance(rule, dict):
        message = "the file has no [rule] table"
        raise InvalidInput([Diagnostic(code="no-rule", message=message, place=name)])
    return rule


def _broken_toml(source: Source, reason: str) -> Diagnostic:
    """Return what tomllib says as a diagnostic; it gives the place in words, or the end."""
    found = re.search(r"line (\d+), column (\d+)", reason)
    lines = source.text.split("\n")
    offset = len(source.text)
    if found:
        offset = sum(len(line) + 1 for line in lines[: int(found[1]) - 1]) + int(found[2]) - 1
    span = Span(offset, offset + 1)
    return Diagnostic(
        code="toml",
        message=f"the TOML is broken: {reason.partition(' (at')[0]}",
        place=source.place(span),
        excerpt=source.excerpt(span),
        hint="check quotes and brackets up to this place",
    )


def elastic_metadata(rule: Mapping[str, Any]) -> Metadata:
    """Return the metadata of an Elastic rule table."""
    named = dict(_threats(rule))
    risk, alerts = rule.get("risk_score"), rule.get("max_signals")
    return Metadata(
        id=str(rule.get("rule_id", "")),
        title=str(rule.get("name", "")),
        author=", ".join(map(str, _listed(rule.get("author")))),
        license=str(rule.get("license", "")),
        severity=str(rule.get("severity", "")),
        risk_score=risk if isinstance(risk, int) else None,
        tactics=tuple(key for key in named if _TACTIC_ID.fullmatch(key)),
        techniques=tuple(key for key in named if not _TACTIC_ID.fullmatch(key)),
        max_alerts=alerts if isinstance(alerts, int) else 100,
        guide=str(rule.get("note", "")),
        named=named,
    )


def elastic_schedule(rule: Mapping[str, Any]) -> Schedule:
    """Return when an Elastic rule runs and how far it looks back.

    Defaults are the detection engine's: every 5 minutes, from now-6m
    (https://www.elastic.co/guide/en/security/current/rules-api-create.html).
    """
    start = _FROM.fullmatch(str(rule.get("from", "now-6m")))
    return Schedule(
        interval=duration(str(rule.get("interval", "5m"))),
        lookback=duration(start[1]) if start else None,
        field=str(rule.get("timestamp_override", "@timestamp")),
    )


def sigma_metadata(source: Source) -> Metadata:
    """Return the metadata of a Sigma rule; raises ``QuerySyntaxError`` for no Sigma rule."""
    rules = [one for one in read_documents(source) if isinstance(one, SigmaDocument)]
    if not rules:
        message = "the file holds no Sigma rule"
        raise InvalidInput([Diagnostic(code="no-rule", message=message, place=source.name)])
    return metadata_of(rules[0])


def metadata_of(rule: SigmaDocument) -> Metadata:
    """Return the metadata of a Sigma rule that is read already."""
    attack = [tag.removeprefix("attack.") for tag in rule.tags if tag.startswith("attack.")]
    parts = {"category": rule.logsource.category, "product": rule.logsource.product}
    parts["service"] = rule.logsource.service
    return Metadata(
        id=rule.id or "",
        title=rule.title,
        author=rule.author or "",
        license=rule.license or "",
        severity=rule.level or "",
        tactics=tuple(one.replace("_", "-") for one in attack if not _is_technique(one)),
        techniques=tuple(one.upper() for one in attack if _is_technique(one)),
        logsource={key: value for key, value in parts.items() if value},
    )


def _is_technique(tag: str) -> bool:
    return re.fullmatch(r"t\d+(\.\d+)?", tag) is not None


def _threats(rule: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for threat in _tables(rule.get("threat")):
        for entry in (*_tables([threat.get("tactic")]), *_tables(threat.get("technique"))):
            yield str(entry.get("id", "")), str(entry.get("name", ""))
            for sub in _tables(entry.get("subtechnique")):
                yield str(sub.get("id", "")), str(sub.get("name", ""))


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _tables(value: Any) -> list[dict[str, Any]]:
    return [one for one in _listed(value) if isinstance(one, dict)]
