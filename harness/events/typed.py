"""A malicious command line as it would be typed: the program, then what the rule looks for.

Values that just satisfy a rule are pieces of a command line. Evasions need one that a system would
run: pieces become arguments, and the program that the activity is about stands before them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from harness.ir import Atom, Equals, Glob, OneOfChars, Wild

FAMILY = "as-typed"
MOST = 8
"""Command lines of one rule; more of them show the same."""
IMAGES = {
    "CommandLine": "Image",
    "process.command_line": "process.executable",
    "ProcessCommandLine": "FolderPath",
}
"""Names of command lines, each with the name of the program's path."""
_SYSTEM, _UNIX = "C:\\Windows\\System32\\", "/usr/bin/"
_POWERSHELL = f"{_SYSTEM}WindowsPowerShell\\v1.0\\powershell.exe"
_CMDLET = re.compile(
    r"(?:Add|Clear|Copy|Disable|Enable|Export|Get|Import|Invoke|New|Out|Remove|Set"
    r"|Start|Stop|Test|Write)-[A-Z][A-Za-z]+"
)
_EXECUTABLE = re.compile(r"[\\ ]?([A-Za-z0-9_-]+)\.exe\b", re.IGNORECASE)
_FOLDERS = (
    (
        re.compile(r"\\(?:Users|Windows|ProgramData|Program Files|PerfLogs|Temp)\\", re.IGNORECASE),
        "C:",
    ),
    (re.compile(r"\\AppData\\", re.IGNORECASE), "C:\\Users\\m.weber"),
)
_BUILT = "OriginalFileName"
_SHELLS = {"sh", "bash", "dash", "ksh", "zsh"}
_ENDING = re.compile(r"\.[A-Za-z0-9]{2,4}")
_SOMETHING = "out.txt"
"""What stands where a rule looks for a blank and does not say what follows."""
_RUN = re.compile(r"(?:^|\s)(?:/[ckr]|-\w*c)\b", re.IGNORECASE)


def texts(atom: Atom) -> list[str]:
    """Return the texts that a test looks for; none where it is another kind of test."""
    match atom.check:
        case Equals(str() as value):
            return [value]
        case Glob(pieces):
            runs = [""]
            for piece in pieces:
                if piece is Wild.ANY:
                    runs.append("")
                elif isinstance(piece, OneOfChars):
                    runs[-1] += piece.ranges[0][0] if piece.ranges else ""
                else:
                    runs[-1] += piece if isinstance(piece, str) else "x"
            return [run for run in runs if run.strip()]
        case _:
            return []


def activities(
    values: Mapping[str, Any], asked: Iterable[tuple[str, Atom]]
) -> Iterator[dict[str, Any]]:
    """Yield an activity with a command line that would be typed, the likeliest first.

    ``asked`` are the tests of a rule that hold, each with the name of the value that it is of.
    """
    wanted: dict[str, list[str]] = {}
    for name, atom in asked:
        wanted.setdefault(name, []).extend(texts(atom))
    for name in sorted(wanted.keys() & IMAGES.keys()):
        fixed = bool(wanted.keys() & {IMAGES[name], _BUILT})
        yield from _activities(values, name, wanted[name], fixed=fixed)


def _activities(
    values: Mapping[str, Any], name: str, wanted: Sequence[str], *, fixed: bool
) -> Iterator[dict[str, Any]]:
    """Yield activities; the program is ``fixed`` where the rule looks at that too."""
    current, image = values.get(name), values.get(IMAGES[name])
    if not isinstance(current, str) or not current.strip():
        return
    image = image if isinstance(image, str) else ""
    built = str(values.get(_BUILT, "")) if fixed else ""
    joined = _joined(list(map(_whole, wanted))) if wanted else current
    lines = [joined.rstrip(), f"{joined}{_SOMETHING}", current.strip()]
    for line in dict.fromkeys(lines):
        for path in dict.fromkeys([_image(line.strip(), image, fixed=fixed), image]):
            changed = {**values, name: _after_program(line, path, built)}
            yield {**changed, IMAGES[name]: path} if path != image else changed


def _whole(text: str) -> str:
    """Return a text that begins inside a path with the folder that it lies in."""
    for folder, before in _FOLDERS:
        if folder.match(text):
            return f"{before}{text}"
    return text


def _joined(parts: Sequence[str]) -> str:
    """Return texts as arguments, apart by a blank unless they run on."""
    line = ""
    for part in parts:
        if _ENDING.fullmatch(part):
            part = f"{line and ' '}file{part}"  # noqa: PLW2901 - the same part, made whole
        on = not line or line[-1] in " :=\\/('\"" or part[0] in " .,:;)="
        line += part if on else f" {part}"
    return line


def _image(line: str, image: str, *, fixed: bool) -> str:
    """Return the path of the program that a line is of."""
    base = re.split(r"[\\/]", image)[-1]
    if fixed:
        if re.match(r"[A-Za-z]:\\|/", image) or base in {"", image}:
            return image
        if base.lower() == "powershell.exe":
            return _POWERSHELL
        return f"{_UNIX if '/' in image else _SYSTEM}{base}"
    if "/" in image and "\\" not in image:
        return image
    first = _EXECUTABLE.match(line)
    if first:
        named = first.group(1).lower()
        return _POWERSHELL if named == "powershell" else f"{_SYSTEM}{named}.exe"
    if _CMDLET.search(line):
        return _POWERSHELL
    return image


def _after_program(line: str, image: str, built: str) -> str:
    """Return a line that begins with its program, which may be ``built`` under another name."""
    base = re.split(r"[\\/]", image)[-1]
    stem = _stem(base)
    if not stem:
        return line
    words = line.split()
    first = words[0].lower().strip('"') if words else ""
    if re.split(r"[\\/]", first)[-1].removesuffix(".exe") == stem:
        return f"{_SYSTEM[:-1]}{line}" if line.startswith("\\") else line.lstrip()
    line = line.lstrip()
    kind = _stem(built) if len(built) > 1 else stem
    if kind == "cmd" and not _RUN.search(line):
        return f"{base} /c {line}"
    if kind == "pwsh" and not line.startswith(("-", "/")):
        return f"{base} -Command {line}"
    if kind in _SHELLS and not line.startswith("-"):
        return f"{base} -c {line}"
    return f"{base} {line}"


def _stem(name: str) -> str:
    return re.sub(r"\.exe$", "", name, flags=re.IGNORECASE).lower()
