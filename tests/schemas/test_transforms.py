"""Each transform, forward and back."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.schemas._transforms import TRANSFORMS, Step

CASES: list[tuple[str, Any, Any, Any]] = [
    ("account", None, "CONTOSO\\weber", "weber"),
    ("account", None, "weber", None),
    ("account_domain", None, "NT AUTHORITY\\SYSTEM", "NT AUTHORITY"),
    ("account_domain", None, "a\\b\\c", None),
    (
        "dns_addresses",
        None,
        "type:  5 a.example;::ffff:192.0.2.1;2001:db8::1;",
        ["192.0.2.1", "2001:db8::1"],
    ),
    ("dns_addresses", None, "type:  5 a.example;", None),
    ("no_dash", None, "-", None),
    ("no_dash", None, "a-b", "a-b"),
    ("registry_data", 32, "DWORD (0x0000000a)", "10"),
    ("registry_data", 32, "QWORD (0x00000001-0x00000002)", "4294967298"),
    ("registry_data", 8, "QWORD (0x00000001-0x00000002)", "258"),
    ("registry_data", 8, "C:\\a.exe", "C:\\a.exe"),
    ("registry_hive", None, "HKEY_USERS\\S-1-5-18\\a", "HKU"),
    ("registry_hive", None, "HKLM\\a", "HKLM"),
    ("registry_hive", None, "target\\a", None),
    ("registry_key", None, "HKLM\\a\\b", "HKLM\\a"),
    ("registry_tail", None, "HKLM\\a\\b", "a\\b"),
    ("registry_tail", None, "target\\a\\b", None),
    ("registry_type", {"dword": "D", "binary": "B"}, "DWORD (0x00000001)", "D"),
    ("registry_type", {"dword": "D", "binary": "B"}, "Binary Data", "B"),
    ("registry_type", {"dword": "D", "binary": "B"}, "text", None),
    ("registry_value", None, "HKLM\\a\\b/c", "b/c"),
    ("restart", {"HKLM": "MACHINE"}, "hklm\\a", "MACHINE\\a"),
    ("restart", {"HKLM": "MACHINE"}, "HKU\\a", "HKU\\a"),
    ("arguments", None, '"a b" c', ["a b", "c"]),
    ("base64", None, "abc", "YWJj"),
    ("basename", None, "C:\\a\\b.txt", "b.txt"),
    ("basename", None, "/a/b", "b"),
    ("basename", None, "C:\\a\\", None),
    ("count", None, ["a", "b"], 2),
    ("digest", {"length": 4, "alphabet": "hex"}, "a", "5B84"),
    ("dirname", None, "C:\\a\\b.txt", "C:\\a"),
    ("dirname", None, "b.txt", None),
    ("drive_letter", None, "C:\\a", "C"),
    ("drive_letter", None, "\\\\srv\\a", None),
    ("epoch", 1, "1970-01-01T00:00:01.500Z", 1.5),
    ("epoch", 1000, "1970-01-01T00:00:01.500Z", 1500),
    ("extension", None, "C:\\a.b\\c.tar.gz", "gz"),
    ("extension", None, "C:\\a.b\\c", None),
    ("hash_part", "SHA256", "MD5=A,SHA256=B", "B"),
    ("hash_part", "SHA1", "MD5=A", None),
    ("hex_number", None, "0x3e7", 999),
    ("hex_number", None, "x", None),
    ("host_part", None, "dc01.contoso.example", "dc01"),
    ("iso8601", 7, "2024-03-05T09:14:07.123Z", "2024-03-05T09:14:07.1230000Z"),
    ("iso8601", 3, "2024-03-05T10:14:07.1234567+01:00", "2024-03-05T09:14:07.123Z"),
    ("last_dot", None, "C:\\a.b\\c", "b\\c"),
    ("lower", None, "AbC", "abc"),
    ("map", {11: ["creation"]}, 11, ["creation"]),
    ("map", {11: ["creation"]}, 12, None),
    ("map_or_same", {"a": "b"}, "c", "c"),
    ("nt_device_path", None, "C:\\a", "\\Device\\HarddiskVolume3\\a"),
    ("nt_device_path", None, "\\\\srv\\a", "\\Device\\Mup\\srv\\a"),
    ("nt_device_path", None, "/a", "/a"),
    ("signed_hex", None, "0x8020000000000000", -9214364837600034816),
    ("sysmon_time", None, "2024-03-05T09:14:07.123Z", "2024-03-05 09:14:07.123"),
    ("time_format", "%H:%M", "2024-03-05T09:14:07.123Z", "09:14"),
    ("unbraced", None, "{A-B}", "A-B"),
    ("upper", None, "AbC", "ABC"),
]


@pytest.mark.parametrize(("name", "argument", "value", "expected"), CASES)
def test_forward(name: str, argument: Any, value: Any, expected: Any) -> None:
    assert Step(name, argument).forward(value) == expected


def test_every_transform_has_a_case() -> None:
    assert {case[0] for case in CASES} == set(TRANSFORMS)


@pytest.mark.parametrize(("name", "argument", "value", "expected"), CASES)
def test_the_way_back_leads_to_the_result(
    name: str, argument: Any, value: Any, expected: Any
) -> None:
    step = Step(name, argument)
    if expected is None or step.one_way or name in ("last_dot", "time_format"):
        return
    assert any(step.forward(cause) == expected for cause in step.backward(expected)), value


SCALARS = st.one_of(st.text(max_size=30), st.integers(), st.booleans(), st.floats())


@given(st.sampled_from([case[:2] for case in CASES]), SCALARS)
def test_any_scalar_is_taken(named: tuple[str, Any], value: Any) -> None:
    step = Step(*named)
    step.forward(value)
    list(step.backward(value))
