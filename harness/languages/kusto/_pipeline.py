"""From a table and its operators to a query."""

from __future__ import annotations

from dataclasses import replace
from fnmatch import fnmatchcase

from harness.ir import FALSE, Predicate, all_of, any_of
from harness.languages._scope import too_large
from harness.languages.kusto import _tables
from harness.languages.kusto._bind import bind, condition
from harness.languages.kusto._calls import KNOWN, arguments
from harness.languages.kusto._columns import of_table
from harness.languages.kusto._environment import Defined, Environment
from harness.languages.kusto._parsing import parse
from harness.languages.kusto._search import search
from harness.languages.kusto._state import Key, State
from harness.languages.kusto._syntax import (
    Assignment,
    Body,
    Columns,
    Element,
    Expression,
    Extend,
    Invocation,
    Name,
    NotRead,
    Operator,
    Ordering,
    Parse,
    Pass,
    Path,
    Pipeline,
    Rename,
    Search,
    Some,
    Sort,
    Star,
    Union,
    Where,
)
from harness.languages.kusto._typed import Typed, constant
from harness.source import Span

_CLUSTER = frozenset(("cluster", "database", "workspace", "app", "adx", "arg"))
MAX_PREDICATE = 200_000
"""Nodes of the predicate that one query stands for."""


def is_table(node: Expression, env: Environment) -> bool:
    """Return whether an expression gives a table rather than a value."""
    match node:
        case Pipeline() | Star():
            return True
        case Name(name):
            variable = env.variables.get(name)
            if isinstance(variable, Defined):
                value = variable.let.value
                inner = value.result if isinstance(value, Body) else value
                return is_table(inner, variable.environment)
            return isinstance(variable, State) or (
                variable is None and name not in env.context.types
            )
        case Invocation(name):
            variable = env.variables.get(name)
            if isinstance(variable, Defined) and isinstance(variable.let.value, Body):
                return is_table(variable.let.value.result, variable.environment)
            return name not in KNOWN
        case Path(base) | Element(base):
            return isinstance(base, Invocation) and base.name in _CLUSTER
        case _:
            return False


def table(node: Expression, env: Environment) -> State:
    """Return the rows of an expression."""
    env.step(node.span)
    match node:
        case Name(name, span):
            variable = env.variables.get(name)
            return _stored(name, span, env) if variable is None else _defined(node, variable, env)
        case Invocation(name, _, span):
            return _call(node, env)
        case Path(base, name, span) if isinstance(base, Invocation) and base.name in _CLUSTER:
            return _stored(name, span, env)
        case Pipeline(source, operators, _):
            return _pipeline(source, operators, env)
        case _:
            raise env.fail(node.span, "a table is expected here")


def _stored(name: str, span: Span, env: Environment) -> State:
    """Return a table of the database."""
    own = env.context.options.get("table")
    written = _tables.written(name, str(own or _tables.DEFAULT))
    if written is not None:
        raise env.fail(
            span,
            f"there is no table {name!r}",
            f"names are case-sensitive: write {written!r}",
        )
    state = State(of_table(env.context))
    if own is not None and not fnmatchcase(str(own), name.replace("[", "[[]")):
        return replace(state, tests=(FALSE,))
    return state


def _defined(node: Name, variable: Defined | Typed | State, env: Environment) -> State:
    if isinstance(variable, State):
        return variable
    if isinstance(variable, Typed):
        raise env.fail(node.span, f"{node.name!r} is a value, and a table is expected")
    value = variable.let.value
    if isinstance(value, Body):
        return _call(Invocation(node.name, (), node.span), env)
    inner = variable.environment
    if not is_table(value, inner):
        raise env.fail(node.span, f"{node.name!r} is a value, and a table is expected")
    return table(value, inner)


def _call(node: Invocation, env: Environment) -> State:
    """Return the table that a function gives."""
    variable = env.variables.get(node.name)
    if isinstance(variable, Defined) and isinstance(variable.let.value, Body):
        body = variable.let.value
        values = arguments(node, body, env)
        inner = variable.environment.called(values, node.span, after=env)
        for let in body.lets:
            inner = inner.define(let)
        return table(body.result, inner)
    if node.name in _CLUSTER and node.arguments:
        raise env.fail(node.span, f"{node.name}() is followed by the name of a table")
    if node.name == "table" and len(node.arguments) == 1:
        name = bind(node.arguments[0], env)
        if name.constant and isinstance(name.value, str):
            return _stored(name.value, node.span, env)
    if node.name in KNOWN:
        raise env.fail(node.span, f"{node.name}() gives a value, and a table is expected")
    if node.arguments:
        raise env.refuse(
            node.span, f"the function {node.name}", "what it filters is not known here"
        )
    return _stored(node.name, node.span, env)


def _pipeline(source: Expression, operators: tuple[Operator, ...], env: Environment) -> State:
    rest = operators
    first = operators[0] if operators else None
    if isinstance(source, Star):
        state = State(of_table(env.context))
        if isinstance(first, Union):
            state = _union([], first, env)
            rest = operators[1:]
        elif isinstance(first, Search) and first.tables:
            state = _merged([_branch(item, env) for item in first.tables], first.span, env)
    else:
        state = table(source, env)
    for operator in rest:
        state = _apply(operator, state, env)
    return state


