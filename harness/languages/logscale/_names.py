"""The functions of LogScale by what they do to events.

https://library.humio.com/lql-grammar/reserved-words.html lists the names, which must be quoted
as free text; https://library.humio.com/data-analysis/functions.html describes them.
"""

from __future__ import annotations


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


FILTERS = _words(
    """
    array:contains array:exists array:regex cidr in ioc:lookup match regex test text:contains
    text:endsWith text:startsWith wildcard sample dropEvent
    """
)
"""Functions that keep or drop an event."""

AGGREGATES = _words(
    """
    accumulate array:intersection array:reduceAll array:reduceColumn array:union avg bucket
    callFunction collect correlate count counterAsRate createEvents defineTable end eventSize
    fieldstats groupBy head join linReg max min neighbor partition percentage percentile range
    rdns readFile sankey selectFromMax selectFromMin selectLast selfJoin selfJoinFilter series
    session slidingTimeWindow slidingWindow start stats stdDev sum tail timeChart top
    transpose window worldMap
    """
)
"""Functions whose result is made of many events, or of something outside the event."""

_OTHERS = _words(
    """
    array:append array:dedup array:drop array:eval array:filter array:length array:rename
    array:sort asn base64Decode base64Encode beta:param beta:repeating bitfield:extractFlags
    bitfield:extractFlagsAsArray bitfield:extractFlagsAsString coalesce communityId concat
    concatArray copyEvent crypto:md5 crypto:sha1 crypto:sha256 default drop duration eval
    eventFieldCount eventInternals fieldset findTimestamp format formatDuration formatTime
    geography:distance geohash getField hash hashMatch hashRewrite if ipLocation
    json:prettyPrint kvParse length lower lowercase matchAsArray math:abs math:arccos
    math:arcsin math:arctan math:arctan2 math:ceil math:cos math:cosh math:deg2rad math:exp
    math:expm1 math:floor math:log math:log10 math:log1p math:log2 math:mod math:pow
    math:rad2deg math:sin math:sinh math:spherical2cartesian math:sqrt math:tan math:tanh now
    objectArray:eval objectArray:exists parseCEF parseCsv parseFixedWidth parseHexString
    parseInt parseJson parseLEEF parseTimestamp parseUri parseUrl parseXml rename replace
    reverseDns round select setField setTimeInterval shannonEntropy sort split splitString
    stripAnsiCodes subnet table text:editDistance text:editDistanceAsArray text:length
    text:positionOf text:substring time:dayOfMonth time:dayOfWeek time:dayOfWeekName
    time:dayOfYear time:hour time:millisecond time:minute time:month time:monthName
    time:second time:weekOfYear time:year tokenHash unit:convert upper urlDecode urlEncode
    writeJson xml:prettyPrint
    """
)
FUNCTIONS = FILTERS | AGGREGATES | _OTHERS
"""Every function that the list of reserved words names."""

KEYWORDS = frozenset({"and", "or", "not", "like", "case", "match", "AND", "OR", "NOT"})
"""Words with a meaning of their own in a filter."""
