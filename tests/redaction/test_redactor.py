r"""What is redacted is gone, keeps its shape, and is the same for the same value."""

from __future__ import annotations

import ipaddress
import json
import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.errors import InvalidInput
from harness.redaction import Action, Profile, Redactor, Report, Rule, default, one_field, read

SID = "S-1-5-21-1939123204-1418869057-2368897034-1105"
EVENT: dict[str, Any] = {
    "Channel": "Security",
    "EventID": 4692,
    "Computer": "SRV03.corp.contoso.com",
    "SubjectUserName": "alice",
    "SubjectDomainName": "CORP",
    "SubjectUserSid": SID,
    "TargetUserName": "SRV03$",
    "IpAddress": "::ffff:10.1.2.3",
    "Image": r"C:\Users\Bob B\AppData\x.exe",
    "CommandLine": rf"net use \\srv03\c$ /user:CORP\Alice {SID} 10.1.2.3 srv03.corp.contoso.com",
}


def _redacted(*events: dict[str, Any], profile: Profile | None = None) -> list[dict[str, Any]]:
    redactor = Redactor(profile or default(), b"k" * 16)
    redactor.learn(events)
    return [redactor.apply(one) for one in events]


def test_values_go_wherever_they_stand() -> None:
    (made,) = _redacted(EVENT)
    assert made == {
        "Channel": "Security",
        "EventID": 4692,
        "Computer": "HOST1.domain1.example",
        "SubjectUserName": "user1",
        "SubjectDomainName": "DOMAIN1",
        "SubjectUserSid": "S-1-5-21-1-101-201-1001",
        "TargetUserName": "HOST1$",
        "IpAddress": "::ffff:192.0.2.1",
        "Image": r"C:\Users\User2\AppData\x.exe".replace("User2", "user2"),
        "CommandLine": (
            r"net use \\host1\c$ /user:DOMAIN1\user1 S-1-5-21-1-101-201-1001 192.0.2.1 "
            "host1.domain1.example"
        ),
    }


@pytest.mark.parametrize(
    ("field", "value", "shape"),
    [
        ("SourceIp", "172.16.0.9", r"192\.0\.2\.1"),
        ("SourceIp", "fe80::1", "fe80::1"),
        ("SourceIp", "2a02:8106::77", "2001:db8::1"),
        ("SourceIp", "127.0.0.1", r"127\.0\.0\.1"),
        ("SourceIp", "LAPTOP7", "HOST1"),
        ("SubjectUserSid", SID[:-4] + "500", r"S-1-5-21-1-101-201-500"),
        ("SubjectUserSid", "S-1-5-18", "S-1-5-18"),
        ("SubjectUserSid", "S-1-12-1-1-2-3-4", "S-1-12-1-1-101-201-301"),
        ("SubjectUserSid", r"CORP\alice", r"DOMAIN1\\user1"),
        ("User", r"NT AUTHORITY\SYSTEM", r"NT AUTHORITY\\SYSTEM"),
        ("User", "alice@corp.contoso.com", r"user1@domain1\.example"),
        ("User", "-", "-"),
        ("Computer", "pc7", "host1"),
        ("host.mac", "00-50-56-A1-B2-C3", "00-00-00-00-00-01"),
        ("ComputerId", "7d0c2f9a-1f35-4f0e", "00000000-0000-0001"),
    ],
)
def test_a_value_keeps_its_shape(field: str, value: str, shape: str) -> None:
    (made,) = _redacted({field: value})
    assert re.fullmatch(shape, made[field]), made[field]


def test_addresses_stay_addresses_and_apart() -> None:
    events = [{"SourceIp": f"10.0.{n // 250}.{n % 250 + 1}"} for n in range(1200)]
    made = [one["SourceIp"] for one in _redacted(*events)]
    reserved = [*map(ipaddress.ip_network, ("192.0.2.0/24", "198.51.100.0/24"))]
    reserved += [*map(ipaddress.ip_network, ("203.0.113.0/24", "198.18.0.0/15"))]
    assert len(set(made)) == len(made)
    assert all(any(ipaddress.ip_address(one) in net for net in reserved) for one in made)


def test_an_invented_value_is_never_a_real_one() -> None:
    made = _redacted({"User": "user1"}, {"User": "alice"}, {"SourceIp": "192.0.2.1"})
    assert [one.get("User") for one in made[:2]] == ["user2", "user3"]
    assert made[2]["SourceIp"] == "192.0.2.2"


ACTIONS = Profile(
    name="p",
    rules=(
        Rule(pattern="kept", action=Action.KEEP),
        Rule(pattern="gone", action=Action.DROP),
        Rule(pattern="mask*", action=Action.MASK),
        Rule(pattern="sum", action=Action.HASH),
        Rule(pattern="^top", action=Action.MASK),
        Rule(pattern="a.b", action=Action.MASK),
    ),
)


def test_actions() -> None:
    (made,) = _redacted(
        {
            "kept": "secret-1 secret-2",
            "gone": "secret-1",
            "list": [{"gone": "x", "z": "secret-1"}],
            "masked": "secret-2",
            "mask2": 17,
            "mask3": True,
            "sum": "secret-3",
            "top": "t" * 9,
            "x": {"top": "other", "a": {"b": "abc"}},
            "text": "<secret-1> secret-2 SECRET-3",
        },
        profile=ACTIONS,
    )
    hashed = made["sum"]
    assert made == {
        "kept": "secret-1 secret-2",
        "list": [{"z": "xxxxxxxx"}],
        "masked": "xxxxxxxx",
        "mask2": 0,
        "mask3": False,
        "sum": hashed,
        "top": "x" * 16,
        "x": {"top": "other", "a": {"b": "xxxx"}},
        "text": f"<xxxxxxxx> xxxxxxxx {hashed.upper()}",
    }
    assert re.fullmatch("[0-9a-f]{32}", hashed)
    again, other = (Redactor(ACTIONS, key * 16) for key in (b"k", b"o"))
    assert again.apply({"sum": "Secret-3"})["sum"].lower() == hashed
    assert other.apply({"sum": "secret-3"})["sum"] != hashed