def _apply(operator: Operator, state: State, env: Environment) -> State:
    env.step(operator.span)
    here = env.within(state.columns)
    match operator:
        case Where(node, span):
            return _filtered(state, condition(node, here), span, env)
        case Search(span=span):
            return _filtered(state, search(operator, here), span, env)
        case Extend():
            return _extend(operator, state, here)
        case Columns():
            return _columns(operator, state, here)
        case Rename():
            return _rename(operator, state, here)
        case Some():
            return _some(operator, state, here)
        case Sort(keys, _):
            return replace(state, order=tuple(_key(item, here) for item in keys))
        case Union():
            return _union([state], operator, env)
        case Parse():
            return parse(operator, state, here)
        case Pass():
            return state
        case NotRead(name, reason, span):
            raise env.refuse(span, f"the operator {name}", reason)


def filtered(state: State, node: Expression, env: Environment) -> State:
    """Return the rows that pass a condition."""
    test = condition(node, env.within(state.columns))
    return _filtered(state, test, node.span, env)


def _filtered(state: State, test: Predicate, span: Span, env: Environment) -> State:
    if too_large(test, MAX_PREDICATE):
        raise env.refuse(
            span, "a large condition", "it is larger, or nests deeper, than is evaluated"
        )
    return state.test(test)


def _assigned(item: Assignment, env: Environment) -> tuple[str, Typed]:
    """Return the name of a new column, empty where the service chooses it, and its value."""
    if len(item.names) > 1:
        raise env.refuse(item.span, "several names for one value", "it is not evaluated")
    found = bind(item.expression, env)
    if too_large(found.expression):
        raise env.refuse(
            item.span, "a large expression", "it is larger, or nests deeper, than is read"
        )
    if item.names:
        return item.names[0], found
    return _own_name(item.expression), found


def _own_name(node: Expression) -> str:
    if isinstance(node, Name):
        return node.name
    if isinstance(node, Path) and node.name:
        base = _own_name(node.base)
        return f"{base}_{node.name}" if base else ""
    return ""


def _extend(node: Extend, state: State, env: Environment) -> State:
    found = [_assigned(item, env) for item in node.assignments]
    named = {name: value for name, value in found if name}
    for item, (_, value) in zip(node.assignments, found, strict=True):
        if node.distinct and value.type == "dynamic":
            raise env.fail(
                item.span, "'distinct' takes no dynamic value", "convert it with tostring()"
            )
    columns = state.columns.only(named) if node.only else state.columns.assign(named)
    if len(named) < len(found):
        columns = replace(columns, unnamed=True)
    return state.with_columns(columns)


def _columns(node: Columns, state: State, env: Environment) -> State:
    patterns = tuple(item.name for item in node.names)
    for item in node.names:
        if "*" not in item.name:
            bind(item, env)
    if node.operator == "project-away":
        return state.with_columns(state.columns.drop(patterns))
    if node.operator == "project-reorder":
        return state
    if state.columns.open and any("*" in pattern for pattern in patterns):
        raise env.refuse(node.span, "project-keep with a pattern", "the columns are not known")
    plain = {item.name: bind(item, env) for item in node.names if "*" not in item.name}
    return state.with_columns(state.columns.only({**state.columns.matching(patterns), **plain}))


def _rename(node: Rename, state: State, env: Environment) -> State:
    values = {new: bind(old, env) for new, old in node.names}
    dropped = state.columns.drop(tuple(old.name for _, old in node.names))
    return state.with_columns(dropped.assign(values))


def _key(item: Ordering, env: Environment) -> Key:
    return Key(bind(item.expression, env), item.ascending, item.nulls_first)


def _some(node: Some, state: State, env: Environment) -> State:
    count = bind(node.count, env)
    if count.type not in {"long", "int", ""}:
        raise env.fail(
            count.span, f"{node.operator!r} takes a whole number, and this is a {count.type}"
        )
    if not count.constant or count.value is None:
        raise env.refuse(
            count.span, f"{node.operator} by a number from data", "it is not evaluated"
        )
    order = state.order if node.operator in {"take", "limit"} else None
    if node.by is not None:
        order = (_key(node.by, env),)
    return state.some(count.value, order)


def _branch(node: Expression, env: Environment) -> State:
    if isinstance(node, Name) and "*" in node.name:
        return _stored(node.name, node.span, env)
    return table(node, env)


def _union(states: list[State], node: Union, env: Environment) -> State:
    found = _merged([*states, *(_branch(item, env) for item in node.tables)], node.span, env)
    if node.source_column:
        own = env.context.options.get("table")
        if own is None:
            raise env.refuse(node.span, "withsource", "the option 'table' does not name the table")
        name = constant(str(own), "string", node.span)
        return found.with_columns(found.columns.assign({node.source_column: name}))
    return found


def _merged(states: list[State], span: Span, env: Environment) -> State:
    """Return the rows of several tables."""
    live = [state for state in states if state.tests != (FALSE,)]
    if not live:
        return states[0]
    if len(live) == 1:
        return live[0]
    if all(state.plain for state in live):
        return live[0]
    if env.context.options.get("table") is None:
        reason = "which table an event belongs to is not known; the option 'table' names it"
        raise env.refuse(span, "a union of filtered tables", reason)
    if any(state.before is not None or state.columns != live[0].columns for state in live):
        raise env.refuse(span, "a union of computed tables", "their columns differ")
    return State(live[0].columns, (any_of(*(all_of(*s.tests) for s in live if s.tests)),))
