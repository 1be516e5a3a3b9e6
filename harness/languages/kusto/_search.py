"""``search``: texts looked for in every column.

https://learn.microsoft.com/en-us/kusto/query/search-operator
"""

from __future__ import annotations

from harness.ir import TRUE, Predicate, all_of, any_of
from harness.languages.kusto import _anycolumn, _bind, _compare
from harness.languages.kusto._environment import Environment
from harness.languages.kusto._operators import TextOperator
from harness.languages.kusto._syntax import Binary, Expression, Joined, Search, Star, Value
from harness.source import Span


def search(node: Search, env: Environment) -> Predicate:
    """Return the test that ``search`` makes of a row."""
    if env.columns.gone or not all(item.direct for item in env.columns.known.values()):
        raise env.refuse(node.span, "search", "columns were made or dropped before it")
    return _terms(node.predicate, env, node.case_sensitive)


def _terms(node: Expression, env: Environment, exact: bool) -> Predicate:  # noqa: FBT001 - passed on
    match node:
        case Star():
            return TRUE
        case Joined(operator, items):
            tests = [_terms(item, env, exact) for item in items]
            return (all_of if operator == "and" else any_of)(*tests)
        case Value(str(), "string", span, joined=True):
            raise env.fail(span, "a term is one text", "write it as one, or 'and' between two")
        case Value(str() as text, "string", span):
            spoken, wanted = _spoken(text, span, env, exact)
            return _anycolumn.holds(spoken, wanted, span) if wanted else TRUE
        case Binary(":", left, Value(str() as text, "string")) if not isinstance(left, Star):
            return _column(node, left, text, env, exact)
        case _:
            return _bind.condition(node, env)


def _column(
    node: Binary,
    left: Expression,
    text: str,
    env: Environment,
    exact: bool,  # noqa: FBT001 - passed on
) -> Predicate:
    """Return ``column:"text"``."""
    subject = _bind.text_of(_bind.bind(left, env), env, "a term")
    spoken, wanted = _spoken(text, node.span, env, exact)
    term = _bind.bind(Value(wanted, "string", node.right.span), env)
    return _compare.text_test(spoken, subject, term, node.span) if wanted else TRUE


def _spoken(
    text: str,
    span: Span,
    env: Environment,
    exact: bool,  # noqa: FBT001 - passed on
) -> tuple[TextOperator, str]:
    """Return the operator that a term with stars at its ends stands for, and its text."""
    inner = text.strip("*")
    if "*" in inner or text in {"", "*"} or text.startswith("**") or text.endswith("**"):
        if text == "*":
            return TextOperator("has", negated=False), ""
        raise env.refuse(span, "such stars in a search", "what they match is not evaluated")
    kinds = {(False, False): "has", (False, True): "hasprefix", (True, False): "hassuffix"}
    name = kinds.get((text.startswith("*"), text.endswith("*")), "contains")
    return TextOperator(f"{name}_cs" if exact else name, negated=False), inner
