"""An IPv4 address in another notation."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from harness.mutations._base import Effect, Evasion, Mutated, Mutation, Subject
from harness.mutations._commands.lines import lines, rewritten
from harness.mutations._commands.programs import Reader
from harness.mutations._sources import STUDY

_ADDRESS = re.compile(
    r"(?<![\w.])(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)\.){3}(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(?![\w.])",
    re.ASCII,
)


def _number(address: str) -> int:
    return int.from_bytes(map(int, address.split(".")), "big")


def _two_parts(address: str) -> str:
    number = _number(address)
    return f"{number >> 24}.{number & 0xFFFFFF}"


FORMS: tuple[tuple[str, Callable[[str], str]], ...] = (
    ("decimal", lambda address: str(_number(address))),
    ("hexadecimal", lambda address: f"0x{_number(address):08x}"),
    ("octal", lambda address: ".".join(f"0{int(part):o}" for part in address.split("."))),
    ("two-part", _two_parts),
)
"""Notations that inet_aton reads: one number, parts of other bases, fewer parts."""


def rewritten_addresses(text: str, form: Callable[[str], str], *, script: bool = False) -> str:
    """Return a text with its addresses in a notation; of a script only those that are connected to.

    That is what stands in a URL or behind ``/dev/tcp/``, with which bash opens a connection.
    """

    def written(found: re.Match[str]) -> str:
        before = text[: found.start()]
        if script and not before.endswith(("://", "/dev/tcp/", "/dev/udp/")):
            return found.group()
        return form(found.group())

    return _ADDRESS.sub(written, text)


def _apply(subject: Subject) -> Iterator[Mutated]:
    """Rewrite addresses for programs that read them as inet_aton does."""
    for unix in (False, True):
        for line in lines(subject, unix=unix):
            if not line.program.numeric:
                continue
            script = line.reader in {Reader.POWERSHELL, Reader.SHELL}
            for words, form in FORMS:
                text = rewritten_addresses(line.text, form, script=script)
                yield from rewritten(subject, line.name, text, f"with {words} addresses")


MUTATION = Mutation(
    name="ip-notation",
    title="IP addresses in another notation",
    summary="Where an address is read as inet_aton does, one number, hexadecimal or octal parts "
    "and fewer parts than four stand for the same address.",
    effects=(Effect.PROMISABLE,),
    apply=_apply,
    evasion=Evasion.RECODING,
    sources=(
        "https://pubs.opengroup.org/onlinepubs/9799919799/functions/inet_addr.html",
        "https://url.spec.whatwg.org/#concept-ipv4-parser",
        STUDY,
    ),
)
