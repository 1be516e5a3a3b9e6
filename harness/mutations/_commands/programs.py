"""What programs accept on their command lines; ``programs.toml`` says where that is known from."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache
from importlib.resources import files
from typing import Any


class Reader(StrEnum):
    """Who takes a command line apart."""

    ARGV = "argv"
    OWN = "own"
    CMD = "cmd"
    POWERSHELL = "powershell"
    SHELL = "shell"


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """A program, by its name without directory and ending; ``known`` where it is in the table."""

    name: str
    known: bool = False
    reader: Reader = Reader.ARGV
    signs: str = ""
    quotes: bool = True
    slashes: bool = False
    numeric: bool = False
    letters: str = ""
    names: tuple[tuple[str, ...], ...] = ()
    prefixes: Mapping[str, str] = field(default_factory=dict)
    flags: frozenset[str] = frozenset()
    values: frozenset[str] = frozenset()
    source: str = ""


def stem(path: str) -> str:
    """Return the name of a program's file without directory and ``.exe``, in lower case."""
    name = path.strip('"').replace("\\", "/").rpartition("/")[2].lower()
    return name.removesuffix(".exe")


def program(name: str) -> Program:
    """Return what is known of a program; of one that is not listed next to nothing is."""
    return table().get(name) or Program(name=name)


@lru_cache(maxsize=1)
def table() -> dict[str, Program]:
    """Return the programs of which something is known, by name."""
    text = files(__package__).joinpath("programs.toml").read_text("utf-8")
    listed = tomllib.loads(text)["program"]
    return {name: _program(name, one) for one in listed for name in one["called"]}


def _program(name: str, said: Mapping[str, Any]) -> Program:
    reader = Reader(said.get("reader", Reader.ARGV))
    return Program(
        name=name,
        known=True,
        reader=reader,
        signs=said.get("signs", ""),
        quotes=said.get("quotes", reader in {Reader.ARGV, Reader.POWERSHELL}),
        slashes=said.get("slashes", False),
        numeric=said.get("numeric", False),
        letters=said.get("letters", ""),
        names=tuple(map(tuple, said.get("names", ()))),
        prefixes=said.get("prefixes", {}),
        flags=frozenset(said.get("flags", ())),
        values=frozenset(said.get("values", ())),
        source=said["source"],
    )
