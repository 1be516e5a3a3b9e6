"""Where a server is and how to log in, from a command line or ``harness.toml``.

Secrets are named, never written: an address holds the name of an environment variable or of a
file, and what stands there is read when a connection is made.
"""

from __future__ import annotations

import base64
import os
import re
import tomllib
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from harness.errors import Diagnostic, InvalidInput

SETTINGS = "harness.toml"
TIMEOUT = 30.0
"""Seconds that one request may take, unless the settings say otherwise."""
_LONGEST_SECRET = 100_000
_SHORTEST_HIDDEN = 4
"""Characters below which a credential is found in any text, so that hiding it would show it."""
_NAME = re.compile(r"[\w.-]{1,60}")


@dataclass(frozen=True, slots=True)
class Secret:
    """A credential, by the place where it stands."""

    variable: str = ""
    file: str = ""

    def __bool__(self) -> bool:
        return bool(self.variable or self.file)

    def read(self) -> str:
        """Return the credential; raises ``InvalidInput`` where it is not there."""
        if self.variable:
            found = os.environ.get(self.variable, "").strip()
            where = f"the environment variable {self.variable}"
        else:
            where = f"the file {self.file}"
            try:
                with Path(self.file).open(encoding="utf-8") as handle:
                    found = handle.read(_LONGEST_SECRET).strip()
            except (OSError, UnicodeDecodeError) as error:
                reason = getattr(error, "strerror", None) or "it is not UTF-8 text"
                message = f"{where} cannot be read: {reason}"
                raise _bad(message, "") from error
        if not found:
            message = f"{where} holds no credential"
            raise _bad(message, "set it, or take it out of harness.toml")
        if not found.isprintable():  # no header can hold it
            message = f"{where} holds more than a line of text"
            raise _bad(message, "a credential is one line")
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """A server: its kind, how its user calls it, where it is and how to log in.

    ``hec_token`` is for Splunk's event collector, which has a login of its own. ``ca`` is a file
    with the certificates of authorities to trust beside the system's.
    ``settings`` are what else the kind of server takes, such as Splunk's ``index``.
    """

    kind: str
    name: str
    url: str
    user: Secret = Secret()
    password: Secret = Secret()
    api_key: Secret = Secret()
    token: Secret = Secret()
    hec_token: Secret = Secret()
    ca: str = ""
    timeout: float = TIMEOUT
    settings: tuple[tuple[str, str], ...] = ()

    def setting(self, name: str, default: str = "") -> str:
        """Return a setting of the kind of server."""
        return dict(self.settings).get(name, default)

    def hidden(self, text: str) -> str:
        """Return a text that a server says without the credentials that it may repeat."""
        for one in (self.password, self.api_key, self.token, self.hec_token):
            with suppress(InvalidInput):
                found = one.read() if one else ""
                if len(found) >= _SHORTEST_HIDDEN:
                    text = text.replace(found, "***")
        if self.user and self.password:
            with suppress(InvalidInput):
                pair = f"{self.user.read()}:{self.password.read()}"
                text = text.replace(base64.b64encode(pair.encode()).decode(), "***")
        return text


_SECRETS = ("user", "password", "api_key", "token", "hec_token")
_KEYS = frozenset({"kind", "url", "ca", "timeout", *_SECRETS})


def addresses(
    wanted: Sequence[str], kinds: Mapping[str, frozenset[str]], file: Path | None = None
) -> tuple[Address, ...]:
    """Return the servers that ``NAME=URL`` or a name in ``harness.toml`` stand for.

    ``kinds`` are the known kinds of server with the settings that each takes. Raises
    ``InvalidInput`` for what cannot be used, without showing a credential.
    """
    known = _in_file(file, kinds) if file is not None else {}
    found: dict[str, Address] = {}
    for text in wanted:
        name, equals, url = text.partition("=")
        if not equals:
            if name not in known:
                hint = f"give NAME=URL, or one of {', '.join(known)}" if known else "give NAME=URL"
                message = f"no server is called {_shown(name)} in {SETTINGS}"
                raise _bad(message, hint)
            found[name] = known[name]
            continue
        _check_kind(name, kinds, "--engine")
        given = _from_environment(name, kinds[name])
        found[name] = Address(kind=name, name=name, url=_url(url), **given)
    return tuple(found.values())


def _from_environment(kind: str, settings: frozenset[str]) -> dict[str, Any]:
    """Return what ``HARNESS_ELASTICSEARCH_API_KEY``, ``HARNESS_SPLUNK_INDEX`` and the like give."""
    prefix = f"HARNESS_{kind.upper()}_"
    names = {one: f"{prefix}{one.upper()}" for one in _SECRETS}
    given: dict[str, Any] = {
        one: Secret(variable=name) for one, name in names.items() if os.environ.get(name)
    }
    if "user" in given and "password" not in given:
        message = f"{names['user']} is set and {names['password']} is not"
        raise _bad(message, "set both, or neither")
    if ca := os.environ.get(f"{prefix}CA"):
        given["ca"] = _file(ca, f"{prefix}CA")
    found = ((one, os.environ.get(f"{prefix}{one.upper()}", "")) for one in sorted(settings))
    given["settings"] = _settings({one: text for one, text in found if text})
    return given


