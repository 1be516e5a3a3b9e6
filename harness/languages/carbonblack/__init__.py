"""Carbon Black searches: EDR (formerly Response), Cloud Investigate, Cloud Data Forwarder."""

from __future__ import annotations

from harness.errors import Diagnostic, InvalidInput
from harness.ir import Context, Query
from harness.languages._base import Language
from harness.languages.carbonblack._fields import Fields
from harness.languages.carbonblack._parse import Parser
from harness.languages.carbonblack._products import OPTIONS, PRODUCTS
from harness.languages.carbonblack._semantics import SEMANTICS
from harness.source import Source


def parse(source: Source, context: Context) -> Query:
    """Read a search of one product."""
    name = context.options.get("product", next(iter(PRODUCTS)))
    if name not in PRODUCTS:
        message = f"the option 'product' is {name!r}"
        hint = f"use one of {', '.join(PRODUCTS)}"
        raise InvalidInput([Diagnostic(code="bad-option", message=message, hint=hint)])
    product = PRODUCTS[name]
    return Query(predicate=Parser(source, product, Fields(product, context.types)).query())


LANGUAGE = Language(
    name="carbonblack",
    title="Carbon Black search",
    reference="https://docs.vmware.com/en/VMware-Carbon-Black-EDR/7.8.0/vmw-cb-edr-ug/GUID-84E14ED3-6211-4245-89CF-5662EE081674.html",
    semantics=SEMANTICS,
    parse=parse,
    extensions=(".carbonblack", ".cb"),
    options=OPTIONS,
)
