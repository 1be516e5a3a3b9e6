"""The text functions of ES|QL, which count characters by code point."""

from __future__ import annotations

import base64
import hashlib
import ipaddress
from typing import Any
from urllib.parse import quote_plus, unquote_plus

from harness.errors import Fault
from harness.ir.regexes import Finder, Found, compile_regex
from harness.languages.esql.values import text

MAX_TEXT = 1_000_000
"""Characters that a function makes at most; Elasticsearch stops at a megabyte too."""


def _bounded(found: str) -> str:
    if len(found) > MAX_TEXT:
        message = "a function makes a text of more than a megabyte"
        raise Fault(message)
    return found


def concat(*items: str) -> str:
    """Return ``CONCAT``."""
    return _bounded("".join(items))


def left(value: str, count: int) -> str:
    """Return ``LEFT``."""
    return value[: max(0, count)]


def right(value: str, count: int) -> str:
    """Return ``RIGHT``."""
    return value[max(0, len(value) - count) :] if count > 0 else ""


def _start(value: str, start: int) -> int:
    """Return an offset: the first character is 1 or 0, negative numbers count from the end."""
    at = start - 1 if start > 0 else len(value) + start if start < 0 else 0
    return min(max(0, at), len(value))


def substring(value: str, start: int, length: int | None = None) -> str:
    """Return ``SUBSTRING``."""
    if length is not None and length < 0:
        message = "the length of a substring is negative"
        raise Fault(message)
    at = _start(value, start)
    return value[at:] if length is None else value[at : at + length]


def locate(value: str, part: str, start: int = 0) -> int:
    """Return ``LOCATE``: a place counted from 1, and 0 for none."""
    return value.find(part, _start(value, start)) + 1


def replace(value: str, pattern: str, new: str) -> str:
    """Return ``REPLACE``: a Java expression, and ``$1`` for its groups in the new text."""
    finder: Finder = compile_regex(pattern, "java")  # type: ignore[assignment]
    pieces, at = [], 0
    for found in finder.finds(value):
        pieces += [value[at : found.start], _expanded(new, value, found)]
        at = found.end
    return _bounded("".join([*pieces, value[at:]]))


def _expanded(new: str, value: str, found: Found) -> str:
    pieces, at = [], 0
    while at < len(new):
        char = new[at]
        at += 1
        if char == "\\" and at < len(new):
            pieces.append(new[at])
            at += 1
        elif char == "$" and at < len(new) and new[at].isdecimal():
            group = int(new[at])
            at += 1
            if group > len(found.groups):
                message = f"the replacement names group {group}, which there is not"
                raise Fault(message)
            whole = value[found.start : found.end]
            pieces.append(whole if group == 0 else found.groups[group - 1] or "")
        elif char in "$\\":
            message = "the replacement ends with a sign that needs more behind it"
            raise Fault(message)
        else:
            pieces.append(char)
    return "".join(pieces)


def repeat(value: str, count: int) -> str:
    """Return ``REPEAT``."""
    if count < 0 or len(value) * count > MAX_TEXT:
        message = f"a text cannot be repeated {count} times"
        raise Fault(message)
    return value * count


def space(count: int) -> str:
    """Return ``SPACE``."""
    return repeat(" ", count)


def split(value: str, delimiter: str) -> Any:
    """Return ``SPLIT``: one value or several."""
    if len(delimiter.encode("utf-8", "surrogatepass")) != 1:
        message = "the delimiter of SPLIT is a single byte"
        raise Fault(message)
    found = tuple(value.split(delimiter))
    return found[0] if len(found) == 1 else found


def length_in_bytes(value: str) -> int:
    """Return ``BYTE_LENGTH``."""
    return len(value.encode("utf-8", "surrogatepass"))


def from_base64(value: str) -> str | None:
    """Return ``FROM_BASE64``."""
    try:
        return base64.b64decode(value, validate=True).decode("utf-8", "replace")
    except ValueError:
        return None


def to_base64(value: str) -> str:
    """Return ``TO_BASE64``."""
    return base64.b64encode(value.encode("utf-8", "surrogatepass")).decode()


_HASHES = {"md5": "md5", "sha-1": "sha1", "sha-224": "sha224", "sha-256": "sha256"} | {
    "sha-384": "sha384",
    "sha-512": "sha512",
}


def digest(algorithm: str, value: str) -> str | None:
    """Return ``HASH``; null for an algorithm that there is not."""
    name = _HASHES.get(algorithm.lower())
    if name is None:
        return None
    made = hashlib.new(name, value.encode("utf-8", "surrogatepass"), usedforsecurity=False)
    return made.hexdigest()


def url_encode(value: str) -> str:
    """Return ``URL_ENCODE``: a blank is a plus."""
    return quote_plus(value, safe="*", errors="replace")


def url_decode(value: str) -> str:
    """Return ``URL_DECODE``."""
    return unquote_plus(value)


def in_block(address: Any, *blocks: str) -> bool:
    """Return ``CIDR_MATCH``."""
    try:
        networks = [ipaddress.ip_network(block, strict=False) for block in blocks]
    except ValueError as error:
        raise Fault(str(error)) from error
    return any(address.version == net.version and address in net for net in networks)


def joined(values: tuple[Any, ...], delimiter: str) -> str:
    """Return ``MV_CONCAT``."""
    return _bounded(delimiter.join(map(text, values)))
