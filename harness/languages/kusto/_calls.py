"""Calls of functions: those of the table, those that need more than values, and the user's own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from types import MappingProxyType
from typing import Any

from harness.errors import Fault
from harness.ir import (
    Choice,
    Condition,
    Constant,
    Equals,
    Function,
    Has,
    Not,
    Predicate,
    Presence,
    Truth,
    all_of,
)
from harness.ir.regexes import compile_regex
from harness.languages.kusto import _values
from harness.languages.kusto._bind import bind, check_regex, condition, text_of
from harness.languages.kusto._environment import Defined, Environment
from harness.languages.kusto._functions import FUNCTIONS
from harness.languages.kusto._literals import TYPES
from harness.languages.kusto._syntax import Body, Invocation, Value
from harness.languages.kusto._typed import (
    UNDEFINED,
    Typed,
    applied,
    atom,
    constant,
    test,
    truth_of,
)

Special = Callable[[Invocation, Environment], Typed]


def call(node: Invocation, env: Environment) -> Typed:
    """Return what a call gives."""
    variable = env.variables.get(node.name)
    if isinstance(variable, Defined) and isinstance(variable.let.value, Body):
        return _own(node, variable.let.value, variable, env)
    special = _SPECIAL.get(node.name)
    if special is not None:
        return special(node, env)
    signature = FUNCTIONS.get(node.name)
    if signature is None:
        raise _unknown(node, env)
    arguments = tuple(bind(item, env) for item in node.arguments)
    _count(node, len(arguments), signature.least, signature.most, env)
    if node.name in {"bin", "floor"}:
        _check_bin(arguments[0], arguments[1], node.name, env)
    ready = tuple(
        _argument(item, signature.kind(index), node.name, env)
        for index, item in enumerate(arguments)
    )
    function = Function(f"kusto.{node.name}", signature.apply, strict=signature.strict)
    return applied(function, ready, signature.gives or arguments[0].type, node.span)


def _unknown(node: Invocation, env: Environment) -> Exception:
    known = {name.lower(): name for name in (*FUNCTIONS, *_SPECIAL)}
    written = known.get(node.name.lower())
    if written is not None:
        return env.fail(
            node.span,
            f"there is no function {node.name!r}",
            f"names are case-sensitive: write {written!r}",
        )
    return env.refuse(node.span, f"the function {node.name}", "it is not known here")


def _count(node: Invocation, given: int, least: int, most: int, env: Environment) -> None:
    if not least <= given <= most:
        wanted = str(least) if least == most else f"{least} to {most}"
        raise env.fail(
            node.span, f"the function {node.name!r} takes {wanted} arguments, not {given}"
        )


_TAKES: Mapping[str, tuple[frozenset[str], str]] = {
    "n": (_values.NUMBERS, "a number"),
    "w": (_values.NUMBERS, "a number or a timespan"),
    "o": (_values.NUMBERS, "numbers, moments or texts"),
    "i": (frozenset(("int", "long")), "a whole number"),
    "k": (frozenset(("int", "long")), "a whole number"),
    "d": (frozenset(("datetime",)), "a datetime"),
    "a": (frozenset(("dynamic",)), "a dynamic array or bag"),
    "j": (frozenset(("string", "dynamic")), "text or a dynamic value"),
    "v": (frozenset(("string", "dynamic")), "text"),
    "h": (frozenset(("string",)), "text"),
}
_LEFT_OPEN: Mapping[str, frozenset[str]] = {
    "w": frozenset(("timespan",)),
    "o": frozenset(("datetime", "timespan", "string")),
    "v": frozenset(TYPES.values()) - {"string", "dynamic"},
    "h": frozenset(TYPES.values()) - {"string", "dynamic"},
}
"""Types that a function takes as well, and that are not evaluated there."""


def _argument(item: Typed, kind: str, name: str, env: Environment) -> Typed:
    """Return an argument as its function takes it."""
    if kind == "x":
        spelled = item.type == "bool" and name in _SPELLS
        return applied(_SPELLED, (item,), item.type, item.span) if spelled else item
    if kind == "s":
        return text_of(item, env, f"{name}()")
    types, what = _TAKES[kind]
    if item.type in _LEFT_OPEN.get(kind, ()):
        reason = (
            "only numbers are evaluated" if kind in "wo" else "it is not said how it is written"
        )
        raise env.refuse(item.span, f"{name}() of a {item.type}", reason)
    if item.type not in types and item.type:
        raise env.fail(item.span, f"{name}() takes {what}, and this is a {item.type}")
    if kind == "k" and not item.constant:
        raise env.fail(item.span, f"{name}() takes a constant here")
    if kind in {"v", "h"}:
        return text_of(item, env, f"{name}()")
    if kind in {"a", "j"}:
        return item
    function = Function(f"kusto.argument.{kind}", _GUARDS[kind])
    return applied(function, (item,), item.type, item.span)


_SPELLS = frozenset(("tostring", "strcat", "strcat_delim"))
"""Functions whose result shows how a bool is written."""


def _spelled(_: Any) -> Any:
    return _values.fails("the letter case of a bool that becomes text is not documented")


_SPELLED = Function("kusto.argument.spelled", _spelled)
_ROUNDED = ({"number"}, {"datetime", "timespan"}, {"timespan"})


def _check_bin(value: Typed, size: Typed, name: str, env: Environment) -> None:
    """Refuse what ``bin`` and ``floor`` do not round to."""
    kinds = {_values.group(item.type) for item in (value, size)}
    fits = kinds in _ROUNDED and _values.group(size.type) != "datetime"
    if "" not in kinds and not fits:
        raise env.fail(value.span, f"{name}() does not round a {value.type} to a {size.type}")


def _number(value: Any) -> Any:
    value = _values.plain(value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        _values.fails("a function of numbers meets another value")
    return value


def _whole(value: Any) -> Any:
    value = _number(value)
    if not isinstance(value, int):
        _values.fails("a function of whole numbers meets another value")
    return value


def _moment(value: Any) -> Any:
    found = _values.moment(value)
    return _values.fails("a function of datetimes meets another value") if found is None else found


_GUARDS: Mapping[str, Callable[[Any], Any]] = {
    "n": _number,
    "w": _number,
    "o": _number,
    "i": _whole,
    "k": _whole,
    "d": _moment,
}


def _own(node: Invocation, body: Body, defined: Defined, env: Environment) -> Typed:
    """Return what a function of the query itself gives."""
    values = arguments(node, body, env)
    inner = defined.environment.called(values, node.span, after=env)
    for let in body.lets:
        inner = inner.define(let)
    return bind(body.result, inner).at(node.span)


def arguments(node: Invocation, body: Body, env: Environment) -> dict[str, Any]:
    """Return the values of a function's parameters."""
    least = sum(item.default is None for item in body.parameters)
    _count(node, len(node.arguments), least, len(body.parameters), env)
    values: dict[str, Any] = {}
    for index, parameter in enumerate(body.parameters):
        if parameter.type == "table":
            raise env.refuse(node.span, "a table as an argument", "only values are passed on")
        if index < len(node.arguments):
            given = bind(node.arguments[index], env)
        else:
            assert parameter.default is not None
            given = bind(parameter.default, env)
        kinds = {_values.group(given.type), _values.group(parameter.type)}
        if len(kinds) > 1 and "" not in kinds:
            raise env.refuse(
                given.span,
                f"a {given.type} for the {parameter.type} {parameter.name!r}",
                "Microsoft's parser takes it, and the manual does not say what becomes of it",
            )
        values[parameter.name] = given
    return values


