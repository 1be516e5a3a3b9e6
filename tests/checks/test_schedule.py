"""Interval, look-back and late arrival, against numbers worked out by hand."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from harness.checks.schedule import Misses, misses
from harness.ir import Schedule
from harness.mutations.late_arrival import MOST, delays
from tests.support import KEY_FILE, MASTER_KEY, change, copy_rule, findings, only, run

MINUTE = timedelta(minutes=1)
Seen = Callable[[timedelta, timedelta], bool]


def _window(lookback: timedelta, lag: timedelta = timedelta(0)) -> Seen:
    """Return a search over ``[run - lookback - lag, run - lag]``."""
    return lambda at, run: run - lookback - lag <= at <= run - lag


def _minutes(interval: float, lookback: float) -> tuple[float | None, float | None]:
    schedule = Schedule(interval=interval * MINUTE, lookback=lookback * MINUTE)
    found = misses(schedule, _window(lookback * MINUTE))
    return tuple(None if one is None else one / MINUTE for one in (found.sometimes, found.always))  # type: ignore[return-value]


@pytest.mark.parametrize(
    ("interval", "lookback", "sometimes", "always"),
    [
        (5, 9, 5, 10),  # Elastic's habit: safe up to 4 minutes
        (5, 6, 2, 7),
        (5, 5, 1, 6),
        (5, 10, 6, 11),
        (30, 30, 1, 31),
        (1, 60, 60, 61),
        (60, 5, 0, 6),  # a gap of 55 minutes: even an event on time can fall into it
        (5, 1440, 1436, 1441),
    ],
)
def test_arithmetic(interval: float, lookback: float, sometimes: float, always: float) -> None:
    """An event waits up to one interval for a run: safe are look-back minus interval."""
    assert _minutes(interval, lookback) == (sometimes, always)


def test_a_window_that_lags_behind_is_given_the_later_runs() -> None:
    """Looks at what is 10 to 20 minutes old, every 5 minutes: late up to 15 is in time."""
    schedule = Schedule(interval=5 * MINUTE, lookback=20 * MINUTE)
    found = misses(schedule, _window(10 * MINUTE, lag=10 * MINUTE))
    assert found == Misses(sometimes=16 * MINUTE, always=21 * MINUTE)


def test_a_search_that_looks_at_no_time_misses_nothing() -> None:
    schedule = Schedule(interval=5 * MINUTE, lookback=5 * MINUTE)
    assert misses(schedule, lambda _at, _run: True) == Misses(sometimes=None, always=None)


def test_a_search_that_never_finds_anything() -> None:
    schedule = Schedule(interval=5 * MINUTE, lookback=5 * MINUTE)
    found = misses(schedule, lambda _at, _run: False)
    assert found == Misses(sometimes=timedelta(0), always=timedelta(0))


@pytest.mark.parametrize(
    ("interval", "lookback"),
    [(timedelta(seconds=1), timedelta(days=999_999)), (timedelta(seconds=1), timedelta(days=30))],
)
def test_hostile_schedules_take_no_time(interval: timedelta, lookback: timedelta) -> None:
    started = time.process_time()
    misses(Schedule(interval=interval, lookback=lookback), _window(lookback))
    misses(Schedule(interval=interval, lookback=lookback), lambda _at, _run: False)
    assert time.process_time() - started < 2


def test_delays_go_by_the_minute_and_are_bounded() -> None:
    assert list(delays(3 * MINUTE)) == [n * MINUTE for n in range(4)]
    assert list(delays(2.5 * MINUTE)) == [n * MINUTE for n in range(3)]
    assert len(list(delays(timedelta(days=999_999)))) <= MOST + 1


@pytest.fixture(autouse=True)
def _unmutated(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave mutated events out: nothing here turns on them, and they are most of the work."""
    monkeypatch.setattr("harness.mutations.names", lambda: ())