def test_short_values_and_numbers_stay_in_texts() -> None:
    redactor = Redactor(default())
    event = {"User": "ab", "UserName": "1001", "text": "ab 1001 malice", "SamAccountName": "alice"}
    redactor.learn([event])
    report = Report()
    made = redactor.apply(event, report)
    assert made["text"] == "ab 1001 malice"
    assert list(redactor.left(made)) == ["text"]
    assert {path: one.count for path, one in report.fields.items()} == {
        "User": 1,
        "UserName": 1,
        "SamAccountName": 1,
    }


def test_the_names_of_home_folders_go_however_short() -> None:
    event = {"Image": r"C:\Users\bo\x bo", "Path": "/home/al/x", "Other": r"C:\Users\Public\x"}
    (made,) = _redacted(event)
    assert made == {
        "Image": r"C:\Users\user1\x bo",
        "Path": "/home/user2/x",
        "Other": r"C:\Users\Public\x",
    }


def test_a_kept_field_that_holds_a_value_is_told() -> None:
    redactor = Redactor(default())
    event = {"User": "process", "event": {"category": ["process"]}}
    redactor.learn([event])
    made = redactor.apply(event)
    assert made["event"] == event["event"]
    assert list(redactor.left(made)) == ["event.category"]


NAMES = st.text("abcdefgxyzABCXYZ0123456789._-äß", min_size=4, max_size=12).filter(
    lambda one: re.search("[a-z]{2}", one) and not re.match("0x", one, re.IGNORECASE)
)


@settings(max_examples=20, deadline=None)
@given(
    st.lists(
        st.tuples(NAMES, NAMES, NAMES, st.ip_addresses(v=4), st.integers(1000, 4_000_000_000)),
        min_size=1,
        max_size=4,
    )
)
def test_no_original_remains_anywhere(drawn: list[tuple[str, str, str, Any, int]]) -> None:
    events = []
    originals: set[str] = set()
    for user, domain, host, address, number in drawn:
        sid = f"S-1-5-21-{number}-{number}-{number}-{number}"
        told = rf"run as {domain}\{user} at {host}, {address} ({sid}) C:\Users\{user}\x"
        events.append(
            {
                "SubjectUserName": user,
                "TargetDomainName": domain,
                "Computer": host,
                "IpAddress": str(address),
                "TargetUserSid": sid,
                "nested": {"list": [told, told.upper()], "User": rf"{domain}\{user}"},
            }
        )
        reserved = address.is_loopback or address.is_multicast or address.is_link_local
        originals |= {user, domain, host, sid} | (set() if reserved else {str(address)})
    redactor = Redactor(default())
    redactor.learn(events)
    made = [redactor.apply(one) for one in events]
    text = " ".join(json.dumps(list(_values(one)), ensure_ascii=False) for one in made).lower()
    words = set(re.split(r"[^\w.:-]+", text))
    for one in originals - {"0.0.0.0"}:  # noqa: S104 - no address to listen at
        assert one.lower() not in words


def _values(value: Any) -> Any:
    if isinstance(value, dict):
        for one in value.values():
            yield from _values(one)
    elif isinstance(value, list):
        for one in value:
            yield from _values(one)
    else:
        yield value


# profiles

OWN = """
schema: harness/redaction/1
extends: true
fields:
  Computer: keep
  Image: {action: pseudonym, as: user}
"""


def test_a_profile_of_ones_own_comes_first() -> None:
    profile = read(OWN, "own.yml")
    (made,) = _redacted({"Computer": "PC7", "Image": "i.exe", "User": "alice"}, profile=profile)
    assert made == {"Computer": "PC7", "Image": "user1", "User": "user2"}


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("", "p.yml:1:1"),
        ("schema: harness/redaction/2", "p.yml:1:9"),
        (f"{OWN}  x: shred", "p.yml:7:6"),
        (f"{OWN}  x: {{action: mask, as: nose}}", "p.yml:7:6"),
        (f"{OWN}more: 1", "p.yml:2:1"),
        (f"{OWN}anywhere: [phone]", "p.yml:7:12"),
        ("a: [", "p.yml:1:5"),
    ],
)
def test_bad_profiles_are_told_with_their_place(text: str, place: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        read(text, "p.yml")
    assert caught.value.diagnostics[0].place == place


def test_fields_of_the_command_line() -> None:
    assert one_field("a=b=mask") == Rule(pattern="a=b", action=Action.MASK)
    assert one_field("x=pseudonym:ip").shape == "ip"
    for bad in ("x", "=mask", "x=shred", "x=mask:ip", "x=pseudonym:nose", ""):
        with pytest.raises(InvalidInput):
            one_field(bad)


def test_hashes_need_a_key() -> None:
    with pytest.raises(InvalidInput) as caught:
        Redactor(ACTIONS)
    assert [one.code for one in caught.value.diagnostics] == ["no-key"]