def _not(node: Invocation, env: Environment) -> Typed:
    """``not(condition)``."""
    _count(node, len(node.arguments), 1, 1, env)
    return test(Not(condition(node.arguments[0], env)), node.span)


def _null(*, wanted: bool) -> Special:
    """``isnull(value)``: never true of a string."""

    def read(node: Invocation, env: Environment) -> Typed:
        _count(node, len(node.arguments), 1, 1, env)
        item = bind(node.arguments[0], env)
        found = _is_null(item.at(node.span))
        return test(found if wanted else Not(found), node.span)

    return read


def _is_null(item: Typed) -> Predicate:
    if item.type == "string":
        return Constant(Truth.FALSE, item.span, about=_about(item))
    if item.direct and item.column is not None:
        absent = Presence(field=item.column, has=Has.NULL, span=item.span)
        # a missing string is no null, and a missing value of any other type is one
        return all_of(absent, UNDEFINED) if item.type == "" else absent
    function = Function("kusto.isnull", lambda value: value is None, strict=False)
    found = applied(function, (item,), "bool", item.span)
    return _function_test(found)


def _about(item: Typed) -> tuple[str, ...]:
    return () if item.column is None else (item.column,)


def _function_test(found: Typed) -> Predicate:
    if found.constant:
        return Constant(Truth.of(found.value), found.span)
    return Condition(expression=found.expression, truth=truth_of, span=found.span)


def _empty(*, wanted: bool) -> Special:
    """``isempty(value)``: true of a null and of the empty string."""

    def read(node: Invocation, env: Environment) -> Typed:
        _count(node, len(node.arguments), 1, 1, env)
        item = bind(node.arguments[0], env).at(node.span)
        found = _is_empty(item)
        return test(found if wanted else Not(found), node.span)

    return read


def _is_empty(item: Typed) -> Predicate:
    if item.type not in {"string", "dynamic", ""}:
        return _is_null(item)
    if item.column is not None:
        return atom(item, Equals(""), missing=_missing_is_empty(item))
    function = Function("kusto.isempty", lambda value: value in (None, ""), strict=False)
    return _function_test(applied(function, (item,), "bool", item.span))