def _elastic(folder: Path, schedule: str, late_by: str | None = "5m") -> Path:
    copy_rule(KEY_FILE, folder, "eql")
    interval, start = schedule.split("/")
    change(folder / "elastic.toml", 'interval = "5m"', f'interval = "{interval}"')
    change(folder / "elastic.toml", 'from = "now-9m"', f'from = "{start}"')
    manifest = yaml.safe_load((folder / "harness.yml").read_text("utf-8"))
    manifest["translations"][0]["schemas"] = ["elastic_defend"]
    manifest["promises"] = {} if late_by is None else {"late_by": late_by}
    (folder / "harness.yml").write_text(yaml.safe_dump(manifest), "utf-8")
    return folder


@pytest.mark.parametrize(
    ("schedule", "late_by", "severity", "words"),
    [
        ("5m/now-9m", "5m", "error", "5 min late can be missed, always from 10 min on"),
        ("5m/now-9m", "4m", "note", "5 min late can be missed"),
        ("5m/now-9m", None, "note", "5 min late can be missed"),
        ("5m/now-11m", "5m", "note", "7 min late can be missed, always from 12 min on"),
        ("1h/now-2h", "1h", "note", "looks back 2 h: an event that arrives 61 min late"),
    ],
)
def test_a_rule_that_promises_a_delay(
    tmp_path: Path, schedule: str, late_by: str | None, severity: str, words: str
) -> None:
    found = only(run(_elastic(tmp_path / "r", schedule, late_by)), "late-event-missed")
    assert found["severity"] == severity
    assert words in found["message"]
    assert (found["mutation"], found["translation"]) == ("late-arrival", "eql")
    assert "event.ingested" in found["hint"]
    assert found["witness"]["because"].endswith("after it happened")
    assert set(found["witness"]["document"]) == {"@timestamp"}


@pytest.mark.parametrize("schedule", ["0m/now-9m", "0s/now-0s", "x/now-9m", "5m/now", "5m/-1"])
def test_a_schedule_that_cannot_be_read_is_not_judged(tmp_path: Path, schedule: str) -> None:
    document = run(_elastic(tmp_path / "r", schedule))
    assert document["problems"] == []
    assert findings(document, "late-event-missed") == []


def test_alerts_are_capped(tmp_path: Path) -> None:
    folder = _elastic(tmp_path / "r", "5m/now-9m")
    found = only(run(folder), "alerts-capped")
    assert found["message"].startswith("101 matching events in one run give 100 alerts")
    change(folder / "elastic.toml", "max_signals = 100", "max_signals = 10001")
    assert findings(run(folder), "alerts-capped") == []


def _watch(folder: Path, **changes: Any) -> Path:
    """Return the shipped watch on the right time field, for version 7, changed."""
    copy_rule(MASTER_KEY, folder, "xpack-watcher")
    path = folder / "xpack-watcher.json"
    watch = json.loads(path.read_text("utf-8"))
    body = watch["input"]["search"]["request"]
    bounds = changes.get("range", {"gte": "now-30m/m"})
    body["body"]["query"]["bool"]["filter"]["range"] = {"@timestamp": bounds}
    watch["trigger"]["schedule"]["interval"] = changes.get("interval", "30m")
    watch["condition"] = {"always": {}} if changes.get("always") else watch["condition"]
    path.write_text(json.dumps(watch), "utf-8")
    manifest = yaml.safe_load((folder / "harness.yml").read_text("utf-8"))
    manifest["translations"][0]["versions"] = ["6"]
    manifest["promises"] = {"late_by": "5m"}
    (folder / "harness.yml").write_text(yaml.safe_dump(manifest), "utf-8")
    return folder


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, "arrives 1 min late can be missed, always from 31 min on"),
        ({"interval": "10m"}, "arrives 21 min late can be missed, always from 31 min on"),
        ({"range": {"gte": "now-45m"}}, "arrives 16 min late can be missed"),
    ],
    ids=["as shipped", "every 10 minutes", "45 minutes"],
)
def test_a_watch_is_run_at_every_clock(tmp_path: Path, changes: dict[str, Any], words: str) -> None:
    document = run(_watch(tmp_path / "r", **changes))
    assert [one["status"] for one in document["results"]] != ["error"]
    found = only(document, "late-event-missed")
    assert words in found["message"]
