"""PowerShell's own parameters, the script that it is given, and the commands in a script.

https://learn.microsoft.com/powershell/module/microsoft.powershell.core/about/about_parsing and
.../about_powershell_exe. How parameters are told: CommandLineParameterParser.cs of
https://github.com/PowerShell/PowerShell: by their first letters, after any dash or a slash.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from harness.mutations._commands.programs import Program
from harness.mutations._commands.windows import Word

_ALIASES = {
    "ep": "executionpolicy",
    "ec": "encodedcommand",
    "if": "inputformat",
    "of": "outputformat",
    "wd": "workingdirectory",
}
_SCRIPTS = {"command", "encodedcommand", "file"}
_SKIPPED = re.compile(r"""'(?:[^']|'')*'|"(?:[^"`]|`.|"")*"|\#[^\n]*|`.|\$\{?\w+\}?""", re.DOTALL)
_COMMAND = re.compile(r"(?:^|[;|({\n=])\s*([A-Za-z][A-Za-z0-9]*(?:-[A-Za-z0-9]+)?)(?=[\s;|(){}]|$)")
_KEYWORDS = frozenset(
    [
        "begin",
        "break",
        "catch",
        "class",
        "continue",
        "data",
        "define",
        "do",
        "dynamicparam",
        "else",
        "elseif",
        "end",
        "enum",
        "exit",
        "filter",
        "finally",
        "for",
        "foreach",
        "from",
        "function",
        "hidden",
        "if",
        "in",
        "param",
        "process",
        "return",
        "static",
        "switch",
        "throw",
        "trap",
        "try",
        "until",
        "using",
        "var",
        "while",
        "workflow",
    ]
)


@dataclass(frozen=True, slots=True)
class Parameter:
    """One of PowerShell's own parameters: its whole name, its word, and its value if any."""

    name: str
    word: Word
    value: Word | None = None


@dataclass(frozen=True, slots=True)
class Invocation:
    """PowerShell's parameters, and where the words of a script begin, if it is given one.

    ``said`` is the parameter that names the script; without one it stands by itself.
    """

    parameters: tuple[Parameter, ...]
    script: tuple[Word, ...] = ()
    said: Parameter | None = None
    kind: str = ""


def invocation(program: Program, arguments: list[Word]) -> Invocation:
    """Read the arguments of PowerShell."""
    found: list[Parameter] = []
    at = 0
    while at < len(arguments):
        word = arguments[at]
        name = parameter(program, word.value)
        if name in program.flags:
            found.append(Parameter(name, word))
            at += 1
        elif name in program.values and at + 1 < len(arguments):
            found.append(Parameter(name, word, arguments[at + 1]))
            at += 2
        elif name in _SCRIPTS:
            said = Parameter(name, word)
            return Invocation(tuple(found), tuple(arguments[at + 1 :]), said, name)
        else:
            positional = "command" if program.name == "powershell" and not name else ""
            return Invocation(tuple(found), tuple(arguments[at:]), None, positional)
    return Invocation(tuple(found))


def parameter(program: Program, value: str) -> str:
    """Return the whole name of one of PowerShell's own parameters; empty for anything else."""
    if value[:1] not in tuple(program.signs or "-"):
        return ""
    key = value[1:].lower()
    for name in program.flags:
        if key == name:
            return name
    for name, least in program.prefixes.items():
        if name.startswith(key) and key.startswith(least):
            return name
    known = _ALIASES.get(key, "")
    return known if known in program.prefixes else "?"


def script(text: str, program: Program, arguments: list[Word]) -> tuple[int, int] | None:
    """Return where the script stands that PowerShell is given as text; ``None`` without one."""
    called = invocation(program, arguments)
    if called.kind != "command" or not called.script:
        return None
    first, last = called.script[0], called.script[-1]
    start, end = first.start, last.end
    raw = text[start:end]
    if first is last and first.quotes == len("''") and raw[0] == raw[-1] == '"':
        start, end = start + 1, end - 1
    if first.value == "-" or '\\"' in raw:
        return None
    return (start, end) if start < end else None


def commands(text: str) -> Iterator[tuple[int, int]]:
    """Yield where commands are named in a script, outside of strings and comments."""
    plain = _SKIPPED.sub(lambda part: "_" * len(part.group()), text)
    for found in _COMMAND.finditer(plain):
        if found.group(1).lower() not in _KEYWORDS:
            yield found.span(1)
