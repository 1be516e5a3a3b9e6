"""Drivers that Windows loads when it starts or when a device is plugged in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from harness.events.kinds import Kind, World, _sysmon

_DRIVERS = ("usbprint.sys", "tcpip.sys", "ndis.sys", "rdbss.sys", "hidusb.sys")
_FOLDER = r"C:\Windows\System32\drivers"


def draw(world: World, wanted: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values of one load of a driver."""
    loaded = str(wanted.get("ImageLoaded") or f"{_FOLDER}\\{world.chance.choice(_DRIVERS)}")
    values = _sysmon.record(world)
    values.update(
        ImageLoaded=loaded,
        Hashes=_sysmon.hashes(loaded),
        Signed="true",
        Signature="Microsoft Windows",
        SignatureStatus="Valid",
    )
    values.update(wanted)
    return values


KIND = Kind(
    name="driver_load",
    draw=draw,
    others={"ImageLoaded": (rf"{_FOLDER}\tcpip.sys",), "SignatureStatus": ("Valid", "Revoked")},
)
