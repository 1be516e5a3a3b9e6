"""PowerShell itself on recorded events, where ``pwsh`` is installed and the user names it.

What comes after ``Get-WinEvent`` is PowerShell's own: operators, conversions, filters. The log
service is not, so a query whose ``Get-WinEvent`` filters (``-FilterHashtable``, ``-FilterXPath``,
...) is declined. Only a script that our own reading takes is run, each event alone, in a runspace
in constrained language mode that knows four commands; any other is shown to PowerShell's parser
and goes no further. It is written after the documentation of runspaces
(https://learn.microsoft.com/powershell/scripting/developer/hosting/creating-a-constrained-runspace)
and was never run on a real PowerShell: none could be had.
"""

from __future__ import annotations

import base64
import json
import re
import shutil
from collections.abc import Mapping, Sequence
from functools import lru_cache
from importlib.resources import files
from typing import Any

from harness.engines._base import Declined, Engine, EngineFailure
from harness.engines._process import run_limited
from harness.errors import HarnessError
from harness.ir import Context, Event, FieldType
from harness.source import QuerySyntaxError, Source, Span

TIMEOUT = 60.0
_START = 20.0
_MEMORY = 32 << 30
"""Bytes of address space: .NET reserves far more than the heap that its own limit allows."""
_LIMITED = {
    "DOTNET_GCHeapHardLimit": "40000000",
    "DOTNET_EnableDiagnostics": "0",
    "DOTNET_EnableWriteXorExecute": "0",
    "DOTNET_CLI_TELEMETRY_OPTOUT": "1",
    "POWERSHELL_TELEMETRY_OPTOUT": "1",
    "POWERSHELL_UPDATECHECK": "Off",
    "HOME": "/nonexistent",
    "TERM": "dumb",
}
"""A heap of a gigabyte (hexadecimal), and no file, no socket and no look at the network."""
_FLAGS = ("-NoLogo", "-NoProfile", "-NonInteractive")
_SHOWN = 500
_ASKED = re.compile(r"\bGet-WinEvent\b(?P<arguments>[^|;}\n]*)", re.IGNORECASE)
_QUOTED = r"""(?:'[^']*'|"[^"$`]*")"""
_NAMED = re.compile(
    rf"\s*(?:-(?:LogName|Path)\s+)?(?:{_QUOTED}(?:\s*,\s*{_QUOTED})*|[\w.][\w./\\-]*)\s*",
    re.IGNORECASE,
)
_NOT_PROPERTIES = frozenset({"eventdata", "userdata", "xml"})
"""Parts of a recorded event that the object has only inside its XML."""
_VERDICTS = {"fires": True, "silent": False, "error": None}


def available() -> str | None:
    """Return the version of PowerShell that is on the path."""
    program = shutil.which("pwsh")
    return None if program is None else _version(program)


@lru_cache(maxsize=4)
def _version(program: str) -> str | None:
    try:
        found = run_limited(
            [program, "--version"],
            stdin=b"",
            locale="C.UTF-8",
            timeout=_START,
            memory=_MEMORY,
            more=_LIMITED,
        )
    except EngineFailure:
        return None
    version = re.match(rb"PowerShell (\S{1,40})", found.output)
    return version[1].decode("ascii", "replace") if version else None


def judge(
    query: str,
    events: Sequence[Event],
    *,
    options: Mapping[str, Any] | None = None,
    types: Mapping[str, FieldType] | None = None,
    timeout: float = TIMEOUT,
) -> list[bool | None]:
    """Return PowerShell's verdict on each event; ``None`` where the script fails on it.

    Raises:
        QuerySyntaxError: PowerShell's parser refuses the script, in its own words.
        EngineFailure: There is no answer, or the query asks for more than is given here.
    """
    given = dict(options or {})
    reason = _reason(query, given, types or {})
    answer = _asked(
        {"query": query, "events": [] if reason else [_object(e) for e in events]}, timeout
    )
    if isinstance(refused := answer.get("refused"), str):
        words = " ".join(refused.split())[:_SHOWN]
        raise QuerySyntaxError(words, Source(query, "<powershell>"), Span(0, len(query)))
    if reason:
        raise Declined(reason)
    if "failed" in answer:
        message = f"PowerShell cannot run it here: {str(answer['failed'])[:_SHOWN]}"
        raise Declined(message)
    listed = answer.get("verdicts")
    said = [str(one) for one in listed] if isinstance(listed, list) else []
    if len(said) != len(events) or not _VERDICTS.keys() >= {*said}:
        message = "PowerShell answers with something else than verdicts"
        raise EngineFailure(message)
    return [_VERDICTS[one] for one in said]


def _reason(query: str, options: Mapping[str, Any], types: Mapping[str, FieldType]) -> str:
    """Return why a script is not run; it is only parsed then."""
    from harness import languages  # noqa: PLC0415 - not for every run

    try:
        context = Context(types=types, options=options)
        languages.get("powershell").parse(Source(query, "<powershell>"), context)
    except HarnessError as error:
        return f"only scripts that we read ourselves are run: {error}"
    if options.get("whole_log"):
        return "the events of a whole log are not given to PowerShell"
    asked = [one["arguments"] for one in _ASKED.finditer(query)]
    if len(asked) != 1 or not _NAMED.fullmatch(asked[0]):
        return "what Get-WinEvent filters, the log service of Windows does"
    return ""


def _object(event: Event) -> dict[str, Any]:
    """Return the properties of a recorded event as the object has them."""
    return {name: one for name, one in event.items() if name.lower() not in _NOT_PROPERTIES}


def _asked(given: Mapping[str, Any], timeout: float) -> dict[str, Any]:
    program = shutil.which("pwsh")
    if program is None:
        message = "pwsh is not installed"
        raise EngineFailure(message)
    script = files("harness.engines").joinpath("_powershell.ps1").read_text("utf-8")
    encoded = base64.b64encode(script.encode("utf-16-le")).decode()
    finished = run_limited(
        [program, *_FLAGS, "-EncodedCommand", encoded],
        stdin=json.dumps(given, default=str).encode(),
        locale="C.UTF-8",
        timeout=timeout,
        memory=_MEMORY,
        more=_LIMITED,
    )
    try:
        found = json.loads(finished.output)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        words = " ".join(finished.errors.decode("utf-8", "replace").split())[:_SHOWN]
        message = f"PowerShell fails with status {finished.status}: {words or '(nothing)'}"
        raise EngineFailure(message)
    return found


ENGINE = Engine(
    name="powershell",
    title="PowerShell",
    language="powershell",
    available=available,
    judge=judge,
    trusted=False,
)
