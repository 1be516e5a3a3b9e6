"""The robustness profile of a rule in every format."""

from __future__ import annotations

import io
from typing import Any

import pytest
from rich.console import Console

from harness.report import _view, formats, text
from harness.report._profile import profile, totals


def _rows(document: dict[str, Any]) -> dict[tuple[str, str], Any]:
    (rule,) = _view.rules(document)
    return {(one.mutation.name, one.promise): one for one in profile(rule)}


def test_rows(hostile: dict[str, Any]) -> None:
    rows = _rows(hostile)
    assert list(rows) == [
        ("value-case", "promised"),
        ("cmd-carets", "probed"),
        ("no|such`one", "probed"),
    ]
    promised = rows["value-case", "promised"]
    assert promised.reference.words == "90/90"
    assert [(one.place, one.words) for one in promised.losing] == [
        ("eql on winlogbeat@8.9", "89/90"),
        ("eql 8|9 on winlogbeat@8.9", "89/90"),
        ("eql on graylog@0", "89/90"),
    ]
    assert (promised.keeping, promised.tried) == (0, 3)
    carets = rows["cmd-carets", "probed"]
    assert (carets.mutation.family, carets.reference.words) == ("insertion", "0/2")


def test_what_is_not_promised_and_means_the_same_is_noted(hostile: dict[str, Any]) -> None:
    hostile["rules"][0]["robust"] = []
    assert ("value-case", "noted") in _rows(hostile)


def test_a_mutation_stands_twice_where_only_some_of_its_events_bind(
    hostile: dict[str, Any],
) -> None:
    hostile["results"] = hostile["results"][:1]
    entry = hostile["results"][0]["robustness"]["value-case"]
    entry.update(malicious=10, survived=4, binding=3, held=3)
    rows = _rows(hostile)
    assert (rows["value-case", "promised"].keeping, rows["value-case", "probed"].keeping) == (1, 0)
    assert rows["value-case", "probed"].losing[0].words == "1/7"


def test_an_interrupted_rule_has_the_profile_of_what_was_run(interrupted: dict[str, Any]) -> None:
    rows = _rows(interrupted)
    assert rows["cmd-carets", "probed"].reference is None


def test_markdown(hostile: dict[str, Any]) -> None:
    made = formats()["markdown"].render(hostile)
    (row,) = [one for one in made.splitlines() if one.startswith("| carets for cmd.exe | ins")]
    assert row.split(" | ")[1:5] == ["insertion", "probed", "0/2", "0/3"]
    assert "`eql on graylog@0` 1/2" in row


def test_html(hostile: dict[str, Any]) -> None:
    made = formats()["html"].render(hostile)
    section = made[made.index("Robustness profile") : made.index("Verdicts that stayed")]
    assert section.count('role="row"') == len(_rows(hostile)) + 1
    assert '<span class="chip fail">promised</span>' in section
    assert "<code>eql on graylog@0</code> 1/2" in section


def test_text(hostile: dict[str, Any]) -> None:
    made = formats()["text"].render(hostile)
    (row,) = [one for one in made.splitlines() if one.startswith("cmd-carets")]
    assert row.split()[1:4] == ["probed", "0/2", "0/3"]


def _printed(document: dict[str, Any], **more: Any) -> str:
    console = Console(file=io.StringIO(), width=120, color_system=None)
    text.show(document, console, **more)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_the_terminal_shows_it_on_request(hostile: dict[str, Any]) -> None:
    assert "cmd-carets" not in _printed(hostile)
    assert "cmd-carets" in _printed(hostile, profiled=True)


@pytest.fixture
def many(hostile: dict[str, Any]) -> dict[str, Any]:
    rules = [{**hostile["rules"][0], "rule": f"r-{n}", "title": f"Rule {n}"} for n in range(60)]
    cells = [{**hostile["results"][0], "rule": f"r-{n}"} for n in range(60)]
    return {**hostile, "rules": rules, "results": cells}


def test_many_rules_have_a_line_each(many: dict[str, Any]) -> None:
    line = "Rule 7: promised 0/1, probed 0/2; the reference misses events under cmd-carets"
    printed = _printed(many, profiled=True).splitlines()
    assert line in printed
    (row,) = [one.split() for one in printed if one.startswith("value-case")]
    assert row == ["value-case", "60/60", "0/60"]
    assert line not in _printed(many)


def test_many_rules_are_counted_by_mutation(many: dict[str, Any]) -> None:
    """A mutation of no rule is none; what another version calls it is shown, and made harmless."""
    found = {one.mutation.name: one for one in totals(many)}
    assert list(found) == ["cmd-carets", "no|such`one", "value-case"]
    carets = found["cmd-carets"]
    assert (carets.rules, carets.rules_keeping, carets.cells, carets.cells_keeping) == (
        60,
        0,
        60,
        0,
    )
    assert "| carets for cmd.exe | insertion | 0/60 | 0/60 |" in formats()["markdown"].render(many)
    page = formats()["html"].render(many)
    section = page[page.index('id="robustness"') :]
    assert '<td role="cell" data-label="References" class="n">60/60</td>' in section
    assert totals({**many, "rules": [], "results": []}) == []