def _settings(given: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    """Return settings as they are kept; one that is an address is checked as such."""
    return tuple(
        (one, _url(str(text)) if one.endswith("_url") else str(text))
        for one, text in sorted(given.items())
    )


def _in_file(path: Path, kinds: Mapping[str, frozenset[str]]) -> dict[str, Address]:
    try:
        table = tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        return {}
    except OSError as error:
        message = f"{path} cannot be read: {error.strerror}"
        raise _bad(message, "") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        reason = (
            error if isinstance(error, tomllib.TOMLDecodeError) else "nested or encoded wrongly"
        )
        message = f"{path} is no TOML: {reason}"
        raise _bad(message, "") from error
    servers = table.get("engines", {})
    if not isinstance(servers, dict):
        message = f"{path}: [engines] is no table"
        raise _bad(message, "write [engines.NAME]")
    return {name: _address(name, given, kinds, path) for name, given in servers.items()}


def _address(name: str, given: Any, kinds: Mapping[str, frozenset[str]], path: Path) -> Address:
    where = f"{path}: engines.{name}"
    if not isinstance(given, dict):
        message = f"{where} is no table"
        raise _bad(message, f"write [engines.{name}]")
    kind = str(given.get("kind", name))
    _check_kind(kind, kinds, where)
    unknown = sorted(set(given) - _KEYS - kinds[kind])
    if unknown:
        allowed = ", ".join(sorted(_KEYS | kinds[kind]))
        message = f"{where} has no setting {unknown[0]!r}"
        raise _bad(message, f"known: {allowed}")
    if "user" in given and "password" not in given:
        message = f"{where} has a user and no password"
        raise _bad(message, 'write password = {env = "NAME"} or {file = "PATH"}')
    timeout = given.get("timeout", TIMEOUT)
    if isinstance(timeout, bool) or not isinstance(timeout, int | float) or not 0 < timeout <= 3600:  # noqa: PLR2004 - an hour
        message = f"{where}.timeout is no number of seconds up to 3600"
        raise _bad(message, "")
    return Address(
        kind=kind,
        name=name,
        url=_url(str(given.get("url", ""))),
        ca=_file(str(given.get("ca", "")), f"{where}.ca"),
        timeout=float(timeout),
        settings=_settings({one: given[one] for one in kinds[kind] & set(given)}),
        **{one: _secret(given[one], f"{where}.{one}") for one in _SECRETS if one in given},
    )


def _secret(given: Any, where: str) -> Secret:
    match given:
        case {"env": str(name), **rest} if not rest:
            return Secret(variable=name)
        case {"file": str(name), **rest} if not rest:
            return Secret(file=name)
    message = f"{where} is no place of a credential"
    raise _bad(
        message,
        'write {env = "NAME"} or {file = "PATH"}: credentials do not stand in this file',
    )


def _url(text: str) -> str:
    """Return an address without a slash at its end; a credential in it is refused."""
    if "@" in text:  # also where a slip makes a path or a scheme of it
        hint = "leave it out of the URL: docs/engines.md says how to give it"
        message = "the URL of an engine holds a credential"
        raise _bad(message, hint)
    try:
        parts = urlsplit(text)
        is_valid = (parts.port is None or parts.port > 0) and text.isprintable() and " " not in text
    except ValueError:
        message = "the URL of an engine cannot be read"
        raise _bad(message, "write https://host:port") from None
    if parts.scheme not in {"http", "https"} or not parts.hostname or not is_valid:
        message = "the URL of an engine is no http or https URL"
        raise _bad(message, "write https://host:port")
    if parts.query or parts.fragment:
        message = "the URL of an engine has a query or a fragment"
        raise _bad(message, "write https://host:port")
    return text.rstrip("/")


def _file(path: str, where: str) -> str:
    if path and not Path(path).is_file():
        message = f"{where}: there is no file {path}"
        raise _bad(message, "")
    return path


def _check_kind(kind: str, kinds: Mapping[str, frozenset[str]], where: str) -> None:
    if kind not in kinds:
        message = f"{where}: {_shown(kind)} is no kind of server"
        raise _bad(message, f"known: {', '.join(sorted(kinds))}")


def _shown(name: str) -> str:
    """Return a name as it is given, unless it may be a URL with a credential in it."""
    return repr(name) if _NAME.fullmatch(name) else "what is given"


def _bad(message: str, hint: str) -> InvalidInput:
    return InvalidInput([Diagnostic(code="bad-engine", message=message, hint=hint)])
