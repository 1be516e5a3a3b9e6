"""A PowerShell command in Base64."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator

from harness.mutations._base import Effect, Evasion, Mutated, Mutation, Subject
from harness.mutations._commands import powershell
from harness.mutations._commands.lines import lines, rewritten
from harness.mutations._commands.programs import Reader
from harness.mutations._sources import ABOUT

_FORMS = ("-EncodedCommand", "-e")


def _apply(subject: Subject) -> Iterator[Mutated]:
    """Replace the words of a script by their text, joined by blanks as PowerShell joins them."""
    for line in lines(subject):
        if line.reader is not Reader.POWERSHELL:
            continue
        called = powershell.invocation(line.program, line.arguments)
        if called.kind != "command" or not called.script or called.script[0].value == "-":
            continue
        script = " ".join(one.value for one in called.script)
        encoded = b64encode(script.encode("utf-16-le", "surrogatepass")).decode("ascii")
        first = called.said.word if called.said else called.script[0]
        for form in _FORMS:
            text = f"{line.text[: first.start]}{form} {encoded}"
            yield from rewritten(subject, line.name, text, f"with its command in Base64, {form}")


MUTATION = Mutation(
    name="powershell-base64",
    title="PowerShell command in Base64",
    summary="PowerShell takes its command as Base64 of UTF-16 too.",
    effects=(Effect.PROMISABLE,),
    apply=_apply,
    evasion=Evasion.RECODING,
    sources=(f"{ABOUT}about_powershell_exe#-encodedcommand-base64encodedcommand",),
)
