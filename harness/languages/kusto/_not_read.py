"""Operators of Kusto that one event does not decide."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

_SEVERAL = "its rows come from several rows of the data"
_OTHER_DATA = "it reads other data than the events at hand"
NOT_READ: Mapping[str, str] = MappingProxyType(
    dict.fromkeys(
        [
            "summarize",
            "make-series",
            "join",
            "lookup",
            "mv-expand",
            "mv-apply",
            "mvexpand",
            "mvapply",
            "count",
            "facet",
            "fork",
            "partition",
            "reduce",
            "sample-distinct",
            "top-nested",
            "top-hitters",
            "scan",
            "make-graph",
        ],
        _SEVERAL,
    )
    | dict.fromkeys(("find", "externaldata", "datatable", "print", "range"), _OTHER_DATA)
    | dict.fromkeys(("evaluate", "invoke", "macro-expand"), "it runs a plug-in or a function")
    | dict.fromkeys(("getschema", "consume", "parse-kv", "project-by-names"), "it is not evaluated")
)
"""Operators that are known and not evaluated, with the reason."""
