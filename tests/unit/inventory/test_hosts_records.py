"""Hosts files as people, installers and thieves write them."""

from __future__ import annotations

import codecs
import time

import pytest

from vedette.facts.privacy import PrivateNames
from vedette.facts.record import Platform
from vedette.inventory import Unread
from vedette.inventory.hosts_records import HostsRecord, read
from vedette.testing.host import FakeFiles, FakeHost
from vedette.testing.registry import FakeHive, FakeRegistry

TCPIP = r"SYSTEM\CurrentControlSet\Services\Tcpip\Parameters"
DEFAULT = "/Windows/System32/drivers/etc/hosts"
Told = tuple[int, str, list[str]]


def told(host: FakeHost) -> tuple[list[Told], list[str]]:
    records, reasons = [], []
    for each in read(host):
        if isinstance(each, Unread):
            assert each.of == "hosts_records"
            reasons.append(each.reason)
        else:
            assert isinstance(each, HostsRecord)
            records.append((each.line.value, each.address.value, each.names.value))
    return records, reasons


def linux(content: bytes, **host: object) -> tuple[list[Told], list[str]]:
    return told(FakeHost(files=FakeFiles({"/etc/hosts": content}), **host))  # type: ignore[arg-type]


def windows(tree: dict[str, bytes], hive: FakeHive | None = None) -> tuple[list[Told], list[str]]:
    registry = FakeRegistry(hive or FakeHive())
    return told(FakeHost(files=FakeFiles(tree), platform=Platform.WINDOWS, registry=registry))


TEXT = """\
# who wrote this: anna, 555-1234
127.0.0.1\tlocalhost kiste
203.0.113.66  www.bank.example bank.example # to anna's friend
\t0.0.0.0 ads.example#x
::1 localhost ip6-localhost
10.0.0.5 wiki.example.com
"""
RECORDS: list[Told] = [
    (2, "127.0.0.1", ["<internal>", "<internal>"]),
    (3, "203.0.113.66", ["www.bank.example", "bank.example"]),
    (4, "0.0.0.0", ["ads.example"]),
    (5, "::1", ["<internal>", "<internal>"]),
    (6, "10.0.0.5", ["<internal>"]),
]
ENCODINGS = {
    "utf-8": TEXT.encode(),
    "utf-8 with a mark": codecs.BOM_UTF8 + TEXT.encode(),
    "utf-16 little": codecs.BOM_UTF16_LE + TEXT.encode("utf-16-le"),
    "utf-16 big": codecs.BOM_UTF16_BE + TEXT.encode("utf-16-be"),
    "utf-16 without a mark": TEXT.encode("utf-16-le"),
    "carriage returns": TEXT.replace("\n", "\r").encode(),
    "both": TEXT.replace("\n", "\r\n").encode(),
    "latin-1": TEXT.replace("who", "K\xfcche").encode("latin-1"),
    "no end of the last line": TEXT.rstrip().encode(),
}


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_however_it_is_written(encoding: str) -> None:
    assert linux(ENCODINGS[encoding]) == (RECORDS, [])


def test_what_is_scrolled_out_of_sight() -> None:
    content = b"127.0.0.1 localhost\r\n" + b"\r\n" * 200 + b"  \t  203.0.113.6 www.bank.example\r\n"
    records, reasons = linux(content)
    assert records[1] == (202, "203.0.113.6", ["www.bank.example"])
    assert reasons == []


@pytest.mark.parametrize("separator", ["\x0b", "\x0c", "\x85", "\u2028"])
def test_lines_are_counted_as_editors_count_them(separator: str) -> None:
    content = f"# a{separator}b\n203.0.113.6 www.bank.example\n".encode()
    assert linux(content)[0] == [(2, "203.0.113.6", ["www.bank.example"])]


def test_what_is_no_record_is_counted() -> None:
    content = b"\xff\xfe\xfa\n203.0.113.6\nwww.bank.example 203.0.113.6\n1.2.3 a.example\n8.8.8.8 b.example"
    records, reasons = linux(content.replace(b"\xff\xfe\xfa", b"anna"))
    assert records == [(5, "8.8.8.8", ["b.example"])]
    assert reasons == ["4 lines that tie no name to an address"]


