"""What holds within an everyday event, and across the events of one world."""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
import sys
from collections import defaultdict
from importlib.resources import files
from typing import Any

import pytest

from harness import schemas
from harness.events import kinds
from harness.events.kinds import World, _channels, _phrases, _processes, _vocabulary
from harness.events.kinds._processes import Program, tree
from harness.telemetry.logsources import channels, services

OF_PROCESSES = (
    "process_creation",
    "file_event",
    "file_delete",
    "file_access",
    "registry_set",
    "registry_event",
    "network_connection",
    "dns_query",
    "image_load",
    "pipe_created",
)
UNIX = {
    "linux": ("linux_process_creation", "linux_file_event", "linux_network_connection"),
    "macos": ("macos_process_creation", "macos_file_event"),
}
VOCABULARIES = [
    name for name in kinds.names() if files(kinds.__name__).joinpath(f"{name}.toml").is_file()
]


def _mixed(names: tuple[str, ...], seed: int, draws: int = 25) -> list[dict[str, Any]]:
    """Return events of several kinds in one world, in the order in which they happen."""
    world = World(seed)
    return [kinds.get(name).draw(world, {}) for _ in range(draws) for name in names]


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("names", [OF_PROCESSES, *UNIX.values()], ids=lambda one: one[0])
def test_a_process_stays_what_it_is(names: tuple[str, ...], seed: int) -> None:
    """Identifier, number, program, command line, account and computer go together."""
    told: dict[str, set[tuple[Any, ...]]] = defaultdict(set)
    numbers: dict[tuple[Any, Any], set[str]] = defaultdict(set)
    for values in _mixed(names, seed):
        guid, number, place = values["ProcessGuid"], values["ProcessId"], values["Computer"]
        user = values["User"].rpartition("\\")[2]
        told[guid].add((number, place, values["Image"], values["CommandLine"], user))
        numbers[place, number].add(guid)
        if "ParentProcessGuid" in values:
            told_of_parent = (values["ParentImage"], values["ParentCommandLine"])
            numbers[place, values["ParentProcessId"]].add(values["ParentProcessGuid"])
            for _, _, image, command_line, _ in told.get(values["ParentProcessGuid"], ()):
                assert (image, command_line) == told_of_parent
    assert len(told) > 10
    assert all(len(one) == 1 for one in told.values())
    assert all(len(one) == 1 for one in numbers.values())


@pytest.mark.parametrize("seed", range(2))
def test_a_parent_began_before_its_child(seed: int) -> None:
    for values in _mixed(("process_creation",), seed, draws=60):
        child, parent = (
            (guid[1:9], int(guid[15:19] + guid[10:14], 16))
            for guid in (values["ProcessGuid"], values["ParentProcessGuid"])
        )
        assert child[0] == parent[0], "both are of one computer"
        assert parent[1] <= child[1]
        assert values["ParentProcessId"] < values["ProcessId"]


def test_a_parent_fits_its_command_line() -> None:
    for values in _mixed(("process_creation",), 0, draws=60):
        name = values["ParentImage"].rpartition("\\")[2].rpartition(".")[0].lower()
        assert name in values["ParentCommandLine"].lower()
        assert values["ParentUser"] in {values["User"], "NT AUTHORITY\\SYSTEM"}


@pytest.mark.parametrize("name", ["windows", "linux", "macos"])
def test_programs_name_parents_that_start_before_them(name: str) -> None:
    system = _processes.system(name)
    seen: set[str] = set()
    for program in sorted(system.programs, key=lambda one: not one.running):
        assert program.name not in seen
        assert not program.parent or program.parent in system.by_name
        assert not program.account or program.account in system.accounts
        assert not program.running or not program.parent or program.parent in seen
        seen.add(program.name)
    assert system.shell in system.by_name
    assert len(system.started) > 8


def test_computers_keep_their_names_and_count_their_records() -> None:
    ids: dict[str, set[str]] = defaultdict(set)
    last: dict[str, int] = {}
    for values in _mixed((*OF_PROCESSES, "windows_security", "ps_script"), 0):
        ids[values["Computer"]].add(values.get("ComputerId", ""))
        if "EventRecordID" in values:
            assert values["EventRecordID"] > last.get(values["Computer"], 0)
            last[values["Computer"]] = values["EventRecordID"]
    assert len(ids) == len(World(0).computers)
    assert all(len(one) == 1 for one in ids.values())


def test_a_person_works_at_one_computer_and_keeps_session_and_logon() -> None:
    told: dict[str, set[tuple[str, ...]]] = defaultdict(set)
    for values in _mixed(("process_creation",), 0, draws=80):
        if not values["User"].startswith("NT AUTHORITY"):
            told[values["User"]].add(
                tuple(values[one] for one in ("Computer", "LogonId", "LogonGuid", "UserSid"))
            )
    assert len(told) > 3
    assert all(len(one) == 1 for one in told.values())
    sessions = [one for kept in told.values() for one in kept]
    assert all(len({one[part] for one in sessions}) == len(sessions) for part in (1, 2, 3))


