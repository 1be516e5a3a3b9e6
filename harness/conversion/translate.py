"""A rule with the translations that converters make of it, remembered between runs."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace

from harness import conversion, schemas
from harness.cache import Cache, key_of
from harness.conversion._base import Conversion, Target
from harness.ruleset.model import NotConverted, Rule, Translation
from harness.source import Source

MAX_QUERIES = 50
"""Queries that one rule may become."""


@dataclass(frozen=True, kw_only=True)
class Request:
    """What rules are to be converted to; per choice the targets that it may stand for."""

    choices: tuple[tuple[Target, ...], ...] = ()

    def __bool__(self) -> bool:
        return bool(self.choices)


def translated(rule: Rule, request: Request, cache: Cache) -> Rule:
    """Return a rule with a translation per choice; what fails is in ``not_converted``."""
    made: list[Translation] = []
    failed: list[NotConverted] = []
    for target in conversion.targets_of(rule.kind, request.choices):
        outcome = _translation(rule, target, cache)
        if isinstance(outcome, Translation):
            made.append(outcome)
        else:
            failed.append(outcome)
    return replace(
        rule,
        translations=(*rule.translations, *made),
        not_converted=(*rule.not_converted, *failed),
    )


def _translation(rule: Rule, target: Target, cache: Cache) -> Translation | NotConverted:
    def refused(code: str, reason: str) -> NotConverted:
        return NotConverted(
            translation=target.name, language=target.language, code=code, reason=reason
        )

    if rule.reference.language != "sigma":
        return refused("not-sigma", f"the rule is written in {rule.reference.language}")
    schema = schemas.get(target.schema)
    if rule.kind not in schema.kinds:
        return refused("no-schema", f"{schema.title} has no shape for {rule.kind} activities yet")
    found = convert(rule.reference.source.text, target, cache)
    if found.error:
        return refused(found.error, found.reason)
    if not found.queries or len(found.queries) > MAX_QUERIES:
        return refused("no-query", f"the converter gave {len(found.queries)} queries")
    name = f"{rule.reference.source.name} as {target.name}"
    return Translation(
        name=target.name,
        language=target.language,
        source=Source("\n".join(found.queries), name),
        pieces=found.queries if len(found.queries) > 1 else (),
        schemas=(target.schema,),
        options=target.options,
        scoped=target.scoped,
    )


def convert(rule: str, target: Target, cache: Cache) -> Conversion:
    """Convert the text of a rule, or remember what came of it with the same converter."""
    converter = conversion.get(target.converter)
    key = key_of("conversion", _identity(target), converter.fingerprint(target), rule)
    known = cache.get(key)
    if known is not None:
        return _read(known)
    found = converter.convert(target, rule)
    if found.error not in _PASSING:
        cache.put([(key, json.dumps(asdict(found)))])
    return found


_PASSING = frozenset({"converter-died", "no-converter"})
"""Failures that say nothing about the rule."""


def _identity(target: Target) -> str:
    return json.dumps((target.converter, target.backend, target.pipelines, target.command))


def _read(text: str) -> Conversion:
    data = json.loads(text)
    return Conversion(**{**data, "queries": tuple(data["queries"])})
