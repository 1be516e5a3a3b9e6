"""Another sign before the options of a command line."""

from __future__ import annotations

from collections.abc import Iterator

from harness.mutations._base import Effect, Evasion, Mutated, Mutation, Subject
from harness.mutations._commands import powershell, windows
from harness.mutations._commands.lines import Line, lines, rewritten
from harness.mutations._commands.programs import Reader
from harness.mutations._commands.windows import Word
from harness.mutations._sources import ARGFUSCATOR, POWERSHELL, STUDY

_WORDS = {
    "-": "hyphens",
    "/": "slashes",
    "\N{HYPHEN}": "Unicode hyphens",
    "\N{FIGURE DASH}": "figure dashes",
    "\N{EN DASH}": "en dashes",
    "\N{EM DASH}": "em dashes",
    "\N{HORIZONTAL BAR}": "horizontal bars",
    "\N{MINUS SIGN}": "minus signs",
}
MOST = 5


def _options(line: Line) -> list[Word]:
    """Return the options of a line; of PowerShell only its own, not those of its script."""
    if line.reader is Reader.POWERSHELL:
        called = powershell.invocation(line.program, line.arguments)
        said = [called.said.word] if called.said else []
        return [*(one.word for one in called.parameters), *said]
    return [
        one
        for one in line.arguments
        if one.quotes == 0
        and len(one.value) > 1
        and one.value[0] in line.program.signs
        and (one.value[1].isalpha() or one.value[1] == "?")
        and "/" not in one.value[1:].partition(":")[0]
    ]


def _apply(subject: Subject) -> Iterator[Mutated]:
    for line in lines(subject):
        options = _options(line) if len(line.program.signs) > 1 else []
        for sign in line.program.signs[:MOST]:
            changes = [(one.start, one.start + 1, sign) for one in options]
            text = windows.replaced(line.text, changes)
            yield from rewritten(subject, line.name, text, f"with {_WORDS[sign]} before options")


MUTATION = Mutation(
    name="option-signs",
    title="another sign before options",
    summary="Many Windows programs take a slash as well as a hyphen before an option, and some "
    "take dashes of Unicode; only programs of which that is known are tried.",
    effects=(Effect.PROMISABLE,),
    apply=_apply,
    evasion=Evasion.SUBSTITUTION,
    sources=(
        ARGFUSCATOR,
        POWERSHELL,
        STUDY,
    ),
)
