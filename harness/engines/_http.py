"""JSON and text over HTTP to a server that may be slow, busy, broken or hostile.

Answers are bounded in size and time, redirects are not followed, certificates are verified, and
no message repeats a header.
"""

from __future__ import annotations

import json
import ssl
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlencode, urlsplit

import urllib3

from harness.engines._addresses import Address
from harness.engines._base import EngineFailure, EngineTimeout
from harness.engines._retry import BUSY, Later, patiently
from harness.errors import Diagnostic, InvalidInput

MOST_BYTES = 256 << 20
"""Bytes of an answer that are read; more is a failure."""
_CHUNK = 1 << 16
_SHOWN = 300


@dataclass(frozen=True, slots=True)
class Answer:
    """The status and body of an answer; ``hidden`` takes credentials out of what is shown."""

    status: int
    body: bytes
    title: str
    hidden: Callable[[str], str] = str

    def json(self) -> Any:
        """Return the body as JSON; raises ``EngineFailure`` where it is none."""
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError) as error:
            message = f"{self.title} answers with something that is no JSON: {self.excerpt()}"
            raise EngineFailure(message) from error

    def excerpt(self) -> str:
        """Return the beginning of the body, for a message."""
        text = self.body[: 4 * _SHOWN].decode("utf-8", "replace")
        return printable(self.hidden(text))[:_SHOWN] or "(nothing)"


def printable(text: str) -> str:
    """Return a text in one line, without what would steer a terminal."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def trust(address: Address) -> ssl.SSLContext | None:
    """Return the authorities that are trusted: the system's, and what the address names.

    Raises ``InvalidInput`` where its file cannot be read; ``None`` for a plain connection.
    """
    if not address.url.startswith("https:"):
        return None
    context = ssl.create_default_context()
    if address.ca:
        try:
            context.load_verify_locations(address.ca)
        except OSError as error:  # ssl.SSLError too: the file holds no certificate
            message = f"the certificates in {address.ca} cannot be read: {error.strerror or error}"
            raise InvalidInput([Diagnostic(code="bad-engine", message=message)]) from error
    return context


class Limited:
    """A connection pool whose answers are bounded in size and time, redirects not followed.

    It stands in the official clients too, which would read an answer that never ends.
    """

    def __init__(self, pool: urllib3.HTTPConnectionPool, title: str, seconds: float) -> None:
        self._pool = pool
        self._title = title
        self._seconds = seconds
        self.after = 0.0
        """Seconds that the last answer asks to wait before the next request."""

    def close(self) -> None:
        """Close the connections."""
        self._pool.close()

    def urlopen(
        self, method: str, url: str, body: bytes | None = None, **given: Any
    ) -> urllib3.BaseHTTPResponse:
        """Return an answer that is read to its end, with the headers that matter here.

        Others are dropped: the official clients print what a ``Warning`` says.
        """
        self.after = 0.0
        deadline = time.monotonic() + self._seconds
        given = {"timeout": urllib3.Timeout(total=self._seconds), "retries": False, **given}
        try:
            response = self._pool.urlopen(
                method, url, body, redirect=False, preload_content=False, **given
            )
        except ValueError:  # its words would repeat a header
            message = "no request can be made of this address and these credentials"
            raise urllib3.exceptions.HTTPError(message) from None
        try:
            found = self._read(response, deadline)
        except BaseException:
            response.close()  # what is still to come must not become the next answer
            raise
        finally:
            response.release_conn()
        self.after = _seconds(response.headers.get("Retry-After", ""))
        return urllib3.HTTPResponse(
            body=found,
            status=response.status,
            headers={name: one for name, one in response.headers.items() if name.lower() in _KEPT},
        )

    def _read(self, response: urllib3.BaseHTTPResponse, deadline: float) -> bytes:
        found = bytearray()
        while chunk := response.read1(_CHUNK):
            found += chunk
            if len(found) > MOST_BYTES:
                message = f"{self._title} answers with more than {MOST_BYTES} bytes"
                raise urllib3.exceptions.HTTPError(message)
            if time.monotonic() > deadline:
                message = "the answer does not end"
                raise urllib3.exceptions.ReadTimeoutError(self._pool, "", message)
        return bytes(found)


_KEPT = frozenset({"content-type", "location", "retry-after", "x-elastic-product"})


class Http:
    """A server that speaks HTTP."""

    def __init__(self, title: str, address: Address, headers: Mapping[str, str]) -> None:
        self.title = f"{title} at {address.url}"
        self._address = address
        self._headers = {"Accept-Encoding": "identity", **headers}
        self._prefix = urlsplit(address.url).path
        manager = urllib3.PoolManager(num_pools=1, maxsize=1, ssl_context=trust(address))
        pool = manager.connection_from_url(address.url)
        self._limited = Limited(pool, self.title, address.timeout)

    def close(self) -> None:
        """Close the connections."""
        self._limited.close()

    def send(
        self,
        method: str,
        path: str,
        body: bytes | str | None = None,
        *,
        fields: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        retry: bool = True,
    ) -> Answer:
        """Return an answer, whatever its status; "later" is waited for.

        Raises ``EngineTimeout`` or ``EngineFailure`` where there is none.
        """

        def once() -> Answer:
            answer = self._once(method, path, body, fields, headers)
            if retry and answer.status in BUSY:
                message = f"{self.title} is busy: {answer.status} {answer.excerpt()}"
                raise Later(message, self._limited.after)
            return answer

        return patiently(once, patience=self._address.timeout)

    def _once(
        self,
        method: str,
        path: str,
        body: bytes | str | None,
        fields: Mapping[str, str] | None,
        headers: Mapping[str, str] | None,
    ) -> Answer:
        url = self._prefix + path
        content = body.encode("utf-8", "surrogatepass") if isinstance(body, str) else body
        kind = {}
        if fields and (content is not None or method == "GET"):
            url += "?" + urlencode(fields)
        elif fields:
            content = urlencode(fields).encode()
            kind = {"Content-Type": "application/x-www-form-urlencoded"}
        try:
            response = self._limited.urlopen(
                method, url, content, headers={**self._headers, **kind, **(headers or {})}
            )
        except urllib3.exceptions.TimeoutError as error:
            seconds = f"{self._address.timeout:g} seconds"
            message = f"{self.title} does not answer within {seconds}"
            raise EngineTimeout(message) from error
        except urllib3.exceptions.HTTPError as error:
            message = f"{self.title} cannot be reached: {_reason(error)}"
            raise EngineFailure(message) from error
        return Answer(response.status, response.data or b"", self.title, self._address.hidden)


def _reason(error: Exception) -> str:
    """Return the innermost reason of an error, without addresses of objects."""
    while isinstance(inner := getattr(error, "reason", None) or error.__cause__, Exception):
        error = inner
    text = str(error).split(": ", 1)[-1] if "object at 0x" in str(error) else str(error)
    return text or type(error).__name__


def _seconds(text: str) -> float:
    """Return the seconds that ``Retry-After`` says, as a number or a date (RFC 9110, 10.2.3)."""
    if text.isascii() and text.isdigit():
        return float(text[:9])
    try:
        pause = parsedate_to_datetime(text) - datetime.now(UTC)
    except (ValueError, TypeError, OverflowError):  # TypeError: a date without a time zone
        return 0.0
    return max(0.0, pause.total_seconds())
