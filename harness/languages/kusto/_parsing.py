"""``parse``: columns out of the pieces of a text.

https://learn.microsoft.com/en-us/kusto/query/parse-operator
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from harness.ir import Condition, Function
from harness.languages.kusto import _values
from harness.languages.kusto._bind import bind, text_of
from harness.languages.kusto._environment import Environment
from harness.languages.kusto._state import State
from harness.languages.kusto._syntax import Parse, ParsePart
from harness.languages.kusto._typed import Typed, applied, truth_of

_MAX_PARTS = 100


def parse(node: Parse, state: State, env: Environment) -> State:
    """Add the columns of a pattern."""
    if node.kind != "simple":
        raise env.refuse(
            node.span, f"parse with kind={node.kind}", "only simple patterns are evaluated"
        )
    _check(node, env)
    subject = text_of(bind(node.expression, env), env, "parse")
    found: dict[str, Typed] = {}
    for part in node.parts:
        if part.column is None:
            continue
        pick = _picker(node.parts, part.column, part.type)
        function = Function(f"kusto.parse {_pattern(node)} {part.column}", pick)
        found[part.column] = applied(function, (subject,), part.type, part.span)
    state = state.with_columns(state.columns.assign(found))
    if not node.must_match:
        return state
    function = Function(f"kusto.parse-where {_pattern(node)}", _matcher(node.parts))
    test = applied(function, (subject,), "bool", node.span)
    return state.test(Condition(expression=test.expression, truth=truth_of, span=node.span))


def _pattern(node: Parse) -> str:
    return repr([(part.text, part.column, part.type) for part in node.parts])


def _check(node: Parse, env: Environment) -> None:
    if len(node.parts) > _MAX_PARTS:
        raise env.refuse(node.span, "a long pattern", f"more than {_MAX_PARTS} parts are not read")
    for one, other in zip(node.parts, node.parts[1:], strict=False):
        if one.text is None and other.text is None:
            raise env.refuse(
                other.span, "columns side by side in a pattern", "no text divides them"
            )
        if one.text is not None and other.text is not None:
            raise env.fail(other.span, "two texts stand side by side in a pattern")
    if any(part.text == "" for part in node.parts):
        raise env.refuse(
            node.span, "an empty text in a pattern", "what it divides is not documented"
        )


def _pieces(parts: tuple[ParsePart, ...], text: str) -> dict[str, str] | None:
    """Return the texts of the columns; ``None`` where the pattern does not match.

    A pattern without a star at an end may or may not have to reach that end; where it matters,
    there is no outcome.
    """
    strict = _split(parts, text, ends=True)
    if strict is None and _split(parts, text, ends=False) is not None:
        _values.fails("whether a pattern covers the whole text is not documented")
    return strict


def _split(parts: tuple[ParsePart, ...], text: str, *, ends: bool) -> dict[str, str] | None:
    found: dict[str, str] = {}
    at = 0
    for index, part in enumerate(parts):
        if part.text is None:
            continue
        before = parts[index - 1] if index else None
        last = index == len(parts) - 1
        where = text.find(part.text, at)
        if ends and last and text.endswith(part.text):
            where = max(where, len(text) - len(part.text)) if where != -1 else -1
        if where < at or (ends and before is None and where != 0):
            return None
        if before is not None and before.column is not None:
            found[before.column] = text[at:where]
        at = where + len(part.text)
    final = parts[-1]
    if ends and final.text is not None and at != len(text):
        return None
    if final.column is not None:
        found[final.column] = text[at:]
    return found


def _values_of(parts: tuple[ParsePart, ...], text: str) -> dict[str, Any] | None:
    """Return the values of the columns; ``None`` where one of them is not of its type."""
    pieces = _pieces(parts, text)
    if pieces is None:
        return None
    kinds = {part.column: part.type for part in parts if part.column is not None}
    found = {name: _values.COLUMN[kinds[name]](piece) for name, piece in pieces.items()}
    return None if None in found.values() else found


def _picker(parts: tuple[ParsePart, ...], name: str, kind: str) -> Callable[[str], Any]:
    def pick(text: str) -> Any:
        found = _values_of(parts, text)
        if found is None:
            return "" if kind == "string" else None
        return found.get(name)

    return pick


def _matcher(parts: tuple[ParsePart, ...]) -> Callable[[str], bool]:
    return lambda text: _values_of(parts, text) is not None
