"""What a vocabulary may build upon: the values that events of one source have in common."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from harness.events.kinds import _sysmon
from harness.events.kinds._processes import Process, Tree, tree
from harness.events.kinds._vocabulary import Base, Ground
from harness.events.kinds._world import World


def _record(world: World, _: Mapping[str, Any]) -> Ground:
    """Return a record of a Windows channel."""
    host = world.computer()
    return Ground(_sysmon.record(world, host), None, host)


def _actor(world: World, wanted: Mapping[str, Any]) -> Ground:
    """Return a record of Sysmon about what a process does."""
    process = _sysmon.processes(world).acting(_text(wanted, "Image"))
    return Ground(_sysmon.acted(world, process), process.person, process.host)


def _session(world: World, _: Mapping[str, Any]) -> Ground:
    """Return a record of a Windows channel about what a person does on a computer."""
    person = world.person()
    values = {**_sysmon.record(world, person.host), "UserID": person.sid}
    return Ground(values, person, person.host)


def _pair(world: World, wanted: Mapping[str, Any], guid: str) -> Ground:
    """Return a record of Sysmon about what a process does to another one of its computer."""
    processes = _sysmon.processes(world)
    source = processes.acting(_text(wanted, "SourceImage"))
    target = processes.beside(source, _text(wanted, "TargetImage"))
    values = _sysmon.record(world, source.host)
    for side, process in (("Source", source), ("Target", target)):
        user, _ = _sysmon.user(process)
        values[f"{side}Process{guid}"] = process.guid
        values[f"{side}ProcessId"] = process.pid
        values[f"{side}Image"] = process.program.image
        values[f"{side}User"] = user
    return Ground(values, source.person, source.host)


def _access(world: World, wanted: Mapping[str, Any]) -> Ground:
    return _pair(world, wanted, "GUID")


def _thread(world: World, wanted: Mapping[str, Any]) -> Ground:
    return _pair(world, wanted, "Guid")


def _file(world: World, wanted: Mapping[str, Any]) -> Ground:
    """Return what any product tells of a process that touches a file."""
    process = _sysmon.processes(world).acting(_text(wanted, "Image"))
    user, sid = _sysmon.user(process)
    domain, _, name = user.partition("\\")
    at = world.moment()
    values = {
        "Image": process.program.image,
        "ProcessId": process.pid,
        "ProcessGuid": process.guid,
        "CommandLine": process.command_line,
        "Computer": process.host.name,
        "ComputerId": process.host.id,
        "EventRecordID": _sysmon.record_id(world, process.host),
        "Timestamp": at,
        "CreationUtcTime": at,
    }
    for side in ("", "Request"):
        values |= {f"{side}User": name, f"{side}Domain": domain, f"{side}UserSid": sid}
    return Ground(values, process.person, process.host)


def _linux(world: World, wanted: Mapping[str, Any]) -> Ground:
    return _unix(world, wanted, tree(world, "linux"))


def _macos(world: World, wanted: Mapping[str, Any]) -> Ground:
    return _unix(world, wanted, tree(world, "macos"))


def _unix(world: World, wanted: Mapping[str, Any], processes: Tree) -> Ground:
    """Return what is told of a process that acts on Linux or macOS."""
    process = processes.acting(_text(wanted, "Image"))
    return Ground(_unix_values(world, process), process.person, process.host)


def _linux_start(world: World, wanted: Mapping[str, Any]) -> Ground:
    return _unix_start(world, wanted, tree(world, "linux"))


def _macos_start(world: World, wanted: Mapping[str, Any]) -> Ground:
    return _unix_start(world, wanted, tree(world, "macos"))


def _unix_start(world: World, wanted: Mapping[str, Any], processes: Tree) -> Ground:
    """Return what is told of the start of a program on Linux or macOS."""
    process = processes.starting(_text(wanted, "Image"), keep=not wanted)
    values = _unix_values(world, process)
    account, person = process.account, process.person
    values["CurrentDirectory"] = process.folder
    if account is not None:
        values["LogonId"] = account.logon_id
    elif person is not None:
        values["LogonId"] = f"{1000 + world.people.index(person)}"
    if process.parent is not None:
        values["ParentUser"] = _name(process.parent)
        if "ParentImage" in wanted:
            values["ParentCommandLine"] = str(wanted["ParentImage"])
    return Ground(values, person, process.host)


def _name(process: Process) -> str:
    if process.account is not None:
        return process.account.name
    return process.person.name if process.person is not None else "-"


def _unix_values(world: World, process: Process) -> dict[str, Any]:
    values = {
        "Computer": process.host.name,
        "Timestamp": world.moment(),
        "Image": process.program.image,
        "ProcessId": process.pid,
        "ProcessGuid": process.guid,
        "CommandLine": process.command_line,
        "User": _name(process),
    }
    if process.parent is not None:
        values["ParentImage"] = process.parent.program.image
        values["ParentProcessId"] = process.parent.pid
        values["ParentProcessGuid"] = process.parent.guid
        values["ParentCommandLine"] = process.parent.command_line
    return values


def _text(wanted: Mapping[str, Any], name: str) -> str | None:
    value = wanted.get(name)
    return None if value is None else str(value)


BASES: Mapping[str, Base] = {
    "record": _record,
    "actor": _actor,
    "session": _session,
    "access": _access,
    "thread": _thread,
    "file": _file,
    "linux": _linux,
    "macos": _macos,
    "linux-start": _linux_start,
    "macos-start": _macos_start,
}
