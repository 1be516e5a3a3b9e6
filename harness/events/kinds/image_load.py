"""Libraries that ordinary programs load."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from harness.events.kinds import Kind, World, _sysmon

_LIBRARIES = (
    (r"C:\Windows\System32\shell32.dll", "SHELL32.DLL", "Windows Shell Common Dll"),
    (r"C:\Windows\System32\ntdll.dll", "ntdll.dll", "NT Layer DLL"),
    (r"C:\Windows\System32\crypt32.dll", "CRYPT32.DLL", "Crypto API32"),
    (r"C:\Windows\System32\winhttp.dll", "winhttp.dll", "Windows HTTP Services"),
    (r"C:\Windows\System32\urlmon.dll", "UrlMon.dll", "OLE32 Extensions for Win32"),
)
_RESOURCES = ("FileVersion", "Description", "Product", "Company", "OriginalFileName")
_TRAITS = ("Hashes", "Signed", "Signature", "SignatureStatus", *_RESOURCES)


def draw(world: World, wanted: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values of one load of a library.

    Of a library that is wanted nothing else is known: it is unsigned and has no resources.
    """
    values = _sysmon.actor(world, wanted)
    path, original, description = world.chance.choice(_LIBRARIES)
    loaded = str(wanted.get("ImageLoaded") or path)
    known = loaded == path and not any(name in wanted for name in _TRAITS)
    values.update(
        ImageLoaded=loaded,
        Hashes=_sysmon.hashes(loaded),
        Signed="true" if known else "false",
        Signature="Microsoft Windows" if known else "-",
        SignatureStatus="Valid" if known else "Unavailable",
        FileVersion=_sysmon.VERSION if known else "-",
        Description=description if known else "-",
        Product=_sysmon.WINDOWS if known else "-",
        Company="Microsoft Corporation" if known else "-",
        OriginalFileName=original if known else "-",
    )
    values.update(wanted)
    return values


KIND = Kind(
    name="image_load",
    draw=draw,
    others={
        "ImageLoaded": (r"C:\Windows\System32\ntdll.dll", r"C:\Windows\System32\shell32.dll"),
        "Image": (r"C:\Windows\System32\svchost.exe", r"C:\Windows\explorer.exe"),
        "OriginalFileName": ("SHELL32.DLL", "-"),
        "SignatureStatus": ("Valid", "Unavailable", "Expired"),
        "Signature": ("Microsoft Windows", "Google LLC", "-"),
    },
)