def _missing_is_empty(item: Typed) -> Truth:
    try:
        return Truth.of(item.convert(None) in (None, ""))
    except Fault:
        return Truth.UNDEFINED


def _choice(node: Invocation, env: Environment) -> Typed:
    """``iff(condition, then, otherwise)`` and ``case(condition, then, ..., otherwise)``."""
    count = len(node.arguments)
    if node.name == "case":
        _count(node, count, 3, 65, env)
        if count % 2 == 0:
            raise env.fail(node.span, "case() ends with the value for all other rows")
    else:
        _count(node, count, 3, 3, env)
    otherwise = bind(node.arguments[-1], env)
    expression, kinds = otherwise.expression, {otherwise.type}
    for at in range(count - 3, -1, -2):
        then = bind(node.arguments[at + 1], env)
        kinds.add(then.type)
        expression = Choice(condition(node.arguments[at], env), then.expression, expression)
    return Typed(expression=expression, type=_common(kinds, node, env), span=node.span)


def _common(kinds: set[str], node: Invocation, env: Environment) -> str:
    """Return the type that several values have in common."""
    if len(kinds) == 1:
        return next(iter(kinds))
    if kinds <= _values.NUMBERS:
        return max(kinds, key=("int", "long", "real", "decimal").index)
    if "" in kinds:
        return next(iter(kinds - {""})) if len(kinds) == 2 else ""  # noqa: PLR2004 - one more
    raise env.refuse(node.span, f"{node.name}() of different types", "its type is not documented")


def _coalesce(node: Invocation, env: Environment) -> Typed:
    """``coalesce(value, ...)``: the first that is neither null nor the empty string."""
    _count(node, len(node.arguments), 2, 64, env)
    found = [bind(item, env) for item in node.arguments]
    kinds = {_values.group(item.type) for item in found} - {""}
    if len(kinds) > 1:
        raise env.fail(node.span, "the arguments of coalesce() have no common type")
    function = Function("kusto.coalesce", _first, strict=False)
    return applied(function, tuple(found), found[0].type, node.span)


def _first(*values: Any) -> Any:
    return next((value for value in values if value not in (None, "")), values[-1])


def _now(node: Invocation, env: Environment) -> Typed:
    """``now(offset?)`` and ``ago(span)``."""
    back = node.name == "ago"
    _count(node, len(node.arguments), int(back), 1, env)
    if not node.arguments:
        return constant(env.context.now, "datetime", node.span)
    item = bind(node.arguments[0], env)
    if item.type != "timespan":
        raise env.fail(
            item.span, f"{node.name}() takes a timespan, and this is a {item.type or 'value'}"
        )
    if not item.constant or not isinstance(item.value, timedelta):
        raise env.refuse(item.span, f"{node.name}() of a value from data", "it is not evaluated")
    try:
        moment = env.context.now - item.value if back else env.context.now + item.value
    except OverflowError as error:
        raise env.refuse(
            item.span, "a moment outside the calendar", "it is not evaluated"
        ) from error
    return constant(moment, "datetime", node.span)


def _if_exists(node: Invocation, env: Environment) -> Typed:
    """``column_ifexists(name, default)``."""
    _count(node, len(node.arguments), 2, 2, env)
    name, default = (bind(item, env) for item in node.arguments)
    if not name.constant or name.type != "string":
        raise env.fail(name.span, "column_ifexists() takes the name of a column as a text")
    found = env.columns.known.get(name.value)
    if found is None and env.columns.open and name.value not in env.columns.gone:
        raise env.refuse(node.span, "column_ifexists()", "whether the column exists is not known")
    return (default if found is None else found).at(node.span)


def _regex_call(node: Invocation, env: Environment) -> Typed:
    """``extract(regex, group, text, type?)`` and ``replace_regex(text, regex, new)``."""
    if node.name in {"replace_regex", "replace"}:
        return _replace_regex(node, env)
    _count(node, len(node.arguments), 3, 4, env)
    pattern, group, text = (bind(item, env) for item in node.arguments[:3])
    wanted = check_regex(pattern, env)
    if group.type not in {"int", "long", ""}:
        raise env.fail(group.span, f"a group is a whole number, and this is a {group.type}")
    if not group.constant or not isinstance(group.value, int):
        raise env.refuse(group.span, "a group from data", "only constant groups are evaluated")
    number = group.value

    def found(value: str) -> str:
        for hit in compile_regex(wanted, "rust").finds(value):  # type: ignore[attr-defined]
            if not 0 <= number <= len(hit.groups):
                _values.fails("extract() asks for a group that is not there")
            return (value[hit.start : hit.end] if number == 0 else hit.groups[number - 1]) or ""
        return ""

    subject = text_of(text, env, "extract()")
    function = Function(f"kusto.extract {wanted!r} {number}", found)
    result = applied(function, (subject,), "string", node.span)
    return _converted(result, node, env)


