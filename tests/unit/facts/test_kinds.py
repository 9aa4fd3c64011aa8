"""Kinds: their bounds, that a value never changes, and that it is what its own wire type takes."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vedette.errors import ValueRefused
from vedette.facts import kinds
from vedette.facts.addresses import Scope, parsed, scope
from vedette.facts.kinds import (
    MAX_ENTRIES,
    MAX_PATH,
    MAX_TEXT,
    Command,
    Count,
    Counts,
    Day,
    Disks,
    Files,
    Flag,
    HostAddress,
    HostNames,
    Hour,
    Hundredths,
    Kind,
    Moment,
    Name,
    Names,
    OwnAddress,
    Path,
    Region,
    Sha256,
    Similarity,
    Size,
    Version,
    Word,
    Words,
)
from vedette.facts.privacy import NOTHING_PRIVATE, PrivateNames

WORD = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9_.:+~-]{0,63}", fullmatch=True)
NUMBER = st.integers(0, 2**62)
TIMES = st.datetimes(timezones=st.sampled_from([UTC, timezone(timedelta(hours=-11))]))
TEXT = st.text(max_size=400)
FILES = st.lists(
    st.tuples(
        st.builds(Name, TEXT, st.just(NOTHING_PRIVATE)),
        st.one_of(st.none(), st.builds(Size, NUMBER)),
        st.one_of(st.none(), st.builds(Sha256, st.binary(min_size=32, max_size=32))),
        st.one_of(st.none(), st.builds(Path, TEXT, st.just(NOTHING_PRIVATE))),
    ),
    max_size=3,
)
DISKS = st.lists(
    st.tuples(
        st.one_of(st.none(), st.builds(Name, TEXT, st.just(NOTHING_PRIVATE))),
        st.one_of(st.none(), st.builds(Size, NUMBER)),
    ),
    max_size=3,
)
ADDRESS = st.ip_addresses().map(str)
PUBLIC = ADDRESS.filter(lambda text: scope(parsed(text)) is Scope.PUBLIC)
VALUES: dict[type[Kind], st.SearchStrategy[Kind]] = {
    Name: st.builds(Name, TEXT, st.just(NOTHING_PRIVATE)),
    Path: st.builds(Path, st.text(max_size=1100), st.just(NOTHING_PRIVATE)),
    Command: st.builds(Command, st.text(max_size=1100), st.just(NOTHING_PRIVATE)),
    Version: st.builds(Version, TEXT),
    Word: st.builds(Word, WORD),
    Region: st.builds(Region, st.from_regex("[A-Z]{2}", fullmatch=True)),
    Count: st.builds(Count, NUMBER),
    Size: st.builds(Size, NUMBER),
    Hundredths: st.builds(Hundredths, st.floats(0, 1e9)),
    Flag: st.builds(Flag, st.booleans()),
    Sha256: st.builds(Sha256, st.binary(min_size=32, max_size=32)),
    Similarity: st.builds(Similarity, st.from_regex("T1[0-9A-F]{70}", fullmatch=True)),
    Moment: st.builds(Moment, TIMES),
    Hour: st.builds(Hour, TIMES),
    Day: st.builds(Day, st.one_of(st.dates(), st.datetimes(timezones=st.just(UTC)))),
    Names: st.builds(Names, st.lists(TEXT, max_size=5), st.just(NOTHING_PRIVATE)),
    Words: st.builds(Words, st.lists(WORD, max_size=5)),
    Files: st.builds(Files, FILES),
    Counts: st.builds(Counts, st.dictionaries(WORD, NUMBER, max_size=5)),
    Disks: st.builds(Disks, DISKS),
    OwnAddress: st.builds(OwnAddress, PUBLIC),
    HostAddress: st.builds(HostAddress, ADDRESS),
    HostNames: st.builds(HostNames, st.lists(TEXT, max_size=5), ADDRESS, st.just(NOTHING_PRIVATE)),
}
ALL_KINDS = [
    kind
    for name, kind in inspect.getmembers(kinds, inspect.isclass)
    if issubclass(kind, Kind) and kind is not Kind and not name.startswith("_")
]


def test_every_kind_is_tested_here() -> None:
    assert set(ALL_KINDS) == set(VALUES)


@given(data=st.data())
@pytest.mark.parametrize("kind", ALL_KINDS, ids=lambda kind: kind.__name__)
def test_a_value_is_what_its_wire_type_takes(kind: type[Kind], data: st.DataObject) -> None:
    value = data.draw(VALUES[kind]).value
    travelled = msgspec.msgpack.encode(value)
    for wire in (kind.wire, kind.arriving or kind.wire):
        arrived = msgspec.msgpack.decode(travelled, type=wire)
        assert msgspec.msgpack.encode(arrived) == travelled
    assert msgspec.msgpack.decode(travelled, type=kind.wire) == value


@given(data=st.data())
@pytest.mark.parametrize("kind", ALL_KINDS, ids=lambda kind: kind.__name__)
def test_a_value_never_changes(kind: type[Kind], data: st.DataObject) -> None:
    value = data.draw(VALUES[kind])
    with pytest.raises(AttributeError):
        value.value = value.value
    with pytest.raises(AttributeError):
        del value.value
    with pytest.raises(AttributeError):
        value.other = 1


@pytest.mark.parametrize("kind", ALL_KINDS, ids=lambda kind: kind.__name__)
def test_a_kind_says_what_it_does(kind: type[Kind]) -> None:
    assert kind.__doc__
    assert kind.transform.strip() == kind.transform != ""
    assert "\n" not in kind.transform
    assert not kind.transform.endswith(".")
    assert kind.column in kinds.Column


def test_values_are_equal_by_kind_and_value() -> None:
    assert Count(1) == Count(1)
    assert Count(1) != Size(1)
    assert Count(1) != 1
    assert len({Count(1), Count(1), Size(1), Words(["a"]), Words(["a"])}) == 3
    assert repr(Word("auto")) == "Word('auto')"


BAD: dict[str, Callable[[], Kind]] = {
    "a word with a space": lambda: Word("two words"),
    "a word of nothing": lambda: Word(""),
    "a word too long": lambda: Word("a" * 65),
    "a word with a slash": lambda: Word("home/anna"),
    "a word with an at": lambda: Word("anna@example.com"),
    "a word with a line": lambda: Word("auto\n"),
    "a word in another script": lambda: Word("авто"),
    "a word that begins with a dash": lambda: Word("-x"),
    "words with one that is none": lambda: Words(["auto", "two words"]),
    "a region in small letters": lambda: Region("de"),
    "a region of three": lambda: Region("DEU"),
    "a region with a line": lambda: Region("DE\n"),
    "a region in another script": lambda: Region("ДЕ"),
    "a negative count": lambda: Count(-1),
    "a count beyond all": lambda: Count(2**62 + 1),
    "a negative size": lambda: Size(-1),
    "a negative quantity": lambda: Hundredths(-0.5),
    "a quantity beyond all": lambda: Hundredths(1e300),
    "a quantity that is none": lambda: Hundredths(float("nan")),
    "a similarity without its version": lambda: Similarity("A" * 70),
    "a similarity with a line": lambda: Similarity("T1" + "A" * 70 + "\n"),
    "half a digest": lambda: Sha256(bytes(16)),
    "a digest and more": lambda: Sha256(bytes(33)),
    "counters with a name that is none": lambda: Counts({"a b": 1}),
    "counters below zero": lambda: Counts({"a": -1}),
    "an own address that is private": lambda: OwnAddress("192.168.1.20"),
    "an own address of the link": lambda: OwnAddress("fe80::1"),
    "an own address that is none": lambda: OwnAddress("example.com"),
    "an own address that is a network": lambda: OwnAddress("203.0.113.0/24"),
    "a private own address inside one of IPv6": lambda: OwnAddress("2002:c0a8:0114::1"),
    "an address of the hosts file that is none": lambda: HostAddress("# anna"),
    "names for what is no address": lambda: HostNames(["a.example"], "anna", NOTHING_PRIVATE),
}


@pytest.mark.parametrize("case", BAD)
def test_refuses(case: str) -> None:
    with pytest.raises(ValueRefused):
        BAD[case]()


# What the constructor refuses, the network must refuse as well: by the wire type or by what texts are made of.
ARRIVING_BAD: list[tuple[type[Kind], Any]] = [
    (Word, "two words"),
    (Word, ""),
    (Word, "a" * 65),
    (Word, "auto\n"),
    (Word, "a\nb"),
    (Word, "авто"),
    (Word, "-x"),
    (Word, 1),
    (Words, ["auto", "two words"]),
    (Words, ["auto", ""]),
    (Words, ["a"] * (MAX_ENTRIES + 1)),
    (Region, "de"),
    (Region, "D\n"),
    (Region, "ДЕ"),
    (Count, -1),
    (Count, 2**62 + 1),
    (Count, 1.0),
    (Count, True),
    (Flag, 1),
    (Sha256, bytes(31)),
    (Sha256, "A" * 32),
    (Moment, -1),
    (Hour, 2**62),
    (Day, 2_932_897),
    (Name, "a" * (MAX_TEXT + 1)),
    (Name, "a\x1b[2J"),
    (Name, "\u202eexe.txt"),
    (Name, b"bytes"),
    (Names, ["a", "b\0"]),
    (Path, "a" * (MAX_PATH + 1)),
    (Version, "a" * 65),
    (Command, "a" * (MAX_PATH + 1)),
    (Command, "a\tb"),
    (Counts, {"a b": 1}),
    (Counts, {"a": -1}),
    (Counts, {"": 1}),
    (Files, [{"name": "x", "size": None, "hash": None}]),
    (Files, [{"name": "x", "size": None, "hash": None, "place": None, "user": "anna"}]),
    (Files, [{"name": "x\n", "size": None, "hash": None, "place": None}]),
    (Files, [{"name": "x", "size": -1, "hash": None, "place": None}]),
    (Files, [{"name": "x", "size": None, "hash": None, "place": None}] * 65),
    (Disks, [{"model": "x"}]),
    (Disks, [{"model": "x", "size": None, "serial": "S3Z9NB0K"}]),
    (Disks, [{"model": "x\n", "size": None}]),
    (Disks, [{"model": None, "size": -1}]),
    (Disks, [{"model": None, "size": None}] * 65),
    (OwnAddress, "203.0.113.7"),
    (OwnAddress, "203.0.113.7/24"),
    (OwnAddress, "203.0.113.7/32"),
    (OwnAddress, "203.0.113.0/25"),
    (OwnAddress, "192.168.1.0/24"),
    (OwnAddress, "2001:db8:1:2::/64"),
    (OwnAddress, "2001:DB8:1::/48"),
    (OwnAddress, "2002:cb00:7107::/48"),
    (OwnAddress, ""),
    (HostAddress, "anna"),
    (HostAddress, "127.0.0.1 "),
    (HostAddress, "fe80::1%wlan-anna"),
    (HostAddress, "2001:DB8::1"),
    (HostNames, ["a.example\n"]),
    (HostNames, ["a.example"] * (MAX_ENTRIES + 1)),
]


def _texts(kind: type[Kind], value: Any) -> list[str]:
    match kind.column:
        case kinds.Column.TEXT:
            return [value]
        case kinds.Column.TEXTS | kinds.Column.COUNTS:
            return list(value)
        case kinds.Column.FILES:
            return [text for file in value for text in (file.name, file.place) if text]
        case kinds.Column.DISKS:
            return [disk.model for disk in value if disk.model]
    return []


@pytest.mark.parametrize(("kind", "value"), ARRIVING_BAD, ids=lambda each: repr(each)[:40])
def test_the_network_refuses_what_no_constructor_makes(kind: type[Kind], value: Any) -> None:
    travelled = msgspec.msgpack.encode(value)
    try:
        arrived = msgspec.msgpack.decode(travelled, type=kind.arriving or kind.wire)
    except msgspec.ValidationError:
        return
    assert not kind.fits(_texts(kind, arrived))


@given(texts=st.lists(st.one_of(WORD, st.text("ab_.:+~-\n é", max_size=4)), max_size=6))
@pytest.mark.parametrize("kind", [Word, Words, Counts])
def test_words_are_judged_together_as_they_are_one_by_one(
    kind: type[Kind], texts: list[str]
) -> None:
    pattern = r"[A-Za-z0-9][A-Za-z0-9_.:+~-]*"
    assert kind.fits(texts) == all(re.fullmatch(pattern, text) for text in texts)


def test_long_texts_are_cut_at_the_end_that_matters_less() -> None:
    assert Name("a" * 300, NOTHING_PRIVATE).value == "a" * 259 + "…"
    assert Name("a" * 260, NOTHING_PRIVATE).value == "a" * 260
    path = Path("/opt/" + "a" * 2000 + "/tool", NOTHING_PRIVATE).value
    assert len(path) == MAX_PATH
    assert path.startswith("…a")
    assert path.endswith("/tool")
    assert Version("1" * 65).value == "1" * 63 + "…"


def test_long_lists_are_cut() -> None:
    assert len(Names(["a"] * 2000, NOTHING_PRIVATE).value) == MAX_ENTRIES
    assert len(Words(["a"] * 2000).value) == MAX_ENTRIES
    assert len(Counts({f"c{number}": 1 for number in range(2000)}).value) == MAX_ENTRIES
    found = (Name("x", NOTHING_PRIVATE), None, None, None)
    assert len(Files([found] * 100).value) == 64


def test_no_more_is_read_of_an_endless_list_than_is_kept() -> None:
    read = []

    def endless() -> Any:
        while True:
            read.append(1)
            yield "a"

    Words(endless())
    Names(endless(), NOTHING_PRIVATE)
    assert len(read) == 2 * MAX_ENTRIES


def test_times_lose_what_they_must() -> None:
    moment = datetime(2026, 11, 24, 13, 59, 59, 999_999, tzinfo=timezone(timedelta(hours=1)))
    assert Moment(moment).value == 1_795_525_199
    assert Hour(moment).value == 1_795_525_199 // 3600 == 498_756
    assert Day(moment).value == 20_781
    late = datetime(2026, 11, 24, 23, 30, tzinfo=timezone(timedelta(hours=-5)))
    assert Day(late).value == Day(date(2026, 11, 25)).value
    assert Day(date(1969, 12, 31)).value == -1
    assert Moment(datetime(1960, 1, 1, tzinfo=UTC)).value == 0
    assert Hour(datetime(1960, 1, 1, tzinfo=UTC)).value == 0


def test_counters_are_in_order() -> None:
    assert list(Counts({"b": 1, "a": 2}).value) == ["a", "b"]


OWN = {
    "203.0.113.77": "203.0.113.0/24",
    "::ffff:203.0.113.77": "203.0.113.0/24",
    "2001:db8:12:3456::1": "2001:db8:12::/48",
    "2001:db8:12:3456::1%eth0": "2001:db8:12::/48",
    "2002:cb00:714d::1": "2002:cb00:7100::/40",
}


@pytest.mark.parametrize("address", OWN)
def test_of_an_own_address_only_the_network_is_told(address: str) -> None:
    assert OwnAddress(address).value == OWN[address]


@pytest.mark.parametrize(
    ("name", "address", "told"),
    [
        ("www.kaspersky.com", "127.0.0.1", "www.kaspersky.com"),
        ("us.mcafee.com", "0.0.0.0", "us.mcafee.com"),
        ("online.bank.example", "203.0.113.66", "online.bank.example"),
        ("WWW.Example.COM.", "2001:db8::1", "WWW.Example.COM."),
        ("localhost", "127.0.0.1", "<internal>"),
        ("printer.", "203.0.113.9", "<internal>"),
        ("nas.fritz.box", "203.0.113.9", "<internal>"),
        ("wiki.Corp.", "203.0.113.9", "<internal>"),
        ("wiki\uff0ecorp", "203.0.113.9", "<internal>"),
        ("router.home.arpa", "203.0.113.9", "<internal>"),
        ("www.example.com", "10.1.2.3", "<internal>"),
        ("www.example.com", "100.64.0.1", "<internal>"),
        ("www.example.com", "fd12::1", "<internal>"),
        ("www.example.com", "fe80::1%eth0", "<internal>"),
        ("www.example.com", "::ffff:192.168.0.1", "<internal>"),
        ("kiste.example.com", "203.0.113.9", "<computer>.example.com"),
        ("anna@example.com", "203.0.113.9", "<internal>"),
        ("x" * 300 + ".example", "203.0.113.9", "<internal>"),
    ],
)
def test_internal_names_of_the_hosts_file_are_not_told(name: str, address: str, told: str) -> None:
    names = HostNames([name], address, PrivateNames(computers=frozenset({"kiste"})))
    assert names.value == [told]
    assert not HostNames.leaks(names.value)


@pytest.mark.parametrize("name", ["localhost", "wiki.corp", "nas.local.", "a@example.com"])
def test_the_network_notices_an_internal_name(name: str) -> None:
    assert HostNames.leaks(["www.example.com", "<internal>", name])
