"""PowerShell: ``Get-WinEvent`` pipelines, with the semantics of PowerShell 7 on Windows."""

from __future__ import annotations

from harness.ir import Lookup, Semantics
from harness.languages._base import Language, Option
from harness.languages.powershell.operators import OPERATORS
from harness.languages.powershell.pipeline import parse

LANGUAGE = Language(
    name="powershell",
    title="PowerShell (Get-WinEvent)",
    reference="https://learn.microsoft.com/powershell/module/microsoft.powershell.diagnostics/get-winevent",
    semantics=Semantics(
        lookup=Lookup.PROPERTY,
        operators=OPERATORS,
        ordered=True,
        notes=(
            "The left operand decides the type: numbers in $_.Id -eq '04624', texts the other way.",
            "-and, -or and -xor are equally strong and are read from left to right.",
            "A run-time error on an event leaves its verdict undefined; it is not returned.",
            "An event without LogName belongs to the log that the query names.",
        ),
    ),
    parse=parse,
    extensions=(".ps1", ".powershell"),
    options=(
        Option(
            name="version",
            default="7.5",
            summary="The PowerShell version: before 7.1, -eq sees control characters; before 6,"
            " hash table filters have no named data.",
        ),
        Option(
            name="whole_log",
            default="false",
            summary="The events together are one log, so -MaxEvents, -First and the like count.",
        ),
        Option(
            name="xpath_case",
            default="insensitive",
            summary="Letter case of values in XPath and hash table filters: insensitive or"
            " sensitive.",
        ),
    ),
)
