"""Changes of values that only Windows has: accounts, devices, and what the registry holds."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from harness.ir.values import as_text

_DOMAIN, _NAME = "CONTOSO", "m.weber"


def _parts_of_account(value: Any) -> list[str]:
    """Return domain and name; nothing where the text has another form."""
    parts = as_text(value).split("\\")
    return parts if len(parts) == len(("domain", "name")) else []


def account(value: Any, _: Any) -> Any:
    r"""Return ``weber`` of ``CONTOSO\weber``."""
    parts = _parts_of_account(value)
    return parts[1] or None if parts else None


def from_account(value: Any, _: Any) -> Iterable[Any]:
    """Return accounts that have a name."""
    text = as_text(value)
    return [f"{_DOMAIN}\\{text}"] if text and "\\" not in text else ()


def account_domain(value: Any, _: Any) -> Any:
    r"""Return ``CONTOSO`` of ``CONTOSO\weber``."""
    parts = _parts_of_account(value)
    return parts[0] or None if parts else None


def from_account_domain(value: Any, _: Any) -> Iterable[Any]:
    """Return accounts of a domain."""
    text = as_text(value)
    return [f"{text}\\{_NAME}"] if text and "\\" not in text else ()


_NOTHING = ("", "-", "{00000000-0000-0000-0000-000000000000}")


def no_dash(value: Any, _: Any) -> Any:
    """Return nothing for the ways in which an event says that there is no value."""
    return None if as_text(value) in _NOTHING else value


# A registry path as Sysmon writes it: hive, keys and the value's name, joined by backslashes.

_HIVES: Mapping[str, str] = {
    "HKEY_CLASSES_ROOT": "HKCR",
    "HKEY_CURRENT_CONFIG": "HKCC",
    "HKEY_CURRENT_USER": "HKCU",
    "HKEY_DYN_DATA": "HKDD",
    "HKEY_LOCAL_MACHINE": "HKLM",
    "HKEY_PERFORMANCE_DATA": "HKPD",
    "HKEY_USERS": "HKU",
}
_SHORT = frozenset(_HIVES.values())
_KEY, _VALUE = "HKLM\\SOFTWARE\\Contoso", "Setting"


def registry_hive(value: Any, _: Any) -> Any:
    r"""Return ``HKLM`` of ``HKLM\SOFTWARE\Contoso``; nothing for an unknown hive."""
    hive = as_text(value).partition("\\")[0]
    return hive if hive in _SHORT else _HIVES.get(hive)


def from_registry_hive(value: Any, _: Any) -> Iterable[Any]:
    """Return paths in a hive."""
    return [f"{as_text(value)}\\SOFTWARE\\Contoso\\{_VALUE}"]


def registry_tail(value: Any, _: Any) -> Any:
    """Return what follows the hive; nothing for an unknown hive."""
    tail = as_text(value).partition("\\")[2]
    return tail or None if registry_hive(value, None) else None


def from_registry_tail(value: Any, _: Any) -> Iterable[Any]:
    """Return paths that go on like that."""
    return [f"HKLM\\{as_text(value)}"] if as_text(value) else ()


def registry_key(value: Any, _: Any) -> Any:
    """Return what precedes the last backslash."""
    return as_text(value).rpartition("\\")[0] or None


def from_registry_key(value: Any, _: Any) -> Iterable[Any]:
    """Return paths of values in a key."""
    return [f"{as_text(value)}\\{_VALUE}"] if as_text(value) else ()


def registry_value(value: Any, _: Any) -> Any:
    """Return what follows the last backslash."""
    return as_text(value).rpartition("\\")[2] or None


def from_registry_value(value: Any, _: Any) -> Iterable[Any]:
    """Return paths of values with a name."""
    text = as_text(value)
    return [f"{_KEY}\\{text}"] if text and "\\" not in text else ()


_DWORD = re.compile(r"DWORD \(0x([0-9A-F]{8})\)", re.IGNORECASE)
_QWORD = re.compile(r"QWORD \(0x([0-9A-F]{8})-0x([0-9A-F]{8})\)", re.IGNORECASE)
_BINARY = "Binary Data"


def registry_data(value: Any, shift: Any) -> Any:
    """Return ``DWORD (0x00000001)`` as ``1``, and texts as they are."""
    text = as_text(value)
    if found := _DWORD.fullmatch(text):
        return str(int(found[1], 16))
    if found := _QWORD.fullmatch(text):
        return str((int(found[1], 16) << shift) + int(found[2], 16))
    return text or None


def from_registry_data(value: Any, _: Any) -> Iterable[Any]:
    """Return what Sysmon may have written for the data: the text itself, or a number."""
    text = as_text(value)
    yield text
    if text.isascii() and text.isdigit() and int(text) < 1 << 32:
        yield f"DWORD (0x{int(text):08x})"


def registry_type(value: Any, table: Any) -> Any:
    """Return what a product calls the type of ``Details``: one of the four that can be told."""
    text = as_text(value)
    if _DWORD.fullmatch(text):
        return table.get("dword")
    if _QWORD.fullmatch(text):
        return table.get("qword")
    return table.get("binary" if text == _BINARY else "text")


_OF_TYPE = {
    "dword": "DWORD (0x00000001)",
    "qword": "QWORD (0x00000000-0x00000001)",
    "binary": _BINARY,
    "text": "setting",
}


def from_registry_type(value: Any, table: Any) -> Iterable[Any]:
    """Return data of a type."""
    return [_OF_TYPE[name] for name, called in table.items() if called == value]


def restart(value: Any, table: Any) -> Any:
    """Return a text with another beginning, whatever its letter case; the first key counts."""
    text = as_text(value)
    for old, new in table.items():
        if text[: len(old)].upper() == old.upper():
            return f"{new}{text[len(old) :]}"
    return text


def from_restart(value: Any, table: Any) -> Iterable[Any]:
    """Return texts that may have had another beginning."""
    text = as_text(value)
    for old, new in table.items():
        if text.startswith(new):
            yield f"{old}{text[len(new) :]}"
    yield text


_MAPPED = re.compile(r"::ffff:(\d+\.\d+\.\d+\.\d+)")


def dns_addresses(value: Any, _: Any) -> Any:
    """Return the addresses among the answers of Sysmon's event 22, without names."""
    answers = [one for one in as_text(value).split(";") if one and not one.startswith("type:")]
    found = [_MAPPED.sub(r"\1", one) if _MAPPED.fullmatch(one) else one for one in answers]
    return found or None


def from_dns_addresses(value: Any, _: Any) -> Iterable[Any]:
    """Return answers that consist of addresses."""
    wanted = value if isinstance(value, list) else [value]
    return ["".join(f"{as_text(one)};" for one in wanted)]


_VOLUME = "\\Device\\HarddiskVolume3"


def nt_device_path(value: Any, _: Any) -> Any:
    """Return a path below a device instead of a drive."""
    text = as_text(value)
    if re.match(r"[A-Za-z]:\\", text):
        return _VOLUME + text[2:]
    return f"\\Device\\Mup{text[1:]}" if text.startswith("\\\\") else text


def from_nt_device_path(value: Any, _: Any) -> Iterable[Any]:
    """Return paths that may be recorded below a device."""
    text = as_text(value)
    if text.startswith(f"{_VOLUME}\\"):
        return [f"C:{text[len(_VOLUME) :]}", text]
    if text.startswith("\\Device\\Mup\\"):
        return ["\\" + text[len("\\Device\\Mup") :], text]
    return [text]
