"""The programs that run on the computers of a world: a tree that grows while events are drawn.

A process keeps its number, identifier, program and account for as long as the world lasts, and
its parent is one that began before it on the same computer.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any

from harness.events.kinds import _phrases
from harness.events.kinds._phrases import Scene, Writer
from harness.events.kinds._world import Host, Person, World, process_guid

MOST = 60
"""Processes of a world and system beyond those that run from the beginning."""
_FIRST = 200
"""Numbers of processes are greater, but for those that are always the same."""
_NEW = 0.2
"""How often a process that does something has just begun."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """An everyday program: its file, how it is started, and what its resources say.

    ``parent`` is the ``name`` of the program that starts it, by default its file. ``account``
    is whom it runs as: nobody stands for one of the people. ``running`` says that it runs
    before the first event and is not started again, ``quiet`` that it does nothing that is
    recorded; ``pid`` is the number that it always has.
    """

    image: str
    name: str = ""
    command_lines: tuple[str, ...] = ()
    parent: str = ""
    account: str = ""
    running: bool = False
    quiet: bool = False
    pid: int = 0
    original: str = "-"
    description: str = "-"
    product: str = "-"
    company: str = "-"
    version: str = "-"
    hashes: str = field(init=False)
    writers: tuple[Writer, ...] = field(init=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "name", self.name or self.image)
        object.__setattr__(self, "hashes", _phrases.hashes(self.image))
        object.__setattr__(self, "writers", tuple(map(_phrases.writer, self.command_lines)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """Whom a program runs as that no person started, and the folder in which it begins."""

    name: str
    home: str
    sid: str = ""
    logon_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Process:
    """A program that was started: by whom, where, when, and under which number."""

    program: Program
    host: Host
    person: Person | None
    account: Account | None
    pid: int
    guid: str
    command_line: str
    folder: str
    parent: Process | None


@dataclass(frozen=True, slots=True, kw_only=True)
class System:
    """The programs of an operating system, and the accounts that run them."""

    name: str
    programs: tuple[Program, ...]
    started: tuple[Program, ...]
    """Those that begin while events are drawn."""
    accounts: Mapping[str, Account]
    by_image: Mapping[str, Program]
    by_name: Mapping[str, Program]
    shell: str
    """The program from which people start others."""
    home: str
    """The folder in which people's programs begin."""
    step: int
    """The numbers of processes are multiples of it."""


@cache
def system(name: str) -> System:
    """Return what is known of an operating system: ``windows``, ``linux`` or ``macos``."""
    text = files("harness.events").joinpath("programs", f"{name}.toml").read_text("utf-8")
    data = tomllib.loads(text)
    products = data.get("product", {})
    programs = tuple(_program(table, products) for table in data["program"])
    return System(
        name=name,
        programs=programs,
        started=tuple(one for one in programs if not one.running),
        accounts={key: Account(**value) for key, value in data["account"].items()},
        by_image={one.image.casefold(): one for one in reversed(programs)},
        by_name={one.name: one for one in programs},
        shell=data["shell"],
        home=data["home"],
        step=data["step"],
    )


def _program(table: Mapping[str, Any], products: Mapping[str, Mapping[str, str]]) -> Program:
    values = {**products.get(table.get("of", ""), {}), **table}
    values.pop("of", None)
    values["command_lines"] = tuple(values["command_lines"])
    return Program(**values)


