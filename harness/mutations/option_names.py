"""Options under another name that means the same."""

from __future__ import annotations

from collections.abc import Iterator

from harness.mutations._base import Effect, Evasion, Mutated, Mutation, Subject
from harness.mutations._commands import powershell, windows
from harness.mutations._commands.lines import Line, lines, rewritten
from harness.mutations._commands.programs import Reader
from harness.mutations._commands.windows import Word
from harness.mutations._sources import CURL, STUDY


def _others(line: Line, word: Word) -> str:
    """Return the other name of an option; empty if it has none."""
    if line.reader is Reader.POWERSHELL:
        name = powershell.parameter(line.program, word.value)
        known = f"-{name}" if name else ""
    else:
        known = word.value
    windows_own = any(one[0].startswith("/") for one in line.program.names)
    for group in line.program.names:
        same = [one.lower() if windows_own else one for one in group]
        if (known.lower() if windows_own else known) in same:
            return next(one for one in group if one.lower() != word.value.lower())
    return ""


def _apply(subject: Subject) -> Iterator[Mutated]:
    for unix in (False, True):
        for line in lines(subject, unix=unix):
            if not line.program.names:
                continue
            arguments = line.arguments
            if line.reader is Reader.POWERSHELL:
                called = powershell.invocation(line.program, arguments)
                said = [called.said.word] if called.said else []
                arguments = [*(one.word for one in called.parameters), *said]
            others = [(one.start, one.end, _others(line, one)) for one in arguments]
            text = windows.replaced(line.text, [one for one in others if one[2]])
            yield from rewritten(subject, line.name, text, "with other names of its options")


MUTATION = Mutation(
    name="option-names",
    title="other names of options",
    summary="Many options have a short and a long name; only programs whose manual says so are "
    "tried.",
    effects=(Effect.PROMISABLE,),
    apply=_apply,
    evasion=Evasion.SUBSTITUTION,
    sources=(
        CURL,
        "https://www.gnu.org/software/wget/manual/wget.html",
        "https://learn.microsoft.com/windows-server/administration/windows-commands/msiexec",
        STUDY,
    ),
)
