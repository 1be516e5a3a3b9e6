"""Letters of Unicode that a program reads as plain ones."""

from __future__ import annotations

from collections.abc import Iterator

from harness.mutations._base import Effect, Evasion, Mutated, Mutation, Subject
from harness.mutations._commands import windows
from harness.mutations._commands.lines import distinct, lines, rewritten
from harness.mutations._sources import ARGFUSCATOR

_FULL = {
    letter: chr(ord(letter) + 0xFEE0) for letter in map(chr, range(0x21, 0x7F)) if letter.isalpha()
}
_RAISED = dict(zip("abcdefghjkmnoprstuwxyz", "ᵃᵇᶜᵈᵉᶠᵍʰʲᵏᵐⁿᵒᵖʳˢᵗᵘʷˣʸᶻ", strict=True))
_LETTERS = {
    "superscript": (
        "superscript",
        _RAISED | {one.upper(): raised for one, raised in _RAISED.items()},
    ),
    "fullwidth": ("full-width", _FULL),
}


def _apply(subject: Subject) -> Iterator[Mutated]:
    for line in lines(subject):
        if not line.program.letters:
            continue
        words, letters = _LETTERS[line.program.letters]
        table = str.maketrans(letters)
        options = [
            one
            for one in line.arguments
            if not one.quotes
            and one.value[:1] in tuple(line.program.signs)
            and one.value[1:].isalpha()
        ]
        for which, chosen in (("a letter", 1), ("every letter", len(line.text))):
            changes = []
            for one in options:
                start, end = one.start + 1, min(one.end, one.start + 1 + chosen)
                changes.append((start, end, line.text[start:end].translate(table)))
            text = windows.replaced(line.text, changes)
            detail = f"with {which} of its options {words}"
            yield from rewritten(subject, line.name, text, detail)


MUTATION = Mutation(
    name="unicode-letters",
    title="letters of Unicode in options",
    summary="Some programs compare their options as a language does, or turn them into another "
    "character set first: to them a raised or a full-width letter is the plain one.",
    effects=(Effect.PROMISABLE,),
    apply=distinct(_apply),
    evasion=Evasion.RECODING,
    sources=(ARGFUSCATOR,),
)
