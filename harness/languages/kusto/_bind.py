"""From what an expression says to what it means: names, types, tests."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from harness.ir import Constant, Function, Not, Predicate, Truth, all_of, any_of
from harness.ir.regexes import RegexError, TooComplex, compile_regex
from harness.languages.kusto import _anycolumn, _compare, _values
from harness.languages.kusto._arithmetic import calculation, is_arithmetic
from harness.languages.kusto._environment import Defined, Environment
from harness.languages.kusto._expressions import EQUALITY, ORDER, TEXT
from harness.languages.kusto._operators import OPERATORS, text_operator
from harness.languages.kusto._syntax import (
    Among,
    Between,
    Binary,
    Body,
    Element,
    Expression,
    Invocation,
    Joined,
    Name,
    Path,
    Pipeline,
    Scalar,
    Sign,
    Star,
    Value,
)
from harness.languages.kusto._typed import Typed, applied, as_text, constant, predicate, test
from harness.source import QuerySyntaxError, Span

TEXTUAL = frozenset(("string", "dynamic", ""))
LIMITS = {"has_any": 10_000, "has_all": 256}
"""https://learn.microsoft.com/en-us/kusto/query/has-any-operator and has-all-operator"""
MAX_VALUES = 10_000
_DEPRECATED = frozenset(("like", "notlike", "likecs", "notlikecs"))
_OTHER_ROWS = "it depends on other rows than the one at hand"


def bind(node: Expression, env: Environment) -> Typed:
    """Return what an expression means."""
    env.step(node.span)
    match node:
        case Value(value, kind, span):
            return constant(value, kind, span)
        case Name(name, span):
            return _name(name, span, env)
        case Joined():
            return _joined(node, env)
        case Binary():
            return _binary(node, env)
        case Among():
            return _among(node, env)
        case Between():
            return _between(node, env)
        case Sign():
            return _sign(node, env)
        case Path(base, name, span):
            return _property(bind(base, env), constant(name, "string", span), span, env)
        case Element(base, index, span):
            return _property(bind(base, env), bind(index, env), span, env)
        case Invocation():
            from harness.languages.kusto._calls import call  # noqa: PLC0415 - they hold each other

            return call(node, env)
        case Star(span):
            raise env.fail(span, "'*' stands where a value is expected")
        case Scalar(span):
            raise env.refuse(span, "toscalar()", _OTHER_ROWS)
        case Pipeline(span=span):
            raise env.refuse(span, "a table among values", _OTHER_ROWS)


def condition(node: Expression, env: Environment) -> Predicate:
    """Return an expression as a test; anything but a bool is refused."""
    found = bind(node, env)
    if found.type not in {"bool", ""}:
        raise env.fail(
            node.span,
            f"a condition must be a bool, and this is a {found.type}",
            "compare it with something",
        )
    return predicate(found)


def _name(name: str, span: Span, env: Environment) -> Typed:
    found = env.columns.known.get(name)
    if found is not None:
        return found.at(span)
    variable = env.variables.get(name)
    if variable is not None:
        return _variable(name, variable, span, env)
    column = env.columns.find(name, span)
    if column is not None:
        return column
    if env.columns.unnamed:
        raise env.refuse(span, f"the column {name}", "the service names columns without a name")
    near = env.columns.near(name)
    hint = f"did you mean {near!r}?" if near else ""
    raise env.fail(span, f"the name {name!r} is no column, table or variable", hint)


def _variable(name: str, variable: Any, span: Span, env: Environment) -> Typed:
    if isinstance(variable, Typed):
        return variable.at(span)
    if not isinstance(variable, Defined) or isinstance(variable.let.value, Body):
        raise env.fail(span, f"{name!r} is a table or a function, and a value is expected")
    known = env.budget.values.get(id(variable))
    if known is None:
        known = (variable, bind(variable.let.value, variable.environment))
        env.budget.values[id(variable)] = known
    return known[1].at(span)


def _joined(node: Joined, env: Environment) -> Typed:
    tests: list[Predicate] = []
    for item in node.items:
        found = bind(item, env)
        if found.type not in {"bool", "", "dynamic"}:
            raise env.fail(
                item.span, f"{node.operator!r} takes bool values, and this is a {found.type}"
            )
        tests.append(predicate(found))
    return test((all_of if node.operator == "and" else any_of)(*tests), node.span)


def _binary(node: Binary, env: Environment) -> Typed:
    symbol = node.operator
    if isinstance(node.left, Star):
        return _any_column(node, env)
    if symbol in _DEPRECATED:
        raise env.refuse(node.span, f"the operator {symbol}", "it is deprecated and not documented")
    left, right = bind(node.left, env), bind(node.right, env)
    if symbol in EQUALITY:
        equal = _compare.equal(left, right, node.span)
        return test(equal if symbol == "==" else Not(equal), node.span)
    if symbol in ORDER:
        _check_order(symbol, left, right, node.span, env)
        return test(_compare.ordered(symbol, left, right, node.span), node.span)
    if symbol in TEXT:
        return _text(symbol, left, right, node.span, env)
    found = calculation(symbol, left, right, node.span)
    if found is not None:
        return found
    if is_arithmetic(symbol, left.type, right.type):
        kinds = f"{left.type or 'a column'} {symbol} {right.type or 'a column'}"
        raise env.refuse(node.span, kinds, "its result is not documented")
    raise _undefined_for(symbol, left, right, node.span, env)


