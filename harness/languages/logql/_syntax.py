"""The small languages inside a query: JSON paths, line patterns and templates."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import partial

from harness.languages._lexing import syntax_error, unsupported
from harness.languages.logql._changes import COMPARISONS, Branch, Read, Template
from harness.source import Source, Span

_GAP = re.compile(r"<([A-Za-z_][A-Za-z0-9_]*)>")
_FIELD = re.compile(r"[ \t\n]*([A-Za-z_][A-Za-z0-9_]*)[ \t\n]*", re.ASCII)
_STEP = re.compile(
    r"""[ \t\n]*(?:\[[ \t\n]*(?:"([^"\]]*)"|([0-9]+))[ \t\n]*\]
    | \.[ \t\n]*([A-Za-z_][A-Za-z0-9_]*))[ \t\n]*""",
    re.VERBOSE | re.ASCII,
)
_QUOTED = re.compile(r'[ \t\n]*"([^"\]]*)"[ \t\n]*')
_ACTION = re.compile(r"\{\{[ \t\r\n]*(?:\.([A-Za-z_]\w*)|(__line__))[ \t\r\n]*\}\}", re.ASCII)
_BRANCH = re.compile(
    r"""\{\{ \s* if \s+ (\w+) \s+ \.([A-Za-z_]\w*) \s+ \.([A-Za-z_]\w*) \s* \}\} ([^{]*)
    \{\{ \s* else \s* \}\} ([^{]*) \{\{ \s* end \s* \}\}""",
    re.VERBOSE | re.ASCII,
)
FUNCTIONS = frozenset(
    [
        "ToLower",
        "ToUpper",
        "Replace",
        "Trim",
        "TrimLeft",
        "TrimRight",
        "TrimPrefix",
        "TrimSuffix",
        "TrimSpace",
        "regexReplaceAll",
        "regexReplaceAllLiteral",
        "count",
        "urldecode",
        "urlencode",
        "bytes",
        "duration",
        "duration_seconds",
        "unixEpochMillis",
        "unixEpochNanos",
        "toDateInZone",
        "unixToTime",
        "alignLeft",
        "alignRight",
        "b64enc",
        "b64dec",
        "lower",
        "upper",
        "title",
        "trunc",
        "substr",
        "contains",
        "hasPrefix",
        "hasSuffix",
        "indent",
        "nindent",
        "replace",
        "repeat",
        "trim",
        "trimAll",
        "trimSuffix",
        "trimPrefix",
        "int",
        "float64",
        "add",
        "sub",
        "mul",
        "div",
        "mod",
        "addf",
        "subf",
        "mulf",
        "divf",
        "max",
        "min",
        "maxf",
        "minf",
        "ceil",
        "floor",
        "round",
        "fromJson",
        "date",
        "toDate",
        "now",
        "unixEpoch",
        "default",
        "__line__",
        "__timestamp__",
        "printf",
        "print",
    ]
)
"""https://grafana.com/docs/loki/latest/query/template_functions/"""
_OPERAND = r"""(?:\.[A-Za-z_]\w*|"[^"\\{}]*"|`[^`{}]*`|-?\d+)"""
_CALL = rf"\w+(?:\s+{_OPERAND})*"
_CALLS = re.compile(
    rf"\{{\{{\s*(?:{_OPERAND}|{_CALL})(?:\s*\|\s*{_CALL})*\s*\}}\}}",
    re.ASCII,
)
_CALLED = re.compile(rf"{_OPERAND}|([A-Za-z_]\w*)", re.ASCII)
_NAMED = re.compile(r"\(\?P?<(\w+)>")
_MOST_DIGITS = 9


def json_path(source: Source, text: str, span: Span) -> tuple[str | int, ...]:
    """``path := (name | step) step*`` with ``step := "[" (string | number) "]" | "." name``."""
    start = _FIELD.match(text)
    found: list[str | int] = [start[1]] if start else []
    at = start.end() if start else 0
    while at < len(text) or not found:
        step = _STEP.match(text, at)
        if step is None or (step[3] and not found):
            raise syntax_error(source, span, f"{text!r} is no path into JSON")
        key, index, name = step.groups()
        if index is not None and len(index) > _MOST_DIGITS:
            raise syntax_error(source, span, f"the index {index} is too large")
        found.append(int(index) if index is not None else name if key is None else key)
        at = step.end()
    return tuple(found)


def logfmt_key(source: Source, text: str, span: Span) -> str:
    """``key := name | string``."""
    match = _FIELD.fullmatch(text) or _QUOTED.fullmatch(text)
    if match is None:
        raise syntax_error(source, span, f"{text!r} is no key of logfmt")
    return match[1]


def pattern_pieces(source: Source, text: str, span: Span) -> tuple[tuple[str, bool], ...]:
    """``pattern := (text | "<" name ">")*``; the flag tells gaps from texts."""
    found: list[tuple[str, bool]] = []
    at = 0
    for match in _GAP.finditer(text):
        if match.start() > at:
            found.append((text[at : match.start()], False))
        elif found and found[-1][1]:
            hint = "put some text between them"
            raise syntax_error(source, span, "two gaps of the pattern touch", hint)
        found.append((match[1], True))
        at = match.end()
    if at < len(text):
        found.append((text[at:], False))
    return tuple(found)


def line_pattern(source: Source, text: str, span: Span) -> tuple[str | None, ...]:
    """Return the texts of a pattern line filter, ``None`` for each gap."""
    pieces = pattern_pieces(source, text, span)
    for piece, gap in pieces:
        if gap and piece != "_":
            hint = "write <_>"
            raise syntax_error(source, span, f"a line filter has no named gap <{piece}>", hint)
    return tuple(None if gap else piece for piece, gap in pieces)


def parser_pattern(source: Source, text: str, span: Span) -> tuple[tuple[str, bool], ...]:
    """Return the pieces of a pattern parser, which names at least one gap."""
    pieces = pattern_pieces(source, text, span)
    names = [piece for piece, gap in pieces if gap and piece != "_"]
    if not names:
        raise syntax_error(source, span, "the pattern names no gap", "write <name>")
    if len(set(names)) < len(names):
        raise syntax_error(source, span, "the pattern uses a name twice")
    return pieces


def group_names(source: Source, pattern: str, span: Span) -> tuple[str, ...]:
    """Return the names of the groups of an expression that extracts."""
    plain = re.sub(r"\\.", "", pattern, flags=re.DOTALL)
    names = _NAMED.findall(plain)
    if not names:
        hint = "write (?P<name>...)"
        raise syntax_error(source, span, "the expression has no named group", hint)
    if len(set(names)) < len(names):
        raise syntax_error(source, span, "the expression uses a name twice")
    return tuple(names)


def template(source: Source, text: str, span: Span) -> Template | None:
    """Return a template of labels, the line and comparisons; ``None`` for one that computes."""
    found: list[Read] = []
    at = 0
    while (start := text.find("{{", at)) >= 0:
        if text.find("}}", start) < 0:
            raise syntax_error(source, span, "an action of the template is not closed", "add }}")
        found.append(partial(_constant, text[at:start]))
        action, branch = _ACTION.match(text, start), _BRANCH.match(text, start)
        if branch is not None and branch[1] in COMPARISONS:
            found.append(Branch(*branch.groups()))
        elif action is not None:
            found.append(partial(_label, action[1]) if action[1] else _line)
        else:
            _check_calls(source, text, span)
            return None
        at = (action or branch).end()  # type: ignore[union-attr] # one of them is there
    return Template((*found, partial(_constant, text[at:])))


def label_alone(text: str) -> str:
    """Return the label where a template is this label and nothing else."""
    action = _ACTION.fullmatch(text)
    return (action[1] or "") if action else ""


def _check_calls(source: Source, text: str, span: Span) -> None:
    """Refuse a template of more than calls of known functions: it may be none at all."""
    left = _BRANCH.sub("\0", _CALLS.sub(_known, text))
    if any(rest in left for rest in ("{{", "}}", "{\0")):
        reason = "only labels, comparisons of two labels and calls of functions are read"
        raise unsupported(source, span, "template", reason)


def _known(match: re.Match[str]) -> str:
    names = {name for name in _CALLED.findall(match.group()) if name}
    return "\0" if names <= FUNCTIONS else match.group()


def _constant(text: str, _: Mapping[str, str], __: str) -> str:
    return text


def _label(name: str, labels: Mapping[str, str], _: str) -> str:
    return labels.get(name, "")


def _line(_: Mapping[str, str], line: str) -> str:
    return line


def refuse_template(source: Source, span: Span, what: str) -> Exception:
    """Return Unsupported for what depends on a template that computes."""
    return unsupported(source, span, what, "it depends on a template that calls functions")
