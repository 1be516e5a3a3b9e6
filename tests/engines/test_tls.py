"""Certificates: who is trusted, and by which name, in our own HTTP and in the official clients."""

from __future__ import annotations

import shutil
import ssl
import subprocess
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from harness.engines import Address, EngineFailure
from harness.engines._http import Http
from harness.engines.servers import elasticsearch, opensearch
from tests.engines._stub_elastic import StubElastic
from tests.engines.test_faults import EVERY

OPENSSL = shutil.which("openssl")
pytestmark = pytest.mark.skipif(OPENSSL is None, reason="openssl makes the certificates")


@dataclass(frozen=True, slots=True)
class Authority:
    """A folder with the certificate of an authority and those that it signed."""

    folder: Path

    @property
    def certificate(self) -> str:
        return str(self.folder / "authority.pem")

    def make(self) -> None:
        self._run("req", "-x509", *NEW, "-days", "2", "-subj", "/CN=authority", *OUT("authority"))

    def sign(self, name: str, names: str) -> ssl.SSLContext:
        """Return what a server needs whose certificate has some names."""
        (self.folder / f"{name}.names").write_text(f"subjectAltName={names}\n", "utf-8")
        self._run("req", *NEW, "-subj", f"/CN={name}", *OUT(name, ".request"))
        signed = ("-CA", "authority.pem", "-CAkey", "authority.key", "-CAcreateserial")
        self._run(
            *("x509", "-req", "-in", f"{name}.request", *signed, "-days", "2"),
            *("-extfile", f"{name}.names", "-out", f"{name}.pem"),
        )
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.folder / f"{name}.pem", self.folder / f"{name}.key")
        return context

    def _run(self, *arguments: str) -> None:
        assert OPENSSL is not None
        subprocess.run(  # noqa: S603 - openssl with our own arguments
            [OPENSSL, *arguments], cwd=self.folder, check=True, capture_output=True, timeout=60
        )


NEW = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")


def OUT(name: str, ending: str = ".pem") -> tuple[str, ...]:  # noqa: N802 - beside NEW
    return ("-keyout", f"{name}.key", "-out", f"{name}{ending}")


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    made = Authority(tmp_path_factory.mktemp("tls"))
    made.make()
    return made


@pytest.fixture(scope="module")
def right(authority: Authority) -> Iterator[str]:
    """Return the address of a server whose certificate has its name."""
    with serving(authority.sign("right", "IP:127.0.0.1,DNS:localhost")) as url:
        yield url


@pytest.fixture(scope="module")
def other(authority: Authority) -> Iterator[str]:
    """Return the address of a server whose certificate has the name of another."""
    with serving(authority.sign("other", "DNS:siem.example.org")) as url:
        yield url


@contextmanager
def serving(context: ssl.SSLContext) -> Iterator[str]:
    stub = StubElastic()
    server = stub._server
    server.socket = context.wrap_socket(server.socket, server_side=True)
    with stub:
        yield stub.url.replace("http:", "https:")


def by_our_http(address: Address) -> None:
    with closing(Http("Server", address, {})) as http:
        assert http.send("GET", "/").status == 200


def by_elasticsearch(address: Address) -> None:
    with closing(elasticsearch.connect(address)) as cluster:
        assert cluster.version


def by_opensearch(address: Address) -> None:
    with closing(opensearch.connect(address)) as cluster:
        assert cluster.version


Way = Callable[[Address], None]
WAYS = pytest.mark.parametrize(
    "way", [by_our_http, by_elasticsearch, *([by_opensearch] if EVERY else [])]
)


def at(url: str, ca: str = "") -> Address:
    return Address(kind="elasticsearch", name="mine", url=url, ca=ca, timeout=5.0)


@WAYS
def test_an_authority_that_is_named_is_trusted(way: Way, right: str, authority: Authority) -> None:
    way(at(right, authority.certificate))
    way(at(right.replace("127.0.0.1", "localhost"), authority.certificate))


@WAYS
def test_an_authority_that_nobody_knows_is_not(way: Way, right: str) -> None:
    with pytest.raises(EngineFailure, match="certificate verify failed"):
        way(at(right))


@WAYS
def test_the_name_counts(way: Way, other: str, authority: Authority) -> None:
    with pytest.raises(EngineFailure, match="is not valid for '127"):
        way(at(other, authority.certificate))


@WAYS
def test_a_plain_server_is_no_tls_server(way: Way) -> None:
    with StubElastic() as stub, pytest.raises(EngineFailure, match="cannot be reached"):
        way(at(stub.url.replace("http:", "https:")))
