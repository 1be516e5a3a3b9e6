"""What the events of Sysmon have in common: the record itself, and the process that acts."""

from __future__ import annotations

from typing import Any

from harness.events.kinds._processes import Process, Tree, tree
from harness.events.kinds._world import Host, World

_WINDOWS = "windows"


def processes(world: World) -> Tree:
    """Return the processes of the Windows computers of a world."""
    return tree(world, _WINDOWS)


def record(world: World, host: Host | None = None) -> dict[str, Any]:
    """Return the values that the record of any event of Sysmon has."""
    host = host or world.computer()
    return {
        "Computer": host.name,
        "ComputerId": host.id,
        "Timestamp": world.moment(),
        "EventRecordID": record_id(world, host),
        **source(world, host),
    }


def record_id(world: World, host: Host) -> int:
    """Return the number of the next record on a computer; it only grows."""
    key = f"records of {host.name}"
    known = world.kept.get(key)
    if known is None:
        known = world.chance.randrange(10_000, 900_000)
    world.kept[key] = known + world.chance.randrange(1, 30)
    found: int = world.kept[key]
    return found


def source(world: World, host: Host) -> dict[str, int]:
    """Return the process that reports the events of a computer, and one of its threads."""
    key = f"reporter of {host.name}"
    if key not in world.kept:
        world.kept[key] = world.chance.randrange(1200, 4000) // 4 * 4
    return {
        "ProcessID": world.kept[key],
        "ThreadID": world.chance.randrange(400, 9000) // 4 * 4,
    }


def user(process: Process) -> tuple[str, str]:
    """Return the account that a process runs as, and its SID."""
    if process.account is not None:
        return process.account.name, process.account.sid
    assert process.person is not None
    return f"{process.person.domain}\\{process.person.name}", process.person.sid


def acted(world: World, process: Process) -> dict[str, Any]:
    """Return the values of a record, and of the process that acts in it."""
    values = record(world, process.host)
    values["User"], values["UserSid"] = user(process)
    values.update(
        Image=process.program.image,
        ProcessId=process.pid,
        ProcessGuid=process.guid,
        CommandLine=process.command_line,
    )
    if process.parent is not None:
        values.update(
            ParentImage=process.parent.program.image,
            ParentProcessId=process.parent.pid,
            ParentCommandLine=process.parent.command_line,
        )
    return values
