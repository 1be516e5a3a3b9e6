"""Texts with blanks that an event fills in: ``{user}``, ``{time:%d/%b/%Y}``, ``{=eventName}``.

A blank is a name in braces, with an argument behind a colon where it takes one. ``{=name}`` is
another value of the same event. Within one event the person and the computer are the same ones.
A text that is nothing but a blank keeps the type of what fills it.
"""

from __future__ import annotations

import hashlib
import re
import string
from collections.abc import Callable, Mapping
from functools import cached_property, lru_cache
from typing import Any

from harness.events.kinds._world import Host, Person, World

_BLANK = re.compile(
    r"\{(?:=(?P<other>[A-Za-z_@][\w.@-]*)|(?P<name>[a-z][a-z_]*)(?::(?P<argument>[^{}]*))?)\}"
)
_UPPER = string.ascii_uppercase + string.digits
_PUBLIC = ("192.0.2", "198.51.100", "203.0.113")
"""Networks of RFC 5737, which belong to nobody."""
_EPHEMERAL = (49152, 65535)
"""Ports of the side that begins a connection, as IANA and Windows have them."""


@lru_cache(maxsize=4096)
def hashes(content: str) -> str:
    """Return the digests that stand for the content of a file, always the same ones."""
    text = hashlib.sha512(content.encode()).hexdigest().upper()
    return f"MD5={text[:32]},SHA256={text[32:96]},IMPHASH={text[96:]}"


class Scene:
    """What the blanks of one event are filled with."""

    def __init__(self, world: World, values: Mapping[str, Any], at: str | None = None) -> None:
        self.world = world
        self.values = values
        self.at = at

    @cached_property
    def person(self) -> Person:
        """The person whom the event is about."""
        return self.world.person()

    @cached_property
    def host(self) -> Host:
        """The computer that the event is about."""
        return self.world.computer()

    @cached_property
    def time(self) -> str:
        """The moment of the event."""
        return self.at or self.world.moment()

    def other(self, name: str) -> Any:
        """Return another value of the event, a dash where it has none."""
        found = self.values.get(name)
        return "-" if found is None else found


Writer = Callable[[Scene], Any]


def _time(scene: Scene, form: str) -> str:
    iso = scene.time
    return scene.world.now.strftime(form) if form else iso


def _epoch(scene: Scene, digits: str) -> Any:
    _ = scene.time
    at = scene.world.now.timestamp()
    return f"{at:.{int(digits)}f}" if digits else int(at)


def _milliseconds(scene: Scene, _: str) -> int:
    _time(scene, "")
    return round(scene.world.now.timestamp() * 1000)


def _letters(scene: Scene, count: str) -> str:
    return "".join(scene.world.chance.choices(_UPPER, k=int(count)))


def _hexadecimal(scene: Scene, count: str) -> str:
    return f"{scene.world.chance.getrandbits(4 * int(count)):0{int(count)}x}"


def _digits(scene: Scene, count: str) -> str:
    return f"{scene.world.chance.randrange(10 ** int(count)):0{int(count)}d}"


def _number(scene: Scene, span: str) -> int:
    low, _, high = span.partition("-")
    return scene.world.chance.randrange(int(low), int(high) + 1)


def _public_address(scene: Scene, _: str) -> str:
    chance = scene.world.chance
    return f"{chance.choice(_PUBLIC)}.{chance.randrange(1, 255)}"


def _private_address(scene: Scene, _: str) -> str:
    chance = scene.world.chance
    return f"10.20.{chance.randrange(0, 8)}.{chance.randrange(1, 255)}"


_BLANKS: Mapping[str, Callable[[Scene, str], Any]] = {
    "user": lambda scene, _: scene.person.name,
    "full_name": lambda scene, _: scene.person.full_name,
    "mail": lambda scene, _: f"{scene.person.name}@{scene.world.domain.lower()}.example",
    "user_guid": lambda scene, _: scene.person.guid,
    "user_address": lambda scene, _: scene.person.address,
    "sid": lambda scene, _: scene.person.sid,
    "logon_id": lambda scene, _: scene.person.logon_id,
    "domain": lambda scene, _: scene.world.domain,
    "org": lambda scene, _: scene.world.domain.lower(),
    "tenant": lambda scene, _: scene.world.tenant,
    "subscription": lambda scene, _: scene.world.subscription,
    "account": lambda scene, _: scene.world.account,
    "host": lambda scene, _: scene.host.name,
    "host_short": lambda scene, _: scene.host.name.partition(".")[0],
    "host_netbios": lambda scene, _: scene.host.name.partition(".")[0].upper(),
    "host_id": lambda scene, _: scene.host.id,
    "host_address": lambda scene, _: scene.host.address,
    "controller": lambda scene, _: scene.world.hosts[-1],
    "private_address": _private_address,
    "public_address": _public_address,
    "port": lambda scene, _: scene.world.chance.randrange(*_EPHEMERAL),
    "pid": lambda scene, _: scene.world.chance.randrange(400, 20_000) // 4 * 4,
    "unix_pid": lambda scene, _: scene.world.chance.randrange(700, 32_768),
    "word": lambda scene, _: scene.world.word(),
    "guid": lambda scene, _: scene.world.guid(),
    "upper_guid": lambda scene, _: scene.world.guid().upper(),
    "hex": _hexadecimal,
    "upper_hex": lambda scene, count: _hexadecimal(scene, count).upper(),
    "letters": _letters,
    "digits": _digits,
    "number": _number,
    "hashes": lambda scene, name: hashes(str(scene.other(name))),
    "time": _time,
    "epoch": _epoch,
    "milliseconds": _milliseconds,
}


def constant(value: Any) -> bool:
    """Return whether a value of a vocabulary has no blanks."""
    return not isinstance(value, str) or _BLANK.search(value) is None


def refers(value: Any) -> bool:
    """Return whether a value of a vocabulary is made of other values of its event."""
    if isinstance(value, list):
        return any(map(refers, value))
    return isinstance(value, str) and any(found["other"] for found in _BLANK.finditer(value))


def writer(value: Any) -> Writer:
    """Return what gives a value of a vocabulary in an event.

    A list is a choice among its members. Raises ``ValueError`` for a blank that nobody fills.
    """
    if isinstance(value, list):
        return _choice([writer(one) for one in value])
    if constant(value):
        return lambda _: value
    whole = _BLANK.fullmatch(value)
    if whole is not None:
        return _blank(whole)
    return _text(value)


def _choice(writers: list[Writer]) -> Writer:
    return lambda scene: scene.world.chance.choice(writers)(scene)


def _text(value: str) -> Writer:
    parts: list[str | Writer] = []
    end = 0
    for found in _BLANK.finditer(value):
        parts += [value[end : found.start()], _blank(found)]
        end = found.end()
    parts.append(value[end:])
    kept = tuple(part for part in parts if part)
    return lambda scene: "".join(
        part if isinstance(part, str) else str(part(scene)) for part in kept
    )


def _blank(found: re.Match[str]) -> Writer:
    if found["other"]:
        name = found["other"]
        return lambda scene: scene.other(name)
    fill, argument = _BLANKS.get(found["name"]), found["argument"] or ""
    if fill is None:
        message = f"nothing fills the blank {found[0]}; known: {', '.join(sorted(_BLANKS))}"
        raise ValueError(message)
    return lambda scene: fill(scene, argument)
