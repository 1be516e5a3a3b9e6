"""Binding the arguments of a command to its parameters (about_Parameters)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NoReturn

from harness.ir import Literal
from harness.languages.powershell.scope import Scope
from harness.languages.powershell.syntax import Argument, Command, Const, Node, Splat
from harness.languages.powershell.values import HashTable
from harness.source import Span

COMMON = {
    "verbose": False,
    "debug": False,
    "erroraction": True,
    "warningaction": True,
    "informationaction": True,
    "progressaction": True,
    "errorvariable": True,
    "warningvariable": True,
    "informationvariable": True,
    "outvariable": True,
    "outbuffer": True,
    "pipelinevariable": True,
}
"""Parameters of every cmdlet, and whether they take a value."""
COMMON_ALIASES = {
    "vb": "verbose",
    "db": "debug",
    "ea": "erroraction",
    "wa": "warningaction",
    "infa": "informationaction",
    "proga": "progressaction",
    "ev": "errorvariable",
    "wv": "warningvariable",
    "iv": "informationvariable",
    "ov": "outvariable",
    "ob": "outbuffer",
    "pv": "pipelinevariable",
}


@dataclass(frozen=True, slots=True)
class Given:
    """A parameter that was given: its value, and where."""

    value: Node
    span: Span


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """The parameters of a command: name to "takes a value", and the positional ones in order."""

    name: str
    parameters: Mapping[str, bool]
    positional: Sequence[str] = ()
    aliases: Mapping[str, str] | None = None

    def resolve(self, written: str, span: Span, scope: Scope) -> str:
        """Return the parameter that a name, or a beginning of one, stands for."""
        wanted = written.lower()
        aliases = {**COMMON_ALIASES, **(self.aliases or {})}
        known = {**COMMON, **self.parameters}
        if wanted in known:
            return wanted
        if wanted in aliases:
            return aliases[wanted]
        found = {name for name in self.parameters if name.startswith(wanted)}
        found |= {target for name, target in aliases.items() if name.startswith(wanted)} & set(
            self.parameters
        )
        found |= {name for name in COMMON if name.startswith(wanted)}
        if len(found) == 1:
            return found.pop()
        if found:
            names = ", ".join(f"-{name}" for name in sorted(found))
            scope.fail(span, f"-{written} could mean {names}", "write more of the name")
        return scope.fail(span, f"{self.name} has no parameter -{written}")

    def takes_value(self, name: str) -> bool:
        """Return whether a parameter is more than a switch."""
        return {**COMMON, **self.parameters}[name]


class _Binder:
    """Binds one command."""

    def __init__(self, signature: Signature, command: Command, scope: Scope) -> None:
        self.signature = signature
        self.command = command
        self.scope = scope
        self.bound: dict[str, Given] = {}
        self.free: list[Argument] = []

    def bind(self) -> dict[str, Given]:
        """Return the given parameters by full name."""
        arguments = list(self._expanded())
        at = 0
        while at < len(arguments):
            argument = arguments[at]
            at += 1
            if argument.name is None:
                self.free.append(argument)
                continue
            name = self.signature.resolve(argument.name, argument.span, self.scope)
            value = argument.value
            if value is None and self.signature.takes_value(name):
                following = arguments[at] if at < len(arguments) else None
                value = following.value if following and following.name is None else None
                if value is None:
                    self._missing(argument)
                at += 1
            self._put(name, value or Const(True, argument.span), argument.span)
        self._positional()
        return self.bound

    def _missing(self, argument: Argument) -> NoReturn:
        self.scope.fail(argument.span, f"-{argument.name} has no value", "give the value after it")

    def _expanded(self) -> list[Argument]:
        """Put the entries of a splatted hash table in its place."""
        found: list[Argument] = []
        for argument in self.command.arguments:
            if not isinstance(argument.value, Splat):
                found.append(argument)
                continue
            value = self.scope.variables.get(argument.value.name)
            if not isinstance(value, Literal) or not isinstance(value.value, HashTable):
                self.scope.unsupported(
                    argument.span, "splatting", "only a hash table set in this script is spread"
                )
            for key, entry in value.value.items():
                found.append(Argument(key, Const(entry, argument.span), argument.span))
        return found

    def _put(self, name: str, value: Node, span: Span) -> None:
        if name in self.bound:
            self.scope.fail(span, f"-{name} is given twice", "give it once, with a list of values")
        self.bound[name] = Given(value, span)

    def _positional(self) -> None:
        open_places = [name for name in self.signature.positional if name not in self.bound]
        for argument, name in zip(self.free, open_places, strict=False):
            assert argument.value is not None
            self._put(name, argument.value, argument.span)
        if len(self.free) > len(open_places):
            extra = self.free[len(open_places)]
            self.scope.fail(
                extra.span,
                f"{self.signature.name} has no place for this argument",
                "name the parameter it belongs to, and quote words that hold blanks",
            )


def bind(signature: Signature, command: Command, scope: Scope) -> dict[str, Given]:
    """Return the given parameters of a command by full lower-case name."""
    return _Binder(signature, command, scope).bind()
