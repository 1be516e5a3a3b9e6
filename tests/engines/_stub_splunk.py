"""A Splunk in memory: as much of its REST API as the harness uses, on loopback.

Requests and answers have the form that the REST API reference gives for ``search/jobs``,
``search/parser``, ``server/info`` and the event collector's ``services/collector/event``. What a
search gives, our own reading of SPL says: here it is the way there and back that counts.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

import harness
from tests.engines._stub_elastic import Server, handler

Json = Any
VERSION = "10.0.2"
FENCE = re.compile(
    r"search index=main_test harness_place::(?P<place>\w+\*?)"
    r"(?: harness_row::(?P<row>\d+))?(?P<rest>.*)",
    re.DOTALL,
)


def plain(raw: str) -> dict[str, Json]:
    """Extract what Splunk does without add-ons: the values of JSON, as text."""
    try:
        found = json.loads(raw)
    except ValueError:
        return {}
    return {key: _text(value) for key, value in found.items()}


def _text(value: Json) -> Json:
    if isinstance(value, list):
        return [_text(one) for one in value]
    return str(value).lower() if isinstance(value, bool) else str(value)


class StubSplunk:
    """A server with events in memory; a context manager."""

    def __init__(self, extract: Callable[[str], dict[str, Json]] = plain) -> None:
        self.extract = extract
        self.events: list[dict[str, Json]] = []
        self.asked: list[str] = []
        self.may_delete = True
        self.credentials: set[str] = set()
        self._server = Server(0, handler(self))
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Self:
        self._server.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.stop()

    def answer(self, method: str, target: str, body: bytes) -> tuple[int, Json]:
        """Return the status and the JSON of an answer."""
        path = urlsplit(target).path
        if (method, path) == ("GET", "/services/server/info"):
            return 200, {"entry": [{"name": "server-info", "content": {"version": VERSION}}]}
        assert method == "POST"
        if path == "/services/collector/event":
            return self._collect(body.decode())
        given = {name: values[0] for name, values in parse_qs(body.decode()).items()}
        assert given["output_mode"] == "json"
        if path == "/services/search/parser":
            return self._parse(given["q"])
        assert path == "/services/search/jobs"
        assert (given["exec_mode"], given["count"]) == ("oneshot", "0")
        return self._search(given["search"])

    def _collect(self, text: str) -> tuple[int, Json]:
        for line in text.splitlines():
            given = json.loads(line)
            event = given["event"]
            assert given["index"] == "main_test"
            raw = event if isinstance(event, str) else json.dumps(event)
            about = {name: given.get(name, "") for name in ("host", "source", "sourcetype")}
            self.events.append({"_raw": raw, **self.extract(raw), **about, **given["fields"]})
        return 200, {"text": "Success", "code": 0}

    def _parse(self, text: str) -> tuple[int, Json]:
        try:
            harness.match(text.removeprefix("search "), language="spl", events=[])
        except harness.QuerySyntaxError as refused:
            said = f"Error in 'search' command: Unable to parse the search: {refused.message}"
            return 400, {"messages": [{"type": "FATAL", "text": said}]}
        except harness.Unsupported:
            pass
        return 200, {"remoteSearch": "", "commands": []}

    def _search(self, text: str) -> tuple[int, Json]:
        found = FENCE.fullmatch(text)
        assert found is not None, text
        place, rest = found["place"], found["rest"]
        if rest == " | delete":
            if not self.may_delete:
                said = "Error in 'delete' command: You have insufficient privileges to delete."
                return 400, {"messages": [{"type": "FATAL", "text": said}]}
            self.events = [one for one in self.events if one["harness_place"] != place]
            return results([])
        if place.endswith("*"):
            names = {str(one["harness_place"]) for one in self.events}
            return results([{"harness_place": one, "count": "1"} for one in sorted(names)])
        ours = [one for one in self.events if one["harness_place"] == place]
        if rest == " | fields *":
            return results(ours)
        self.asked.append(text)
        if found["row"] is not None:
            ours = [one for one in ours if one["harness_row"] == found["row"]]
        verdicts = harness.match(rest, language="spl", events=ours)
        kept = [one for one, fires in zip(ours, verdicts, strict=True) if fires]
        if "stats" in rest or "table" in rest:
            kept = [{"count": "1"} for _ in kept]
        return results(kept)


def results(rows: list[dict[str, Json]]) -> tuple[int, Json]:
    """Return the answer of a job that is done at once."""
    return 200, {"preview": False, "init_offset": 0, "messages": [], "results": rows}
