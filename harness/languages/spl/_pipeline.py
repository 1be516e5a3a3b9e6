"""A search as a whole: its first command, and the commands after its pipes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType

from harness.ir import Context, Query
from harness.languages._lexing import syntax_error
from harness.languages._raw import with_raw
from harness.languages.spl import _aggregates, _fields, _filters, _rewrite, _spath
from harness.languages.spl._script import Part, commands, read_script
from harness.languages.spl._search import read_search
from harness.languages.spl._state import Command, State, error, refuse
from harness.source import Source

_NAME = re.compile(r"\s*([A-Za-z_][\w\-]*)")

COMMANDS: Mapping[str, Command] = MappingProxyType(
    {
        "search": _filters.search,
        "where": _filters.where,
        "eval": _filters.evaluate,
        "regex": _filters.regex,
        "rex": _filters.rex,
        "dedup": _filters.dedup,
        "head": _filters.head,
        "mvexpand": _filters.mvexpand,
        "fields": _fields.fields,
        "table": _fields.table,
        "rename": _fields.rename,
        "fillnull": _fields.fillnull,
        "bin": _fields.bucket,
        "bucket": _fields.bucket,
        "discretize": _fields.bucket,
        "convert": _fields.convert,
        "lookup": _fields.lookup,
        "spath": _spath.spath,
        "replace": _rewrite.replace_values,
        "strcat": _rewrite.strcat,
        "iplocation": _fields.iplocation,
        "makemv": _fields.makemv,
        "nomv": _fields.flatten("nomv"),
        "addinfo": _fields.addinfo,
        "stats": _aggregates.stats,
        "sistats": _aggregates.stats,
        "chart": _aggregates.chart,
        "timechart": _aggregates.timechart,
        "top": _aggregates.top,
        "rare": _aggregates.top,
        "eventstats": _aggregates.eventstats,
        "streamstats": _aggregates.eventstats,
        **dict.fromkeys(
            [
                "sort",
                "tail",
                "reverse",
                "uniq",
                "outputlookup",
                "outputcsv",
                "collect",
                "sendemail",
                "sendalert",
                "highlight",
                "localop",
                "noop",
                "fieldformat",
                "iconify",
                "abstract",
            ],
            _fields.keep,
        ),
        **{
            name: _fields.taint(name)
            for name in [
                "xmlkv",
                "kv",
                "extract",
                "kvform",
                "xpath",
                "erex",
                "tags",
                "typer",
                "addtotals",
                "accum",
                "autoregress",
                "delta",
                "trendline",
                "rangemap",
                "filldown",
                "tojson",
            ]
        },
    }
)
"""The commands that are evaluated, or passed where they drop no event."""

_OTHER_DATA = "it reads other data than the events at hand"
_SEVERAL = "its result depends on several events"
_PER_ROW = "it runs searches or expressions that are made from results"
_MODEL = "its result depends on a trained model or on statistics over all events"
_GENERATORS = [
    "tstats",
    "inputlookup",
    "datamodel",
    "from",
    "mstats",
    "metadata",
    "metasearch",
    "rest",
    "makeresults",
    "inputcsv",
    "loadjob",
    "savedsearch",
    "dbxquery",
    "eventcount",
    "gentimes",
    "mcatalog",
    "pivot",
    "history",
    "audit",
    "typeahead",
    "walklex",
    "dbinspect",
    "searchtxn",
    "multisearch",
    "union",
    "set",
    "mpreview",
]
UNSUPPORTED: Mapping[str, str] = MappingProxyType(
    dict.fromkeys(
        _GENERATORS,
        _OTHER_DATA,
    )
    | dict.fromkeys(
        [
            "join",
            "append",
            "appendcols",
            "appendpipe",
            "transaction",
            "selfjoin",
            "transpose",
            "untable",
            "xyseries",
            "mvcombine",
            "multikv",
            "addcoltotals",
            "contingency",
            "correlate",
            "diff",
            "associate",
            "concurrency",
            "makecontinuous",
            "fieldsummary",
            "format",
            "return",
            "sitimechart",
            "sichart",
            "sitop",
            "sirare",
            "geostats",
            "localize",
            "folderize",
            "reltime",
            "arules",
        ],
        _SEVERAL,
    )
    | dict.fromkeys(["map", "foreach", "runshellscript", "script", "run"], _PER_ROW)
    | dict.fromkeys(
        [
            "predict",
            "anomalydetection",
            "anomalies",
            "anomalousvalue",
            "analyzefields",
            "outlier",
            "cluster",
            "kmeans",
            "findtypes",
            "fit",
            "apply",
            "summary",
            "x11",
        ],
        _MODEL,
    )
)
"""Commands that exist and that one event does not decide, with the reason."""

GENERATING = frozenset((*_GENERATORS, "search"))
"""Commands that may stand first after a pipe."""


def parse(source: Source, context: Context) -> Query:
    """Read a search."""
    macros = context.options.get("macros") or {}
    script = read_script(source, macros if isinstance(macros, Mapping) else {})
    first, *others = commands(script)
    state = _first(first)
    for part in others:
        state = _command(part, state)
    return with_raw(Query(predicate=state.predicate), "_raw", context)


def _first(part: Part) -> State:
    """``first := "|"? ("search" conjunction | generating) | conjunction``."""
    named = _NAME.match(part.text)
    word = named.group(1).lower() if named else ""
    if not part.piped:
        rest = part
        if named and word == "search" and part.text[named.end() :][:1].strip() == "":
            rest = part.after(named.end())
        return State().test(read_search(rest, State().scope, indexed=True), part)
    if named and word == "search":
        rest = part.after(named.end())
        return State().test(read_search(rest, State().scope, indexed=True), part)
    if word in COMMANDS or (word in UNSUPPORTED and word not in GENERATING):
        message = f"{word} cannot be the first command: it has no events to work on"
        raise error(part, message, "begin with a search, or with a generating command")
    return _unknown(part, word)


def _command(part: Part, state: State) -> State:
    """``command := name arguments``."""
    named = _NAME.match(part.text)
    if named is None:
        place = part.span
        message = "expected the name of a command"
        raise syntax_error(part.script.source, place, message, "write a command after each pipe")
    word = named.group(1).lower()
    if word not in COMMANDS:
        return _unknown(part, word)
    return COMMANDS[word](part.after(named.end()), state)


def _unknown(part: Part, word: str) -> State:
    if not word:
        raise error(part, "expected the name of a command", "write a command after each pipe")
    reason = UNSUPPORTED.get(word, "it is no command that is known here")
    raise refuse(part, f"command {word}", reason)
