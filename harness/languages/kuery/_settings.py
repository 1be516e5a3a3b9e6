"""The settings of Kibana that a query is read under, from a user's options."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from harness.errors import Diagnostic, InvalidInput
from harness.ir import Context


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What changes the meaning of a query's text."""

    data_view: bool = True
    leading_wildcards: bool = True
    time_zone: str | None = None


def settings(context: Context) -> Settings:
    """Return the settings of a query."""
    options = context.options
    zone = options.get("time_zone")
    return Settings(
        data_view=_flag(options.get("data_view", True), "data_view"),
        leading_wildcards=_flag(
            options.get("allow_leading_wildcard", True), "allow_leading_wildcard"
        ),
        time_zone=str(zone) if zone else None,
    )


def _flag(value: Any, name: str) -> bool:
    text = str(value).lower()
    if text not in {"true", "false"}:
        message = f"option {name!r} does not take {value!r}"
        raise InvalidInput(
            [Diagnostic(code="bad-option", message=message, hint="give true or false")]
        )
    return text == "true"
