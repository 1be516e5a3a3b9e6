"""What the three products of the family do differently."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from harness.languages._base import Option


@dataclass(frozen=True, slots=True, kw_only=True)
class Product:
    """One search box.

    ``folds``: letter case is documented not to matter. ``operators`` are spellings of and, or,
    not. ``escaped`` are the characters that a backslash is documented to escape. ``bare``: a
    term may stand without a field. ``lucene``: the vendor says that the syntax is Lucene's.
    """

    name: str
    folds: bool
    operators: Mapping[str, str]
    escaped: str
    wildcards: str
    bare: bool
    lucene: bool


_CLOUD_OPERATORS = MappingProxyType(
    {"AND": "and", "&&": "and", "OR": "or", "||": "or", "NOT": "not", "!": "not"}
)
_CLOUD_ESCAPED = '+-&|!(){}[]^"~*?:\\/ '
_CLOUD = Product(
    name="cloud-investigate",
    folds=False,
    operators=_CLOUD_OPERATORS,
    escaped=_CLOUD_ESCAPED,
    wildcards="*?",
    bare=True,
    lucene=True,
)
_FORWARDER = Product(
    name="cloud-forwarder",
    folds=False,
    operators=_CLOUD_OPERATORS,
    escaped=_CLOUD_ESCAPED,
    wildcards="*?",
    bare=False,
    lucene=True,
)
_EDR = Product(
    name="edr",
    folds=True,
    operators=MappingProxyType({"AND": "and", "and": "and", "OR": "or", "or": "or"}),
    escaped='() "-',
    wildcards="*",
    bare=True,
    lucene=False,
)
PRODUCTS: Mapping[str, Product] = MappingProxyType(
    {product.name: product for product in (_CLOUD, _FORWARDER, _EDR)}
)
OPTIONS = (
    Option(
        name="product",
        default=_CLOUD.name,
        summary="cloud-investigate, cloud-forwarder (custom query filters), or edr (Response).",
    ),
)