def _undefined_for(
    symbol: str, left: Typed, right: Typed, span: Span, env: Environment
) -> QuerySyntaxError:
    kinds = f"{left.type or 'this'} and {right.type or 'this'}"
    hint = "convert with tostring()" if symbol in TEXT else ""
    return env.fail(span, f"the operator {symbol!r} is not defined for {kinds}", hint)


def _text(symbol: str, left: Typed, right: Typed, span: Span, env: Environment) -> Typed:
    """Return ``left operator right`` on text."""
    spoken = text_operator(symbol)
    bag = right.constant and right.type == "dynamic" and not isinstance(right.value, str)
    if left.type not in TEXTUAL or right.type not in TEXTUAL or (bag and spoken.on_terms):
        raise _undefined_for(symbol, left, right, span, env)
    if spoken.name == "matches regex":
        check_regex(right, env)
    return test(_compare.text_test(spoken, left, right, span), span)


def check_regex(pattern: Typed, env: Environment) -> str:
    """Return the expression of a constant, refusing what the engine refuses."""
    if not pattern.constant:
        raise env.refuse(
            pattern.span, "a regular expression from data", "it is not known beforehand"
        )
    if pattern.type not in {"string", ""}:
        raise env.fail(pattern.span, f"a pattern is a text, and this is a {pattern.type}")
    text = _values.text(pattern.value)
    try:
        compile_regex(text, OPERATORS["matches regex"].dialect)
    except TooComplex as error:
        raise env.refuse(pattern.span, "this regular expression", str(error)) from error
    except RegexError as error:
        raise env.fail(pattern.span, f"the regular expression is not valid: {error}") from error
    return text


def _check_order(symbol: str, left: Typed, right: Typed, span: Span, env: Environment) -> None:
    """Refuse types that have no order with each other."""
    kinds = {_values.group(item.type) for item in (left, right)} - {""}
    if "bool" in kinds and kinds <= {"bool", "number"}:
        raise env.refuse(span, "order of a bool", "how it compares is not documented")
    fits = len(kinds) < 2 and kinds <= {*_compare.ORDERED_TYPES, "dynamic"}  # noqa: PLR2004
    if not fits and kinds != {"number", "dynamic"}:
        raise _undefined_for(symbol, left, right, span, env)


def _any_column(node: Binary, env: Environment) -> Typed:
    """Return ``* operator value``."""
    wanted = bind(node.right, env)
    if env.columns.gone or not all(item.direct for item in env.columns.known.values()):
        raise env.refuse(
            node.span, "a test of every column", "columns were made or dropped before it"
        )
    if not wanted.constant or wanted.type != "string":
        raise env.refuse(node.span, "a test of every column", "only constant texts are evaluated")
    symbol = "=~" if node.operator == ":" else node.operator
    spoken = text_operator(symbol)
    if symbol in _DEPRECATED or spoken.name == "matches regex" or spoken.negated:
        raise env.refuse(node.span, f"the operator {symbol} on every column", "it is not evaluated")
    return test(_anycolumn.holds(spoken, wanted.value, node.span), node.span)


def _among(node: Among, env: Environment) -> Typed:
    """Return ``left in (items)`` and its relatives."""
    left = bind(node.left, env)
    name = node.operator.removeprefix("!")
    if name != "in" and left.type not in TEXTUAL:
        raise env.fail(node.span, f"{node.operator!r} takes text, and this is a {left.type}")
    symbol = {"in": "==", "in~": "=~"}.get(name, "has")
    items, columns = _items(node, env)
    if len(items) > LIMITS.get(name, MAX_VALUES):
        raise env.refuse(node.span, f"a list of {len(items)} values", "it is too long")
    if columns and symbol == "has":
        raise env.refuse(node.span, f"{name} with a list from data", "it is not evaluated")
    test_one = _membership(symbol, left, node.span)
    spoken = text_operator(symbol)
    tests = [test_one(item) for item in items]
    tests += [_compare.in_dynamic(left, item, spoken, node.span) for item in columns]
    if not tests:
        found: Predicate = Constant(Truth.of(name == "has_all"), node.span)
    else:
        found = (all_of if name == "has_all" else any_of)(*tests)
    return test(Not(found) if node.operator.startswith("!") else found, node.span)


def _membership(symbol: str, left: Typed, span: Span) -> Callable[[Typed], Predicate]:
    spoken = text_operator(symbol)
    if symbol == "==":
        return lambda item: _compare.equal(left, item, span)

    def holds(item: Typed) -> Predicate:
        if item.type not in TEXTUAL:
            return Constant(Truth.UNDEFINED, span)
        return _compare.text_test(spoken, left, item, span)

    return holds


