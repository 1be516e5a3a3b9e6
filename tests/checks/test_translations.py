"""The shipped translations, corrected or broken by hand on a copy.

Whoever mends a query in ``rules/`` must see its finding go, and whoever breaks one must see a
finding come.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import NamedTuple

import pytest
import yaml

from tests.support import KEY_FILE, MASTER_KEY, change, copy_rule, findings, run


class Change(NamedTuple):
    """A change of one translation, and the codes on it before and after."""

    translation: str
    schema: str
    edits: tuple[tuple[str, str], ...]
    before: set[str]
    after: set[str]


CORRECTED = [
    Change(
        "splunk",
        "splunk_wineventlog",
        (('source="WinEventLog:Security"', 'source="XmlWinEventLog:Security"'),),
        {"never-fires"},
        set(),
    ),
    Change(
        "graylog",
        "graylog",
        (
            (
                'EventID:"4692"',
                'winlogbeat_winlog_event_id:"4692" AND winlogbeat_winlog_channel:Security',
            ),
        ),
        {"never-fires"},
        set(),
    ),
    Change(
        "graylog",
        "graylog:nxlog_gelf",
        (('EventID:"4692"', 'EventID:"4692" AND Channel:Security'),),
        {"false-alarm"},
        set(),
    ),
    Change(
        "logpoint",
        "logpoint",
        (
            (
                '(event_source="Microsoft-Windows-Security-Auditing" ',
                '(channel="Security" ',
            ),
        ),
        {"false-alarm"},
        set(),
    ),
    Change(
        "xpack-watcher",
        "winlogbeat",
        (('"timestamp"', '"@timestamp"'),),
        {"never-fires"},
        set(),
    ),
    Change(
        "grep",
        "text_line",
        (("'^4692'", r"'^4692\tSecurity\t'"),),
        {"false-alarm"},
        set(),
    ),
]
BROKEN = [
    Change("es-qs", "winlogbeat", (("4692", "4693"),), set(), {"never-fires", "false-alarm"}),
    Change(
        "es-qs", "winlogbeat", (('winlog.channel:"Security" AND ', ""),), set(), {"false-alarm"}
    ),
    Change("es-qs", "winlogbeat", ((" AND ", " OR "),), set(), {"false-alarm"}),
    Change("es-qs", "winlogbeat", (("event_id", "eventid"),), set(), {"never-fires"}),
    Change("es-qs", "winlogbeat", (('"4692")', '"4692"'),), set(), {"invalid-query"}),
    Change(
        "powershell",
        "powershell_event",
        (("4692", "46920"),),
        set(),
        {"never-fires", "false-alarm"},
    ),
    Change(
        "powershell",
        "powershell_event",
        (("-LogName Security", "-LogName System"),),
        set(),
        {"never-fires", "false-alarm"},
    ),
    Change(
        "powershell", "powershell_event", (("-eq", "-ne"),), set(), {"never-fires", "false-alarm"}
    ),
    Change(
        "powershell", "powershell_event", (('-eq "4692"', '-match "4692"'),), set(), {"false-alarm"}
    ),
    Change(
        "splunk",
        "splunk_wineventlog:classic",
        (('EventCode="4692"', 'EventCode="4692*"'),),
        set(),
        {"false-alarm"},
    ),
    Change(
        "splunk",
        "splunk_wineventlog:classic",
        (("EventCode", "eventcode"),),
        set(),
        {"never-fires"},
    ),
    Change("eql", "elastic_defend", ((', "ntds_capi_*.pvk"', ""),), set(), {"missed-malicious"}),
    Change(
        "eql", "elastic_defend", (('event.type != "deletion" and ', ""),), set(), {"false-alarm"}
    ),
    Change("eql", "elastic_defend", (("file.name :", "file.name =="),), set(), {"invalid-query"}),
    Change(
        "eql", "elastic_defend", (("ntds_capi_*.pfx", "ntds_capi_*pfx"),), set(), {"false-alarm"}
    ),
    Change("eql", "elastic_defend", (("file where", "process where"),), set(), {"never-fires"}),
]


@pytest.fixture(autouse=True)
def _unmutated(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave mutated events out: nothing here turns on them, and they are most of the work."""
    monkeypatch.setattr("harness.mutations.names", lambda: ())


def _prepared(folder: Path, one: Change) -> tuple[Path, Path]:
    """Return a copy of a rule with one translation on one schema, and that translation's file."""
    shipped = KEY_FILE if one.translation == "eql" else MASTER_KEY
    copy_rule(shipped, folder, one.translation)
    manifest = yaml.safe_load((folder / "harness.yml").read_text("utf-8"))
    (translation,) = manifest["translations"]
    translation["schemas"] = [one.schema]
    translation.pop("versions", None)
    query = folder / translation["file"]
    if manifest["reference"]["file"] == query.name:
        shutil.copy(query, folder / f"copy-{query.name}")
        query = folder / f"copy-{query.name}"
        translation["file"] = query.name
    manifest["promises"] = {}
    (folder / "harness.yml").write_text(yaml.safe_dump(manifest), "utf-8")
    return folder, query


def _codes(folder: Path) -> set[str]:
    return {one["code"] for one in findings(run(folder)) if one["severity"] == "error"}


def _id(one: Change) -> str:
    return f"{one.translation}-{one.schema}-{one.edits[0][1][:24]}"


@pytest.mark.parametrize("one", [*CORRECTED, *BROKEN], ids=_id)
def test_a_change_of_a_shipped_translation(tmp_path: Path, one: Change) -> None:
    folder, query = _prepared(tmp_path / "r", one)
    assert _codes(folder) == one.before
    for before, after in one.edits:
        text = query.read_text("utf-8")
        assert before in text
        if one.translation == "xpack-watcher":
            query.write_text(text.replace(before, after), "utf-8")
        else:
            change(query, before, after)
    assert _codes(folder) == one.after
