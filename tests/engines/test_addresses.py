"""Which servers ``--engine`` and ``harness.toml`` mean, and what is refused without an echo."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from harness import cli
from harness.engines._addresses import TIMEOUT, Address, Secret, addresses
from harness.errors import InvalidInput

KINDS: Mapping[str, frozenset[str]] = {
    "elasticsearch": frozenset(),
    "splunk": frozenset({"index", "app"}),
}
SECRET = "hunter2-hunter2"  # noqa: S105 - a credential that must not be shown
MINE = '[engines.mine]\nkind = "elasticsearch"\nurl = "https://search.example:9200/es/"\n'


@pytest.fixture(autouse=True)
def _nothing_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for kind in ("ELASTICSEARCH", "OPENSEARCH", "SPLUNK"):
        for name in ("USER", "PASSWORD", "API_KEY", "TOKEN", "CA", "URL"):
            monkeypatch.delenv(f"HARNESS_{kind}_{name}", raising=False)


def read(*wanted: str, text: str | bytes = "", folder: Path) -> tuple[Address, ...]:
    file = folder / "harness.toml"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return addresses(wanted, KINDS, file)


def refused(*wanted: str, text: str | bytes = "", folder: Path) -> str:
    """Return why it is refused; the secret is not repeated."""
    with pytest.raises(InvalidInput) as caught:
        read(*wanted, text=text, folder=folder)
    (problem,) = caught.value.diagnostics
    assert problem.code == "bad-engine"
    assert SECRET not in f"{problem} {problem.hint}"
    assert "\x1b" not in problem.message
    return problem.message


# On the command line -------------------------------------------------------------------------


def test_a_kind_and_a_url() -> None:
    (found,) = addresses(["elasticsearch=http://localhost:9200/"], KINDS)
    assert (found.kind, found.name, found.url) == (
        "elasticsearch",
        "elasticsearch",
        "http://localhost:9200",
    )
    assert found.timeout == TIMEOUT
    assert not any((found.user, found.password, found.api_key, found.token, found.ca))


def test_the_last_of_a_name_counts() -> None:
    given = ["elasticsearch=http://one:1", "splunk=https://two:2", "elasticsearch=http://three:3"]
    assert [one.url for one in addresses(given, KINDS)] == ["http://three:3", "https://two:2"]


@pytest.mark.parametrize(
    "url",
    [
        *("", "localhost:9200", "ftp://host", "http://", "https://:9200", "http://host:0"),
        *("http://host:99999", "http://host:port", "http://[::1", "http://a b", "http://h\x1b[2J"),
        *("http://host/?q=1", "http://host/#x", "//host", "http:host", "file:///etc/passwd"),
    ],
)
def test_what_is_no_url(url: str, tmp_path: Path) -> None:
    message = refused(f"elasticsearch={url}", folder=tmp_path)
    assert "the URL of an engine" in message


@pytest.mark.parametrize(
    "given",
    [
        f"elasticsearch=https://elastic:{SECRET}@host:9200",
        f"elasticsearch=https://{SECRET}@host:9200",
        f"elasticsearch=https://:{SECRET}@host:9200",
        f"elasticsearch=elastic:{SECRET}@host:9200",
        f"elasticsearch=https//elastic:{SECRET}@host",
        f"elasticsearch=https://ela/stic:{SECRET}@host",
        f"elasticsearch=https://host:{SECRET}",
        f"elasticsearch=https://host/?api_key={SECRET}",
        f"elasticsearch=ftp://host/{SECRET}",
        f"https://elastic:{SECRET}@host:9200",
        f"https://elastic:{SECRET}@host:9200/?a=b",
        f"elastic:{SECRET}@host",
    ],
)
def test_a_credential_in_a_url_is_refused_unseen(given: str, tmp_path: Path) -> None:
    refused(given, text=MINE, folder=tmp_path)


def test_a_credential_in_a_url_is_not_printed(capsys: pytest.CaptureFixture[str]) -> None:
    url = f"https://elastic:{SECRET}@localhost:9200"
    for command in (["test", "--engine"], ["engine", "clean"]):
        for given in (f"elasticsearch={url}", url):
            assert cli.run([*command, given]) == 2
            said = "".join(capsys.readouterr())
            assert "[bad-engine]" in said
            assert SECRET not in said


def test_a_name_that_is_not_there(tmp_path: Path) -> None:
    assert "no server is called 'mine'" in refused("mine", folder=tmp_path)
    assert "no server is called 'yours'" in refused("yours", text=MINE, folder=tmp_path)
    assert "'lucene' is no kind of server" in refused("lucene=http://host", folder=tmp_path)
    with pytest.raises(InvalidInput, match="no server is called 'mine'"):
        addresses(["mine"], KINDS, tmp_path / "none" / "harness.toml")


def test_credentials_come_from_the_environment(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("HARNESS_ELASTICSEARCH_API_KEY", f" {SECRET}\n")
    (found,) = addresses(["elasticsearch=http://host"], KINDS)
    assert found.api_key.read() == SECRET
    assert SECRET not in repr(found)
    monkeypatch.setenv("HARNESS_ELASTICSEARCH_CA", str(tmp_path / "none.pem"))
    assert "there is no file" in refused("elasticsearch=http://host", folder=tmp_path)
    monkeypatch.delenv("HARNESS_ELASTICSEARCH_CA")
    monkeypatch.setenv("HARNESS_ELASTICSEARCH_USER", "elastic")
    assert "HARNESS_ELASTICSEARCH_PASSWORD is not" in refused(
        "elasticsearch=http://host", folder=tmp_path
    )


# In harness.toml -----------------------------------------------------------------------------


def test_a_named_server(tmp_path: Path) -> None:
    text = MINE + 'timeout = 5\napi_key = { env = "THE_KEY" }\n'
    text += '[engines.splunk]\nurl = "https://s:8089"\nindex = "tests"\n'
    text += 'user = { env = "U" }\npassword = { file = "p.txt" }\n'
    mine, splunk = read("mine", "splunk", text=text, folder=tmp_path)
    assert (mine.kind, mine.name, mine.timeout) == ("elasticsearch", "mine", 5.0)
    assert mine.url == "https://search.example:9200/es"
    assert mine.api_key == Secret(variable="THE_KEY")
    assert splunk.setting("index") == "tests"
    assert splunk.setting("app", "search") == "search"
    assert splunk.password == Secret(file="p.txt")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[engines", "is no TOML"),
        (b"\xff\xfe", "is no TOML"),
        (b"a = " + b"[" * 50_000, "is no TOML"),
        ("engines = 1", "is no table"),
        ("engines.mine = 1", "engines.mine is no table"),
        ("[engines.mine]", "'mine' is no kind of server"),
        ('[engines.mine]\nkind = "lucene"', "'lucene' is no kind of server"),
        ("[engines.mine]\nkind = { a = 1 }", "is no kind of server"),
        ('[engines.mine]\nkind = "elasticsearch"', "the URL of an engine"),
        (MINE + "insecure = true", "has no setting 'insecure'"),
        (MINE + 'index = "x"', "has no setting 'index'"),
        (MINE + "timeout = 0", "timeout is no number"),
        (MINE + "timeout = true", "timeout is no number"),
        (MINE + "timeout = nan", "timeout is no number"),
        (MINE + 'timeout = "5"', "timeout is no number"),
        (MINE + 'ca = "none.pem"', "there is no file"),
        (MINE + f'api_key = "{SECRET}"', "api_key is no place of a credential"),
        (MINE + f"token = ['{SECRET}']", "token is no place of a credential"),
        (MINE + f'password = {{ text = "{SECRET}" }}', "password is no place of a credential"),
        (MINE + 'password = { env = "A", file = "b" }', "password is no place of a credential"),
        (MINE + "password = { env = 1 }", "password is no place of a credential"),
        (MINE + 'user = { env = "A" }', "a user and no password"),
    ],
)
def test_settings_that_cannot_be_used(text: str | bytes, told: str, tmp_path: Path) -> None:
    assert told in refused("mine", text=text, folder=tmp_path)


def test_settings_that_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "harness.toml").mkdir()
    with pytest.raises(InvalidInput, match="cannot be read"):
        addresses(["mine"], KINDS, tmp_path / "harness.toml")


# Secrets -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (None, "cannot be read: No such file"),
        (b"", "holds no credential"),
        (b" \n", "holds no credential"),
        (b"\xff\xfe", "it is not UTF-8 text"),
        (f"{SECRET}\r\nX-Header: 1".encode(), "holds more than a line of text"),
        (f"{SECRET}\x00".encode(), "holds more than a line of text"),
    ],
)
def test_a_file_without_a_credential(content: bytes | None, told: str, tmp_path: Path) -> None:
    file = tmp_path / "key"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(InvalidInput, match=told) as caught:
        Secret(file=str(file)).read()
    assert SECRET not in str(caught.value)


def test_a_file_with_a_credential(tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text(f"{SECRET}\n", "utf-8")
    assert Secret(file=str(file)).read() == SECRET


@pytest.mark.parametrize("value", [None, "", " "])
def test_a_variable_without_a_credential(
    value: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("THE_KEY", raising=False)
    if value is not None:
        monkeypatch.setenv("THE_KEY", value)
    with pytest.raises(InvalidInput, match="THE_KEY holds no credential"):
        Secret(variable="THE_KEY").read()


def test_a_missing_credential_is_told_before_anything_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("THE_KEY", raising=False)
    text = MINE + 'api_key = { env = "THE_KEY" }\n'
    (tmp_path / "harness.toml").write_text(text, "utf-8")
    assert cli.run(["engine", "clean", "mine"]) == 2
    assert "THE_KEY holds no credential [bad-engine]" in capsys.readouterr().err


def test_what_a_server_repeats_is_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("THE_PASSWORD", SECRET)
    monkeypatch.setenv("THE_USER", "elastic")
    user, password = Secret(variable="THE_USER"), Secret(variable="THE_PASSWORD")
    address = Address(kind="elasticsearch", name="x", url="http://h", user=user, password=password)
    said = f"elastic:{SECRET} is Basic ZWxhc3RpYzpodW50ZXIyLWh1bnRlcjI="
    assert address.hidden(said) == "elastic:*** is Basic ***"
