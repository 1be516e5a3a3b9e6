"""JSON and text over HTTP to a server that may be slow, busy, broken or hostile.

Answers are bounded in size and time, redirects are not followed, certificates are verified, and
no message repeats a header.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import urllib3

from harness.engines._addresses import Address
from harness.engines._base import EngineFailure, EngineTimeout
from harness.engines._retry import BUSY, Later, patiently

MOST_BYTES = 256 << 20
"""Bytes of an answer that are read; more is a failure."""
_CHUNK = 1 << 16
_SHOWN = 300


@dataclass(frozen=True, slots=True)
class Answer:
    """The status and body of an answer."""

    status: int
    body: bytes
    title: str

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
        shown = " ".join("".join(c if c.isprintable() else " " for c in text).split())
        return shown[:_SHOWN] or "(nothing)"


class Http:
    """A server that speaks HTTP."""

    def __init__(self, title: str, address: Address, headers: Mapping[str, str]) -> None:
        self.title = f"{title} at {address.url}"
        self._url = address.url
        self._timeout = address.timeout
        self._headers = {"Accept-Encoding": "identity", **headers}
        self._pool = urllib3.PoolManager(
            num_pools=1, maxsize=1, retries=False, ca_certs=address.ca or None
        )

    def close(self) -> None:
        """Close the connections."""
        self._pool.clear()

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
            answer, after = self._once(method, path, body, fields, headers)
            if retry and answer.status in BUSY:
                message = f"{self.title} is busy: {answer.status} {answer.excerpt()}"
                raise Later(message, after)
            return answer

        return patiently(once, patience=self._timeout)

    def _once(
        self,
        method: str,
        path: str,
        body: bytes | str | None,
        fields: Mapping[str, str] | None,
        headers: Mapping[str, str] | None,
    ) -> tuple[Answer, float]:
        deadline = time.monotonic() + self._timeout
        url = self._url + path
        if fields and body is not None:
            url += "?" + urlencode(fields)
        try:
            response = self._pool.request(
                method,
                url,
                body=body.encode("utf-8", "surrogatepass") if isinstance(body, str) else body,
                fields=None if body is not None else fields,
                headers={**self._headers, **(headers or {})},
                timeout=urllib3.Timeout(total=self._timeout),
                redirect=False,
                preload_content=False,
            )
            found = bytearray()
            for chunk in response.stream(_CHUNK):
                found += chunk
                if len(found) > MOST_BYTES:
                    message = f"{self.title} answers with more than {MOST_BYTES} bytes"
                    raise EngineFailure(message)
                if time.monotonic() > deadline:
                    message = (
                        f"{self.title} does not end its answer within {self._timeout:g} seconds"
                    )
                    raise EngineTimeout(message)
            response.release_conn()
        except urllib3.exceptions.TimeoutError as error:
            message = f"{self.title} does not answer within {self._timeout:g} seconds"
            raise EngineTimeout(message) from error
        except urllib3.exceptions.HTTPError as error:
            message = f"{self.title} cannot be reached: {_reason(error)}"
            raise EngineFailure(message) from error
        after = _seconds(response.headers.get("Retry-After", ""))
        return Answer(response.status, bytes(found), self.title), after


def _reason(error: Exception) -> str:
    """Return the innermost reason of an error, without addresses of objects."""
    while isinstance(inner := getattr(error, "reason", None) or error.__cause__, Exception):
        error = inner
    text = str(error).split(": ", 1)[-1] if "object at 0x" in str(error) else str(error)
    return text or type(error).__name__


def _seconds(text: str) -> float:
    return float(text) if text.isascii() and text.isdigit() and len(text) < 6 else 0.0  # noqa: PLR2004 - a day
