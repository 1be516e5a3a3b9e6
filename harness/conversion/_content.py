"""Prints what decides the conversions of the Python that runs this file, as one JSON object.

The file stands alone, as the workers beside it do. A version number is not enough: whoever
compares two states of a backend that is being written has the same number on both sides.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
from importlib import import_module, metadata

_PACKAGES = ("sigma", "sigma.backends", "sigma.pipelines")
"""pySigma and sigmatools; backends and pipelines may lie in folders of their own."""
_COMPILED = (".pyc", ".pyo")


def folders() -> list[str]:
    """Return the folders that hold the converter's code."""
    found: set[str] = set()
    for name in _PACKAGES:
        try:
            found.update(map(os.path.realpath, import_module(name).__path__))
        except Exception:  # noqa: BLE001, S112 - a converter that cannot be imported has no code
            continue
    return sorted(found)


def digest_of(folder: str) -> str:
    """Return a digest of the files below a folder."""
    digest = hashlib.sha256()
    for root, names, files in os.walk(folder):
        names[:] = sorted(name for name in names if name != "__pycache__")
        for name in sorted(files):
            if not name.endswith(_COMPILED):
                path = os.path.join(root, name)  # noqa: PTH118 - nothing but the bare necessities
                with open(path, "rb") as handle:  # noqa: PTH123
                    data = handle.read()
                digest.update(os.path.relpath(path, folder).encode("utf-8", "surrogatepass"))
                digest.update(hashlib.sha256(data).digest())
    return digest.hexdigest()


def versions() -> dict[str, str]:
    """Return every installed distribution, by name in lower case."""
    found = {}
    for one in metadata.distributions():
        name = str(one.metadata["Name"] or "").lower().replace("_", "-")
        found[name] = str(one.version)
    return dict(sorted(found.items()))


def main() -> None:
    """Print the digest of code and versions, and the versions of the converters themselves."""
    out = sys.stdout
    sys.stdout = sys.stderr  # what a package prints must not be taken for the answer
    installed = versions()
    parts = [sys.version, *map(digest_of, folders()), *(f"{k}={v}" for k, v in installed.items())]
    family = {name: number for name, number in installed.items() if "sigma" in name}
    digest = hashlib.sha256("\n".join(parts).encode()).hexdigest()
    out.write(json.dumps({"digest": digest, "versions": family}) + "\n")


if __name__ == "__main__":
    main()
