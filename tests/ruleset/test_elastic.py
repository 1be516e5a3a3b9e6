"""Elastic rules: what they are run on, what is unsupported by name, what is wrong with them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from harness import languages, schemas
from harness.ir import Context, fields_of
from harness.ruleset.indices import schema_of
from harness.ruleset.mapping import AS_WRITTEN, ecs_types, index_types
from harness.ruleset.model import Rule
from tests.ruleset.conftest import Load
from tests.ruleset.texts import elastic

WINDOWS_FILE = 'file where host.os.type == "windows" and file.extension == "pfx"'


def _rule(load_files: Load, **changes: Any) -> Rule:
    loaded = load_files({"a/rule.toml": elastic(**changes)})
    assert [str(one) for one in loaded.problems] == []
    (rule,) = loaded.rules
    return rule


def test_rule_is_reference_and_translation_at_once(load_files: Load) -> None:
    rule = _rule(load_files)
    (translation,) = rule.translations
    assert (translation.name, translation.language) == ("eql", "eql")
    assert translation.source == rule.reference.source
    assert rule.metadata.title == "Archive with a password"
    assert rule.schedule is not None
    assert rule.schedule.lookback == timedelta(minutes=11)
    assert rule.unsupported is None


@pytest.mark.parametrize(
    ("pattern", "schema"),
    [
        ("winlogbeat-*", "winlogbeat"),
        ("logs-endpoint.events.*", "elastic_defend"),
        ("logs-endpoint.events.file-*", "elastic_defend"),
        ("europe:logs-endpoint.events.file*", "elastic_defend"),
        ("logs-windows.sysmon_operational-*", "sysmon_operational"),
        ("endgame-*", "endgame"),
        ("logs-m365_defender.event-*", "m365_defender"),
        ("logs-sentinel_one_cloud_funnel.*", "sentinel_one_cloud_funnel"),
        ("logs-crowdstrike.fdr*", "crowdstrike_fdr"),
        ("logs-*", ""),
        ("logs-endpoint.alerts-*", ""),
        ("auditbeat-*", ""),
    ],
)
def test_index_pattern_stands_for_a_schema(pattern: str, schema: str) -> None:
    assert schema_of(pattern) == schema
    assert not schema or schema in schemas.names()


@pytest.mark.parametrize(
    ("language", "query"),
    [
        ("eql", WINDOWS_FILE),
        ("kuery", "event.category:file and host.os.type:windows and file.extension:pfx"),
        ("lucene", "event.category:file AND host.os.type:(windows) AND file.extension:pfx"),
    ],
)
def test_file_event_on_windows_runs_on_its_schemas(
    load_files: Load, language: str, query: str
) -> None:
    kind = "eql" if language == "eql" else "query"
    index = ["winlogbeat-*", "logs-endpoint.events.file-*", "auditbeat-*"]
    rule = _rule(load_files, type=kind, language=language, query=query, index=index)
    assert rule.kind == "file_event"
    assert rule.translations[0].schemas == ("elastic_defend", "winlogbeat")
    assert rule.reference.schemas == ("elastic_defend",)
    (note,) = rule.warnings
    assert note.severity == "note"
    assert note.message == "no schema describes auditbeat-* yet"


@pytest.mark.parametrize(
    "query",
    [
        'file where host.os.type == "linux" and file.extension == "pfx"',
        'file where host.os.type in ("windows", "linux") and file.extension == "pfx"',
        'file where not host.os.type == "windows" and file.extension == "pfx"',
        'file where host.os.type == "windows" or file.extension == "pfx"',
        'any where event.category != "file" and host.os.type == "windows"',
        f'{WINDOWS_FILE} and file.origin_of_dreams == "x"',
        f'{WINDOWS_FILE} and event.module == "another"',
    ],
)
def test_other_events_run_as_the_rule_is_written(load_files: Load, query: str) -> None:
    rule = _rule(load_files, query=query, index=["logs-endpoint.events.file-*"])
    assert rule.kind == "event"
    assert rule.reference.schemas == rule.translations[0].schemas == (AS_WRITTEN,)
    assert "logs-endpoint.events.file-*" in rule.warnings[0].message


def test_windows_security_runs_on_winlogbeat(load_files: Load) -> None:
    query = 'iam where winlog.channel == "Security" and event.code == "4692"'
    rule = _rule(load_files, query=query, index=["winlogbeat-*", "logs-system.security*"])
    assert (rule.kind, rule.translations[0].schemas) == ("windows_security", ("winlogbeat",))


def test_esql_names_its_indices_itself(load_files: Load) -> None:
    query = '// first\nFROM logs-okta*, "traces-*" METADATA _id | WHERE user.name == "x"'
    rule = _rule(load_files, type="esql", language=None, query=query, index=None)
    assert rule.reference.language == "esql"
    assert "logs-okta*, traces-*" in rule.warnings[0].message


@pytest.mark.parametrize(
    ("changes", "feature"),
    [
        ({"type": "threshold", "threshold": {}}, "the rule type threshold"),
        ({"type": "new_terms"}, "the rule type new_terms"),
        ({"type": "threat_match"}, "the rule type threat_match"),
        ({"type": "saved_query", "query": None}, "the rule type saved_query"),
        ({"type": "machine_learning", "query": None}, "the rule type machine_learning"),
        ({"type": "query", "filters": [{"query": {}}]}, "filters of a rule"),
    ],
)
def test_what_events_alone_do_not_decide_is_unsupported_by_name(
    load_files: Load, changes: dict[str, Any], feature: str
) -> None:
    changes = {"language": "kuery", "query": "user.name:x", **changes}
    if changes["type"] == "machine_learning":
        changes["language"] = None
    changes = {key: one for key, one in changes.items() if key not in {"threshold", "filters"}} | (
        {"filters": ["x"]} if "filters" in changes else {}
    )
    rule = _rule(load_files, **changes)
    assert rule.unsupported is not None
    error = rule.unsupported.error()
    assert error.feature == feature
    assert error.place.split(":")[-2:] != ["1", "1"]
    assert len(rule.translations) == 1


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"type": None}, "names no type"),
        ({"type": "eqll"}, "there is no rule type 'eqll'"),
        ({"type": 5}, "there is no rule type 5"),
        ({"type": ["eql"]}, "there is no rule type ['eql']"),
        ({"language": "kuery"}, "a rule of type 'eql' is not written in 'kuery'"),
        ({"language": 1}, "is not written in 1"),
        ({"query": None}, "has no query"),
        ({"query": "  "}, "has no query"),
        ({"query": 7}, "the query is no text: 7"),
        ({"query": ["x"]}, "the query is no text"),
        ({"index": "winlogbeat-*"}, "no list of texts"),
        ({"index": [1, 2]}, "no list of texts"),
        ({"event_category_override": 3}, "event_category_override is no text"),
    ],
)
def test_what_is_wrong_has_a_place_and_a_hint(
    load_files: Load, changes: dict[str, Any], words: str
) -> None:
    loaded = load_files({"bad.toml": elastic(**changes), "good.toml": elastic()})
    assert len(loaded.rules) == 1
    (problem,) = loaded.problems
    assert words in problem.message
    assert problem.hint
    line = int(problem.place.rsplit(":", 2)[1])
    assert line >= elastic().splitlines().index("[rule]") + 1


def test_every_fault_of_a_file_is_reported_at_once(load_files: Load) -> None:
    loaded = load_files({"bad.toml": elastic(type="x", query=1, index="y")})
    assert len(loaded.problems) == 3


def test_metadata_of_any_type_is_no_fault(load_files: Load) -> None:
    odd = {"name": 5, "rule_id": ["x"], "risk_score": "high", "threat": [1, [2]], "author": "me"}
    rule = _rule(load_files, **odd, interval=5, max_signals="many", note=[1])
    assert rule.metadata.title == "5"


def test_place_of_a_query(load_files: Load) -> None:
    text = elastic(query=None) + "note = 'any where true'\nquery = '''\nany where true\n'''\n"
    (rule,) = load_files({"rule.toml": text}).rules
    line, _ = rule.reference.source.line_column(0)
    assert text.splitlines()[line - 1] == "any where true"


def _types(rule: Rule) -> dict[str, str]:
    found = index_types(rule.reference, AS_WRITTEN, {})
    return {name: one.name for name, one in found.items()}


def test_types_of_fields_that_only_the_rule_names(load_files: Load) -> None:
    query = "source.ip:10.0.0.0/8 and event.created > now-1d and aws.x:a and process.name.text:b"
    rule = _rule(load_files, type="query", language="kuery", query=query)
    assert _types(rule) == {
        "source.ip": "ip",
        "event.created": "date",
        "aws.x": "keyword",
        "process.name": "keyword",
        "process.name.text": "match_only_text",
    }
    predicate = languages.get("kuery").parse(
        rule.reference.source, Context(types=index_types(rule.reference, AS_WRITTEN, {}))
    )
    assert "source.ip" in fields_of(predicate.predicate)


def test_eql_takes_types_from_use_where_it_must_not_be_told(load_files: Load) -> None:
    query = 'process where process.pid > 4 and aws.count > 5 and ?process.Ext.origin == "x"'
    rule = _rule(load_files, query=query)
    assert _types(rule) == {"process.pid": "long", "process.Ext.origin": "keyword"}


def test_pattern_of_fields_stands_for_the_first_key(load_files: Load) -> None:
    rule = _rule(load_files, type="query", language="kuery", query="azure.resources.*.name:x")
    assert _types(rule) == {"azure.resources.0.name": "keyword"}


def test_ecs_table_names_known_types() -> None:
    found = ecs_types()
    assert found["@timestamp"].name == "date"
    assert found["process.parent.pid"].name == "long"
    assert found["destination.as.number"].name == "long"
    assert "process.name" not in found
    known = {"date", "ip", "long", "float", "scaled_float", "boolean", "wildcard", "geo_point"}
    known |= {"match_only_text", "constant_keyword", "flattened"}
    assert {one.name for one in found.values()} == known
    assert found["host.cpu.usage"].settings == {"scaling_factor": 1000}
