"""What is documented about the index of a field."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from harness.ir import FieldType
from harness.languages.carbonblack._products import Product


class Kind(Enum):
    """How the values of a field are indexed."""

    COMMAND = "command line of EDR"
    PATH = "path of EDR"
    DOMAIN = "domain of EDR"
    TOKENS = "tokens of the Cloud"
    WHOLE = "whole value"
    PARTS = "tokens or the whole value"
    UNKNOWN = "not documented"


_EDR = {
    "cmdline": Kind.COMMAND,
    "parent_cmdline": Kind.COMMAND,
    "path": Kind.PATH,
    "filemod": Kind.PATH,
    "modload": Kind.PATH,
    "regmod": Kind.PATH,
    "domain": Kind.DOMAIN,
}
"""https://docs.vmware.com/en/VMware-Carbon-Black-EDR/7.8.0/vmw-cb-edr-ug/GUID-1318E1F4-D192-453D-AB21-1C86C5BBF7BD.html
names path, modload and regmod as paths."""
_TOKENIZED = re.compile(r"\w+_(?:cmdline|name|username)|alert_id")
"""Fields that the Cloud's pages show or mark as tokenized."""
_FORWARDER_TOKENIZED = re.compile(r"\w+_cmdline")
_FORWARDER_WHOLE = re.compile(r"\w+_(?:path|username)|alert_id")
_TYPES = {
    "keyword": Kind.WHOLE,
    "text": Kind.TOKENS,
    "path": Kind.PATH,
    "cmdline": Kind.COMMAND,
    "domain": Kind.DOMAIN,
}
"""Names by which a user may say how a field is indexed."""


@dataclass(frozen=True, slots=True)
class Fields:
    """The index of one product; ``types`` is what the user says of it."""

    product: Product
    types: Mapping[str, FieldType]

    def kind(self, name: str) -> Kind:
        """Return how a field is indexed, as far as that is known."""
        given = self.types.get(name)
        if given is not None and given.name in _TYPES:
            return _TYPES[given.name]
        if self.product.name == "edr":
            return _EDR.get(name, Kind.UNKNOWN)
        if self.product.name == "cloud-investigate":
            return Kind.TOKENS if _TOKENIZED.fullmatch(name) else Kind.PARTS
        if _FORWARDER_TOKENIZED.fullmatch(name):
            return Kind.TOKENS
        return Kind.WHOLE if _FORWARDER_WHOLE.fullmatch(name) else Kind.UNKNOWN