def test_control_characters_are_not_told() -> None:
    records, _ = linux("203.0.113.6 www\x1b[2J.bank.example \u202emoc.example\0\n".encode())
    assert records == [(1, "203.0.113.6", ["www\ufffd[2J.bank.example", "\ufffdmoc.example"])]


def test_whose_computer_it_is_is_not_told() -> None:
    private = PrivateNames(users=frozenset({"anna"}), computers=frozenset({"kiste"}))
    content = b"127.0.1.1 kiste.firma.example kiste\n203.0.113.6 anna.example\n"
    records, _ = linux(content, private=private)
    assert records == [
        (1, "127.0.1.1", ["<computer>.firma.example", "<internal>"]),
        (2, "203.0.113.6", ["<user>.example"]),
    ]


def test_of_a_long_list_those_that_lead_astray_come_first() -> None:
    blocked = b"".join(b"0.0.0.0 ad%d.example\n" % number for number in range(200_000))
    began = time.process_time()
    records, reasons = linux(blocked + b"203.0.113.6 www.bank.example\n")
    assert len(records) == 10_000
    assert records[-1] == (200_001, "203.0.113.6", ["www.bank.example"])
    assert records[0] == (1, "0.0.0.0", ["ad0.example"])
    assert reasons == ["190001 more records than are told of"]
    assert time.process_time() - began < 5


def test_no_more_than_that_are_told_however_they_lead() -> None:
    astray = b"".join(b"203.0.113.%d a%d.example\n" % (n % 256, n) for n in range(11_000))
    records, reasons = linux(b"0.0.0.0 ad.example\n" + astray)
    assert len(records) == 10_000
    assert reasons == ["1001 more records than are told of"]


@pytest.mark.parametrize(
    ("tree", "refused", "reason"),
    [
        ({}, frozenset(), "missing"),
        ({"/etc/hosts": b""}, frozenset({"/etc/hosts"}), "not permitted"),
        ({"/etc/hosts": b"#" * (9 << 20)}, frozenset(), "too large"),
    ],
)
def test_what_cannot_be_read_is_said(
    tree: dict[str, bytes], refused: frozenset[str], reason: str
) -> None:
    assert told(FakeHost(files=FakeFiles(tree, refused))) == ([], [reason])


def test_an_empty_file_says_nothing() -> None:
    assert linux(b"") == ([], [])


LINE = b"203.0.113.6 www.bank.example\r\n"
TOLD: list[Told] = [(1, "203.0.113.6", ["www.bank.example"])]


def test_windows() -> None:
    assert windows({DEFAULT: LINE}) == (TOLD, [])


@pytest.mark.parametrize(
    ("folder", "file"),
    [
        (r"%SystemRoot%\System32\drivers\etc", DEFAULT),
        (r"C:\windows\system32\drivers\etc", "/windows/system32/drivers/etc/hosts"),
        (r"%SystemRoot%\help", "/Windows/help/hosts"),
        ("C:\\ProgramData\\x y\\", "/ProgramData/x y/hosts"),
    ],
)
def test_windows_wherever_the_registry_says_that_it_is(folder: str, file: str) -> None:
    tree = {DEFAULT: b"", file: LINE}
    assert windows(tree, FakeHive({TCPIP: {"DataBasePath": folder}})) == (TOLD, [])


def test_windows_with_the_file_out_of_reach() -> None:
    hive = FakeHive({TCPIP: {"DataBasePath": r"\\server\share"}})
    assert windows({DEFAULT: LINE}, hive) == ([], ["the file lies outside of the system's drive"])


def test_windows_with_a_registry_that_cannot_be_read() -> None:
    assert windows({DEFAULT: LINE}, FakeHive({}, refused=["SYSTEM"])) == (TOLD, ["not permitted"])
    hive = FakeHive({TCPIP: {}}, damage=["dirty"])
    assert windows({DEFAULT: LINE}, hive) == (TOLD, ["dirty"])