def test_people_keep_their_accounts_in_the_cloud() -> None:
    told: dict[str, set[tuple[str, str]]] = defaultdict(set)
    for values in _mixed(("azure_signinlogs",), 0, draws=60):
        told[values["UserPrincipalName"]].add((values["UserId"], values["IPAddress"]))
    assert len(told) == len(World(0).people)
    assert all(len(one) == 1 for one in told.values())


def test_every_service_has_a_channel_with_events() -> None:
    for service in services():
        for channel in channels(service):
            known = _channels.channels()[channel.casefold()]
            assert known.name == channel
            assert known.everyday, "no event of this channel happens every day"


def test_events_of_channels_are_told_whole() -> None:
    """Every element has an everyday value, and no name of the record itself."""
    record = {"Channel", "Computer", "EventID", "Message", "Version", "Task", "Level", "UserID"}
    assert not record & _channels.elements()
    world = World(0)
    draw = kinds.get("windows_security").draw
    for channel in _channels.channels().values():
        for event_id in channel.records:
            values = draw(world, {"Channel": channel.name, "EventID": int(event_id)})
            missing = [name for name, value in values.items() if value is None]
            assert missing in ([], ["Provider_Guid"])


@pytest.mark.parametrize("name", VOCABULARIES)
def test_a_vocabulary_names_its_source_and_other_values(name: str) -> None:
    text = files(kinds.__name__).joinpath(f"{name}.toml").read_text("utf-8")
    declared = files(schemas.__name__).joinpath("kinds", f"{name}.yml").read_text("utf-8")
    comments = "".join(re.findall(r"^#.*$", text + declared, re.MULTILINE))
    assert re.search(
        r"https://|Sysmon's event|Sigma's taxonomy|event \d+|events/programs", comments
    )
    for value, others in kinds.get(name).others.items():
        assert others, value
    assert set(kinds.get(name).product) <= set(schemas.kind(name).values)


@pytest.mark.parametrize("name", kinds.names())
def test_a_kind_can_be_drawn_with_any_value_wanted(name: str) -> None:
    """Wanted values win, braces are no blanks, and what is required is there."""
    world, kind, known = World(0), kinds.get(name), schemas.kind(name)
    for value in known.values.values():
        if value.allowed or value.type != "string":
            continue
        values = kind.draw(world, {value.name: "{user} {nobody}"})
        assert values[value.name] == "{user} {nobody}"
        if name != "event":
            assert set(known.required) <= set(values)


def test_a_wanted_record_is_found_in_any_letter_case() -> None:
    values = kinds.get("aws_cloudtrail").draw(World(0), {"eventName": "consolelogin"})
    assert values["eventSource"] == "signin.amazonaws.com"
    assert values["responseElements.ConsoleLogin"] == "Success"


def test_a_blank_that_nobody_fills_is_an_error() -> None:
    with pytest.raises(ValueError, match="nothing fills the blank"):
        _phrases.writer("by {nobody}")


def test_values_may_be_made_of_others() -> None:
    kind = _vocabulary.kind_of(
        "linux_syslog",
        {
            "every": {"Message": "{=Program} says {=__what}"},
            "record": [{"Program": "cron", "__what": "hello"}],
        },
        {},
    )
    assert kind.draw(World(0), {}) == {"Program": "cron", "Message": "cron says hello"}
    assert kind.draw(World(0), {"Program": "at"})["Message"] == "at says -"


def test_processes_end_and_their_places_are_taken() -> None:
    world = World(0)
    processes = tree(world, "windows")
    notepad = processes.system.by_image[r"c:\windows\system32\notepad.exe"]
    begun = [processes.begin(notepad) for _ in range(_processes.MOST + 20)]
    running = {processes.acting(notepad.image).guid for _ in range(200)}
    assert begun[0].guid not in running
    assert begun[-1].guid in {processes.acting(notepad.image).guid for _ in range(2000)}


def test_a_stranger_has_no_resources() -> None:
    stranger = tree(World(0), "windows").stranger(r"C:\a\{user}.exe")
    assert stranger.program == Program(image=r"C:\a\{user}.exe", parent=r"C:\Windows\explorer.exe")
    assert stranger.command_line == r'"C:\a\{user}.exe"'


def _digest() -> str:
    world = World(3)
    drawn = [kinds.get(name).draw(world, {}) for name in kinds.names() for _ in range(4)]
    drawn += [kinds.get("windows_security").draw(world, {"Channel": "System"}) for _ in range(9)]
    return hashlib.sha256(repr(drawn).encode()).hexdigest()


@pytest.mark.long
def test_events_do_not_depend_on_the_order_of_hashes() -> None:
    code = "from tests.events.test_laws import _digest; print(_digest())"
    environment = {**os.environ, "PYTHONHASHSEED": "7", "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(  # noqa: S603 - this very program
        [sys.executable, "-c", code], capture_output=True, check=True, env=environment, text=True
    )
    assert done.stdout.strip() == _digest()
