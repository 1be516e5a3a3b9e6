"""Checking the calls of functions."""

from __future__ import annotations

from difflib import get_close_matches
from functools import partial
from typing import TYPE_CHECKING

from harness.ir import Function
from harness.languages.esql import datefunctions, values
from harness.languages.esql.columns import as_used
from harness.languages.esql.functions import (
    AGGREGATIONS,
    ALIASES,
    FUNCTIONS,
    UNEVALUATED,
    Signature,
)
from harness.languages.esql.syntax import Invocation
from harness.languages.esql.typed import (
    ANYTHING,
    DATES,
    NUMBERS,
    TEXTS,
    Chosen,
    Constant,
    Node,
    Opaque,
    plain,
)
from harness.source import Span

if TYPE_CHECKING:
    from harness.languages.esql.analysis import Analysis

_SPECIAL = frozenset({"case", "now", "match", "match_phrase"})
_COMPARED = frozenset({"greatest", "least", "mv_max", "mv_min", "mv_sort"})
_FEWEST = 2
"""Arguments of ``CASE`` and ``MATCH`` at least."""


class Calls:
    """What an analysis knows about functions."""

    def __init__(self, analysis: Analysis) -> None:
        self._analysis = analysis

    def invocation(self, node: Invocation) -> Node:
        """Return the meaning of a call."""
        name = ALIASES.get(node.name, node.name)
        if name not in FUNCTIONS and name not in _SPECIAL:
            return self._unevaluated(name, node)
        every = _wants_every(node.options) if name == "match" else None
        if node.options and every is None:
            feature = f"options of {name.upper()}"
            return self._analysis.opaque(node.span, feature, "they are not modelled")
        arguments = tuple(map(self._analysis.expression, node.arguments))
        match name:
            case "now":
                return self._now(arguments, node.span)
            case "case":
                return self._case(arguments, node.span)
            case "match" | "match_phrase":
                return self._match(name, arguments, node.span, every=bool(every))
            case _:
                return self.call(FUNCTIONS[name], arguments, node.span)

    def _unevaluated(self, name: str, node: Invocation) -> Node:
        if name in UNEVALUATED:
            feature = f"the function {name.upper()}"
            return self._analysis.opaque(node.span, feature, "it is not evaluated yet")
        if name in AGGREGATIONS:
            self._analysis.fail(node.span, f"{name.upper()} aggregates rows: it belongs in STATS")
        near = get_close_matches(name, [*FUNCTIONS, *_SPECIAL, *UNEVALUATED], n=1)
        hint = f"did you mean {near[0].upper()}?" if near else ""
        return self._analysis.fail(node.span, f"there is no function {name[:60]!r}", hint)

    def call(self, signature: Signature, arguments: tuple[Node, ...], span: Span) -> Node:
        """Return a checked call of a function."""
        self._check_count(signature, len(arguments), span)
        checked = [
            self._analysis.argument(item, signature.kind(at)) for at, item in enumerate(arguments)
        ]
        if signature.kind(1) == "same":
            checked = self._alike(checked, span)
        opaque = next((item for item in checked if isinstance(item, Opaque)), None)
        if opaque is not None:
            return opaque
        kind = self._result(signature, checked)
        special = self._special(signature, checked, span)
        if special is not None:
            return special
        return self._analysis.folded(
            signature.name, self._function(signature, checked), tuple(checked), kind, span
        )

    def _check_count(self, signature: Signature, count: int, span: Span) -> None:
        if count < signature.fewest or (count > len(signature.kinds) and not signature.repeats):
            few, many = signature.fewest, len(signature.kinds)
            wanted = f"{few} or more" if signature.repeats else str(few)
            wanted = f"{few} to {many}" if few < many and not signature.repeats else wanted
            message = f"{signature.name.upper()} takes {wanted} arguments, not {count}"
            self._analysis.fail(span, message)

    def _alike(self, arguments: list[Node], span: Span) -> list[Node]:
        """Return arguments of one type; constants of text are read as that of the others."""
        typed = [item.type for item in arguments if item.type not in ANYTHING]
        kind = next((item for item in typed if item != "keyword"), typed[0] if typed else "null")
        found = [as_used(self._analysis.read(item, kind), kind) for item in arguments]
        kinds = {item.type for item in found} - ANYTHING
        if len(kinds) > 1 and not kinds <= TEXTS and not kinds <= NUMBERS - {"unsigned_long"}:
            listed = " and ".join(sorted(kinds))
            self._analysis.fail(span, f"the arguments are of one type, not {listed}")
        return found

    def _result(self, signature: Signature, arguments: list[Node]) -> str:
        if isinstance(signature.gives, str):
            return signature.gives
        kinds = [item.type for item in arguments]
        if signature.kind(1) == "same":
            known = [kind for kind in kinds if kind != "null"]
            order = ("double", "long", *known, "null")
            return next(kind for kind in order if kind in (known or ["null"]))
        kind = kinds[signature.gives]
        return "keyword" if kind == "text" else kind

    def _special(self, signature: Signature, checked: list[Node], span: Span) -> Node | None:
        """Return the calls whose values are not modelled, as such."""
        name, kinds = signature.name, {item.type for item in checked}
        feature = f"{name.upper()} of {' and '.join(sorted(kinds))}"
        if name in _COMPARED and "version" in kinds:
            return self._analysis.opaque(span, feature, "versions are not ordered there")
        if "date_nanos" in kinds and (signature.kinds != ("any",) or signature.values == "each"):
            return self._analysis.opaque(span, feature, "nanoseconds are not modelled there")
        first = plain(checked[0])
        wanted = first.value if isinstance(first, Constant) else None
        if name == "date_extract" and isinstance(wanted, str):
            known = datefunctions.knows_part(wanted)
            feature = f"DATE_EXTRACT of {wanted[:30]!r}"
            return None if known else self._analysis.opaque(span, feature, "it is not modelled")
        if name == "date_trunc" and isinstance(wanted, datefunctions.Span):
            if datefunctions.can_truncate(wanted):
                return None
            return self._analysis.opaque(span, "DATE_TRUNC by this span", "it is not modelled")
        if name == "date_diff" and isinstance(wanted, str) and datefunctions.unit(wanted) is None:
            if wanted.lower() in {"microsecond", "microseconds", "mcs", "nanosecond", "ns"}:
                return self._analysis.opaque(span, "DATE_DIFF in that unit", "it is not modelled")
            self._analysis.fail(first.span, f"there is no unit {wanted[:40]!r} for DATE_DIFF")
        return None

    def _function(self, signature: Signature, checked: list[Node]) -> Function:
        first = checked[0].type
        if signature.name == "to_string" and first == "datetime":
            apply = values.each(values.instant_text)
            return Function("esql.to_string of a date", apply, strict=False)
        if signature.name in {"abs", "mv_sum", "round"} and first == "integer":
            return Function(
                f"esql.{signature.name} integer",
                partial(_within, signature.function.apply, first),
                strict=False,
            )
        return signature.function

    def _now(self, arguments: tuple[Node, ...], span: Span) -> Node:
        if arguments:
            self._analysis.fail(span, f"NOW takes no arguments, not {len(arguments)}")
        moment = self._analysis.scope.context.now
        return Constant(int(moment.timestamp() * 1000), "datetime", span)

    def _case(self, arguments: tuple[Node, ...], span: Span) -> Node:
        """Return ``CASE(condition, value, ..., default)``."""
        if len(arguments) < _FEWEST:
            self._analysis.fail(span, f"CASE takes 2 or more arguments, not {len(arguments)}")
        pairs = len(arguments) // 2
        conditions = [as_used(item, "boolean") for item in arguments[: 2 * pairs : 2]]
        for condition in conditions:
            if condition.type not in ANYTHING | {"boolean"}:
                message = f"a condition of CASE is boolean, not {condition.type}"
                self._analysis.fail(condition.span, message)
        results = list(arguments[1 : 2 * pairs : 2])
        if len(arguments) % 2:
            results.append(arguments[-1])
        results = self._alike(results, span)
        opaque = next((i for i in (*conditions, *results) if isinstance(i, Opaque)), None)
        if opaque is not None:
            return opaque
        kind = next((item.type for item in results if item.type != "null"), "null")
        default = results[-1] if len(arguments) % 2 else Constant(None, "null", span)
        for condition, result in zip(reversed(conditions), reversed(results[:pairs]), strict=True):
            default = Chosen(
                condition, result, default, "keyword" if kind == "text" else kind, span
            )
        return default

    def _match(self, name: str, arguments: tuple[Node, ...], span: Span, *, every: bool) -> Node:
        if len(arguments) != _FEWEST:
            self._analysis.fail(span, f"{name.upper()} takes 2 arguments, not {len(arguments)}")
        column, wanted = arguments
        if isinstance(column, Opaque):
            return column
        if not isinstance(wanted, Constant):
            self._analysis.fail(wanted.span, f"{name.upper()} searches for a constant")
        if name == "match_phrase" and column.type not in TEXTS | ANYTHING:
            self._analysis.fail(column.span, f"MATCH_PHRASE searches texts, not {column.type}")
        if wanted.type in DATES:
            return self._analysis.opaque(span, f"{name.upper()} of a date", "it is not modelled")
        return self._analysis.found(name.upper(), column, wanted.value, span, every=every)


def _wants_every(options: tuple[tuple[str, object], ...]) -> bool | None:
    """Return whether all words are wanted; ``None`` for options that are not modelled."""
    if any(name != "operator" for name, _ in options):
        return None
    chosen = [str(value).lower() for _, value in options]
    return (chosen or ["or"])[-1] == "and"


def _within(apply: object, kind: str, *arguments: object) -> object:
    """Return a whole number that stays in the range of its type, else null."""
    found = apply(*arguments)  # type: ignore[operator]
    return values.fitting(found, kind) if isinstance(found, int) else found
