"""Environments that need no network: tiny packages in the place of pySigma and its YAML."""

from __future__ import annotations

import sysconfig
import venv
import zipfile
from collections.abc import Mapping
from pathlib import Path

_PLUGINS = """
class _Plugins:
    def get_pipeline_resolver(self):
        return self

    def resolve(self, names):
        return None

    @property
    def backends(self):
        from sigma.backends.fake import Backend
        return {"fake": Backend}


class InstalledSigmaPlugins:
    autodiscover = staticmethod(_Plugins)
"""
_COLLECTION = """
class SigmaCollection:
    from_dicts = staticmethod("".join)
"""
_YAML = """
class YAMLError(Exception):
    pass


def safe_load_all(text):
    yield text
"""
_BACKEND = """
import os

QUERIES = {queries!r}


class Backend:
    def __init__(self, pipeline):
        pass

    def convert(self, rule):
        title = rule.split("title: ", 1)[1].split("\\n", 1)[0]
        if QUERIES.get(title) == "die":
            os._exit(3)
        if title not in QUERIES:
            raise ValueError("no query for " + title)
        return [QUERIES[title]]
"""


def package(queries: Mapping[str, str], version: str = "1.0") -> dict[str, str]:
    """Return the files of a package whose backend ``fake`` has a query per title of a rule."""
    folder = f"pysigma-{version}.dist-info"
    return {
        "sigma/__init__.py": "",
        "sigma/plugins.py": _PLUGINS,
        "sigma/collection.py": _COLLECTION,
        "yaml.py": _YAML,
        "sigma/backends/__init__.py": "",
        "sigma/backends/fake.py": _BACKEND.format(queries=dict(queries)),
        f"{folder}/METADATA": f"Metadata-Version: 2.1\nName: pySigma\nVersion: {version}\n",
        f"{folder}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\n"
        "Tag: py3-none-any\n",
        f"{folder}/RECORD": "",
    }


def environment(place: Path, queries: Mapping[str, str], version: str = "1.0") -> Path:
    """Make a virtual environment with such a package."""
    venv.create(place, symlinks=True, with_pip=False)
    names = {"base": str(place), "platbase": str(place)}
    library = Path(sysconfig.get_path("purelib", "venv", names))
    for name, text in package(queries, version).items():
        (library / name).parent.mkdir(parents=True, exist_ok=True)
        (library / name).write_text(text, "utf-8")
    return place


def wheel(folder: Path, queries: Mapping[str, str], version: str = "1.0") -> Path:
    """Make an installable file of such a package."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"pysigma-{version}-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in package(queries, version).items():
            archive.writestr(name, text)
    return path