def _converted(item: Typed, node: Invocation, env: Environment) -> Typed:
    """Return what ``extract`` found as the type it is asked for."""
    if len(node.arguments) <= 3:  # noqa: PLR2004 - the type is the fourth argument
        return item
    wanted = node.arguments[3]
    if not isinstance(wanted, Value) or wanted.type != "type" or wanted.value not in TYPES:
        raise env.fail(wanted.span, "extract() takes a type such as typeof(long)")
    kind = TYPES[wanted.value]
    if kind == "string":
        return item
    return applied(Function(f"kusto.to.{kind}", _values.COLUMN[kind]), (item,), kind, node.span)


def _replace_regex(node: Invocation, env: Environment) -> Typed:
    _count(node, len(node.arguments), 3, 3, env)
    if node.name == "replace":
        raise env.refuse(node.span, "the function replace", "it is deprecated: use replace_regex()")
    subject, pattern, new = (bind(item, env) for item in node.arguments)
    wanted = check_regex(pattern, env)
    if not new.constant or new.type != "string" or "\\" in new.value or "$" in new.value:
        raise env.refuse(new.span, "groups in a replacement", "only plain texts are evaluated")
    fresh = new.value

    def replaced(value: str) -> str:
        parts, at = [], 0
        for hit in compile_regex(wanted, "rust").finds(value):  # type: ignore[attr-defined]
            parts += [value[at : hit.start], fresh]
            at = hit.end
        return "".join([*parts, value[at:]])

    function = Function(f"kusto.replace_regex {wanted!r} {fresh!r}", replaced)
    text = text_of(subject, env, "replace_regex()")
    return applied(function, (text,), "string", node.span)


def _trim(node: Invocation, env: Environment) -> Typed:
    """``trim(regex, text)``, ``trim_start`` and ``trim_end``."""
    _count(node, len(node.arguments), 2, 2, env)
    pattern, subject = (bind(item, env) for item in node.arguments)
    wanted = check_regex(pattern, env)
    start, end = node.name != "trim_end", node.name != "trim_start"

    def trimmed(value: str) -> str:
        if start:
            for hit in compile_regex(rf"\A(?:{wanted})", "rust").finds(value):  # type: ignore[attr-defined]
                value = value[hit.end :]
                break
        if end:
            for hit in compile_regex(rf"(?:{wanted})\z", "rust").finds(value):  # type: ignore[attr-defined]
                value = value[: hit.start]
                break
        return value

    function = Function(f"kusto.{node.name} {wanted!r}", trimmed)
    text = text_of(subject, env, f"{node.name}()")
    return applied(function, (text,), "string", node.span)


def _refused(reason: str) -> Special:
    def read(node: Invocation, env: Environment) -> Typed:
        raise env.refuse(node.span, f"the function {node.name}", reason)

    return read


def _aggregate(node: Invocation, env: Environment) -> Typed:
    raise env.fail(node.span, f"the aggregate function {node.name!r} stands outside 'summarize'")


_SEVERAL = "its result depends on several rows"
_AGGREGATES = """
    count countif dcount dcountif sum sumif avg avgif min max arg_max arg_min make_set make_list
    make_bag take_any percentile percentiles stdev variance make_set_if make_list_if
"""
_SPECIAL: Mapping[str, Special] = MappingProxyType(
    {
        "not": _not,
        "isnull": _null(wanted=True),
        "isnotnull": _null(wanted=False),
        "notnull": _null(wanted=False),
        "isempty": _empty(wanted=True),
        "isnotempty": _empty(wanted=False),
        "notempty": _empty(wanted=False),
        "iff": _choice,
        "iif": _choice,
        "case": _choice,
        "coalesce": _coalesce,
        "now": _now,
        "ago": _now,
        "column_ifexists": _if_exists,
        "columnifexists": _if_exists,
        "extract": _regex_call,
        "replace_regex": _regex_call,
        "replace": _regex_call,
        "trim": _trim,
        "trim_start": _trim,
        "trim_end": _trim,
        **dict.fromkeys(_AGGREGATES.split(), _aggregate),
        "row_number": _refused(_SEVERAL),
        "row_cumsum": _refused(_SEVERAL),
        "prev": _refused(_SEVERAL),
        "next": _refused(_SEVERAL),
        "ingestion_time": _refused("an event does not say when it was stored"),
        "rand": _refused("its result is random"),
        "new_guid": _refused("its result is random"),
    }
)

KNOWN = frozenset((*FUNCTIONS, *_SPECIAL))
"""The functions that give a value rather than a table."""