def _items(node: Among, env: Environment) -> tuple[list[Typed], list[Typed]]:
    """Return the single values of a list, and the arrays that events hold."""
    single: list[Typed] = []
    arrays: list[Typed] = []
    for item in node.items:
        if isinstance(item, Pipeline | Name) and _is_table(item, env, alone=len(node.items) == 1):
            raise env.refuse(item.span, "a table as a list of values", _OTHER_ROWS)
        found = bind(item, env)
        if found.constant and found.type == "dynamic":
            single += [
                constant(value, _kind(value), found.span)
                for value in _compare.flattened(found.value)
            ]
        elif found.type == "dynamic":
            arrays.append(found)
        else:
            single.append(found)
    return single, arrays


def _is_table(node: Expression, env: Environment, *, alone: bool = False) -> bool:
    """Return whether a name is one of a table; a name that is nothing else may be one."""
    if isinstance(node, Pipeline):
        return True
    if not isinstance(node, Name) or env.columns.known.get(node.name) is not None:
        return False
    variable = env.variables.get(node.name)
    if isinstance(variable, Defined):
        value = variable.let.value
        return not isinstance(value, Body) and _is_table(value, variable.environment, alone=True)
    if variable is None:
        return alone and env.columns.find(node.name, node.span) is None
    return not isinstance(variable, Typed)


def _kind(value: Any) -> str:
    return "string" if value is None else _values.kind_of(value)


def _between(node: Between, env: Environment) -> Typed:
    """Return ``left between (low .. high)``."""
    left, low, high = (bind(item, env) for item in (node.left, node.low, node.high))
    if low.type == "datetime" and high.type == "timespan":
        moved = calculation("+", low, high, high.span)
        assert moved is not None
        high = moved
    kinds = {_values.group(item.type) for item in (left, low, high)} - {""}
    known = len(kinds) == 1 and kinds <= _compare.ORDERED_TYPES
    if not known and not (kinds == {"number", "dynamic"} and left.type == "dynamic"):
        if (kinds and not kinds <= {*_compare.ORDERED_TYPES, "dynamic"}) or len(kinds) > 1:
            raise env.fail(
                node.span,
                f"{node.operator!r} takes numbers, datetimes or timespans of one type",
            )
        raise env.refuse(node.span, "between values without types", "give the types of the columns")
    found = _compare.between(left, low, high, node.span)
    return test(Not(found) if node.operator.startswith("!") else found, node.span)


def _sign(node: Sign, env: Environment) -> Typed:
    """Return ``-item`` or ``+item``."""
    item = bind(node.item, env)
    if item.type == "datetime":
        reason = "Microsoft's parser takes it, and the manual does not say what it is"
        raise env.refuse(node.span, "the sign of a datetime", reason)
    if item.type not in {*_values.NUMBERS, "timespan", "dynamic", ""}:
        raise env.fail(node.span, f"{node.operator!r} takes a number, and this is a {item.type}")
    if node.operator == "+":
        return item.at(node.span)
    return applied(Function("kusto.minus", _negated), (item,), item.type, node.span)


def _negated(value: Any) -> Any:
    if isinstance(value, bool | str | list | dict):
        _values.fails("the sign of a value that is no number")
    return -value


_KEYS = frozenset({"int", "long", "string", "dynamic", ""})


def _property(base: Typed, key: Typed, span: Span, env: Environment) -> Typed:
    """Return a slot of a dynamic value."""
    if base.type not in {"dynamic", ""}:
        raise env.fail(
            span,
            f"a {base.type} has no properties",
            "read a JSON text with parse_json()",
        )
    if key.type not in _KEYS:
        raise env.fail(key.span, f"a key is an int, a long or a string, and this is a {key.type}")
    if not key.constant:
        raise env.refuse(key.span, "a key from data", "only constant keys are evaluated")
    if base.type == "":
        base = applied(Function("kusto.bag", _bag), (base,), "dynamic", base.span)
    return applied(Function("kusto.slot", _slot), (base, key), "dynamic", span)


def _bag(value: Any) -> Any:
    """Return the value of a column without a type as a dynamic one."""
    if isinstance(value, str) and not isinstance(value, _values.Dynamic):
        _values.fails("a property of a text; whether the column is dynamic is not known")
    return _values.plain(value)


def _slot(value: Any, key: Any) -> Any:
    value = _values.plain(value)
    if isinstance(value, dict):
        return value.get(str(key)) if isinstance(key, str) else None
    if isinstance(value, list) and isinstance(key, int) and not isinstance(key, bool):
        return value[key] if -len(value) <= key < len(value) else None
    return None


def text_of(item: Typed, env: Environment, what: str) -> Typed:
    """Return an argument as text."""
    if item.type not in TEXTUAL:
        raise env.fail(item.span, f"{what} takes text, and this is a {item.type}", "use tostring()")
    return as_text(item)