class Tree:
    """The processes of one operating system in a world."""

    def __init__(self, world: World, name: str) -> None:
        self.world = world
        self.system = system(name)
        self._acting: list[Process] = []
        self._quiet: list[Process] = []
        self._lasting = 0
        self._numbers: dict[str, int] = {}
        self._at: dict[tuple[str, str, str], Process] = {}
        for host, person in [
            *((one, None) for one in world.computers),
            *((one.host, one) for one in world.people),
        ]:
            for program in self.system.programs:
                if program.running and bool(program.account) is (person is None):
                    self._keep(self._process(program, host, person))
        self._lasting = len(self._acting)

    def begin(self, program: Program, *, keep: bool = True) -> Process:
        """Return a process that begins now, on the computer of the person whose it is."""
        person = None if program.account else self.world.person()
        host = self.world.computer() if person is None else person.host
        process = self._process(program, host, person)
        if keep:
            self._keep(process)
        return process

    def stranger(self, image: str) -> Process:
        """Return a process of a program of which nothing is known, which a person started."""
        person = self.world.person()
        program = Program(image=image, parent=self.system.shell)
        return self._process(program, person.host, person)

    def acting(self, image: str | None = None) -> Process:
        """Return a process that runs and does something; of a program where one is wanted."""
        if image is None:
            if self.world.chance.random() < _NEW:
                return self.begin(self.world.chance.choice(self.system.started))
            return self.world.chance.choice(self._acting)
        program = self.system.by_image.get(image.casefold())
        if program is None:
            return self.stranger(image)
        same = program.image
        found = [one for one in (*self._acting, *self._quiet) if one.program.image == same]
        return self.world.chance.choice(found) if found else self.begin(program)

    def starting(self, image: str | None = None, *, keep: bool = False) -> Process:
        """Return a process that begins now; of a program where one is wanted."""
        if image is None:
            return self.begin(self.world.chance.choice(self.system.started), keep=keep)
        program = self.system.by_image.get(image.casefold())
        if program is None or program.image != image:
            return self.stranger(image)
        return self.begin(program, keep=False)

    def beside(self, other: Process, image: str | None = None) -> Process:
        """Return a process of the same computer; of a program where one is wanted."""
        if image is None:
            here = [one for one in self._acting if one.host is other.host and one is not other]
            return self.world.chance.choice(here)
        found = [
            one
            for one in (*self._acting, *self._quiet)
            if one.host is other.host and one is not other
            if one.program.image.casefold() == image.casefold()
        ]
        if found:
            return self.world.chance.choice(found)
        program = self.system.by_image.get(image.casefold())
        program = program or Program(image=image, parent=self.system.shell)
        person = None if program.account else other.person or self._person_at(other.host)
        return self._process(program, other.host, person)

    def _person_at(self, host: Host) -> Person:
        return next(one for one in self.world.people if one.host is host)

    def _process(self, program: Program, host: Host, person: Person | None) -> Process:
        """Return a new process of a program; its parent runs already."""
        world, account = self.world, self.system.accounts.get(program.account)
        parent = self._parent(program.parent, host, person)
        pid = program.pid or self._next(host)
        scene = Scene(world, {})
        scene.person, scene.host = person or world.people[-1], host
        writers = program.writers
        written = world.chance.choice(writers)(scene) if writers else f'"{program.image}"'
        home = self.system.home if account is None else account.home
        return Process(
            program=program,
            host=host,
            person=person,
            account=account,
            pid=pid,
            guid=process_guid(host, world.now, pid << 16 | world.chance.getrandbits(16)),
            command_line=written,
            folder=home.format(user=scene.person.name),
            parent=parent,
        )

    def _next(self, host: Host) -> int:
        """Return a number that no process of a computer has."""
        found = self._numbers.get(host.name, _FIRST)
        found += self.world.chance.randrange(1, 40) * self.system.step
        self._numbers[host.name] = found
        return found

    def _parent(self, name: str, host: Host, person: Person | None) -> Process | None:
        if not name:
            return None
        owner = person.name if person is not None else ""
        found = self._at.get((name, host.name, owner)) or self._at.get((name, host.name, ""))
        if found is None:
            found = self._process(self.system.by_name[name], host, person)
            self._keep(found)
        return found

    def _keep(self, process: Process) -> None:
        self._at[_place(process)] = process
        if process.program.quiet:
            self._quiet.append(process)
            return
        self._acting.append(process)
        if self._lasting and len(self._acting) > self._lasting + MOST:
            ended = self._acting.pop(self._lasting)
            if self._at.get(_place(ended)) is ended:
                del self._at[_place(ended)]


def _place(process: Process) -> tuple[str, str, str]:
    owner = "" if process.person is None else process.person.name
    return process.program.name, process.host.name, owner


def tree(world: World, name: str) -> Tree:
    """Return the processes of an operating system in a world."""
    found = world.kept.get(name)
    if not isinstance(found, Tree):
        found = world.kept[name] = Tree(world, name)
    return found
