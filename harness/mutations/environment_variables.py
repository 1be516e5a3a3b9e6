"""Well-known folders by their environment variables."""

from __future__ import annotations

import re
from collections.abc import Iterator

from harness.mutations._base import Effect, Evasion, Mutated, Mutation, Subject
from harness.mutations._commands import cmd
from harness.mutations._commands.lines import lines, rewritten, scripts
from harness.mutations._commands.programs import Reader
from harness.mutations._sources import ABOUT

_USER = r"C:\\Users\\(?!Public\b|Default\b|All Users\b)[^\\/:*?\"<>|\s]+"
_FOLDERS = (
    (r"C:\\Windows\\System32\\cmd\.exe", "ComSpec"),
    (r"C:\\Program Files \(x86\)", "ProgramFiles(x86)"),
    (r"C:\\Program Files", "ProgramFiles"),
    (r"C:\\ProgramData", "ProgramData"),
    (r"C:\\Windows", "SystemRoot"),
    (r"C:\\Users\\Public", "PUBLIC"),
    (rf"{_USER}\\AppData\\Local\\Temp", "TEMP"),
    (rf"{_USER}\\AppData\\Local", "LOCALAPPDATA"),
    (rf"{_USER}\\AppData\\Roaming", "APPDATA"),
    (_USER, "USERPROFILE"),
)
"""Folders where Windows has them unless it was told otherwise; a user's are the user's own."""
_NAMED = re.compile(
    "|".join(
        f"(?P<f{at}>{folder})(?![^\\\\\\s\"'&|<>)])" for at, (folder, _) in enumerate(_FOLDERS)
    ),
    re.IGNORECASE,
)


def _variables(text: str, form: str) -> str:
    """Return a text with variables in place of folders."""
    return _NAMED.sub(lambda found: form.format(_name(found)), text)


def _name(found: re.Match[str]) -> str:
    return _FOLDERS[int(str(found.lastgroup)[1:])][1]


def _in_script(text: str) -> str:
    """Return a script with variables in place of folders, except in single quotes.

    Where a command is named, a variable would be a value: the call operator runs it.
    """
    quoted = [part.span() for part in re.finditer(r"'(?:[^']|'')*'", text)]

    def variable(found: re.Match[str]) -> str:
        if any(start <= found.start() < end for start, end in quoted):
            return found.group()
        name, before = _name(found), text[: found.start()].rstrip(" ")
        call = "& " if before[-1:] in tuple(";|{(=\n") or not before else ""
        return f"{call}${{env:{name}}}" if "(" in name else f"{call}$env:{name}"

    return _NAMED.sub(variable, text)


def _apply(subject: Subject) -> Iterator[Mutated]:
    """Replace folders where a shell expands variables: in the text of cmd.exe and PowerShell.

    What a shell starts gets the folders themselves.
    """
    for line in lines(subject):
        command = cmd.command(line.text) if line.reader is Reader.CMD else None
        if command is not None:
            start, end = command
            changed = _variables(line.text[start:end], "%{}%")
            text = line.text[:start] + changed + line.text[end:]
            yield from rewritten(subject, line.name, text, "with environment variables")
    for name, text, start, end in scripts(subject):
        changed = text[:start] + _in_script(text[start:end]) + text[end:]
        yield from rewritten(subject, name, changed, "with environment variables")


MUTATION = Mutation(
    name="environment-variables",
    title="folders as environment variables",
    summary="cmd.exe and PowerShell put the value in where a variable is named; the folders are "
    "taken to be where Windows has them by itself.",
    effects=(Effect.PROMISABLE,),
    apply=_apply,
    evasion=Evasion.SUBSTITUTION,
    sources=(
        "https://learn.microsoft.com/windows/deployment/usmt/usmt-recognized-environment-variables",
        f"{ABOUT}about_environment_variables",
    ),
)
