"""Hives that were left dirty, with the logs that complete them and with logs that do not."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

import pytest

from tests.unit.formats.regf.forge import (
    BLOCK,
    PAGE,
    Hive,
    Log,
    entry,
    log_head,
    new_log,
    old_log,
    with_sequences,
)
from vedette.errors import Unreadable
from vedette.formats.regf.logs import completed
from vedette.formats.regf.look import DIRTY, UNFIT, Looker
from vedette.formats.regf.marvin import marvin32
from vedette.formats.regf.packed import Answer
from vedette.formats.regf.tree import Tree

CLEAN = with_sequences(Hive({"Run": {"=Tool": "before"}}).build(), 4, 4)
AFTER = with_sequences(Hive({"Run": {"=Tool": "after!"}}).build(), 5, 5)
LATER = with_sequences(Hive({"Run": {"=Tool": "later!"}}).build(), 6, 6)
LARGER = with_sequences(
    Hive({"Run": {"=Tool": "larger"}, "More": {"=Data": b"x" * 9000}}).build(), 6, 6
)
DIRTY_HIVE = with_sequences(CLEAN, 5, 4)


def tool(content: bytes | bytearray | None) -> Any:
    assert content is not None
    tree = Tree(content)
    found = tree.find("Run")
    assert found is not None
    return tree.told(found[0], 0).values[0].data


@pytest.mark.parametrize("log", [new_log, old_log])
def test_a_write_that_was_logged_is_made(log: Log) -> None:
    number = 4 if log is new_log else 5
    assert tool(completed(DIRTY_HIVE, [log(CLEAN, AFTER, number)])) == "after!"


@pytest.mark.parametrize("log", [new_log, old_log])
def test_the_hive_grows_with_the_write(log: Log) -> None:
    whole = completed(DIRTY_HIVE, [log(CLEAN, LARGER, 5 if log is old_log else 4)])
    assert tool(whole) == "larger"
    assert whole is not None
    assert len(whole) == len(LARGER)


def test_writes_go_on_in_the_other_log() -> None:
    first, second = new_log(CLEAN, AFTER, 4), new_log(AFTER, LATER, 5)
    for logs in ([first, second], [second, first]):
        assert tool(completed(DIRTY_HIVE, logs)) == "later!"


def test_several_writes_in_one_log() -> None:
    log = new_log(CLEAN, AFTER, 4) + entry(AFTER, LATER, 5)
    assert tool(completed(DIRTY_HIVE, [log])) == "later!"


def test_writes_that_the_hive_has_already_are_passed_over() -> None:
    log = new_log(AFTER, LATER, 3) + entry(CLEAN, AFTER, 4)
    assert tool(completed(DIRTY_HIVE, [log])) == "after!"


def test_no_write_after_one_that_is_missing() -> None:
    log = new_log(CLEAN, AFTER, 4) + entry(AFTER, LATER, 6)
    assert tool(completed(DIRTY_HIVE, [log])) == "after!"


@pytest.mark.parametrize("place", [PAGE + 12, PAGE + 24, PAGE + 36, PAGE + 45, PAGE + 200])
def test_no_write_that_was_torn(place: int) -> None:
    log = bytearray(new_log(CLEAN, AFTER, 4))
    log[place] ^= 1
    assert completed(DIRTY_HIVE, [bytes(log)]) is None


@pytest.mark.parametrize(
    "log",
    [
        b"",
        b"regf",
        CLEAN,
        old_log(CLEAN, AFTER, 3),  # of an earlier write
        old_log(CLEAN, AFTER, 5)[:-1],
        log_head(AFTER, 5, 1) + b"JUNK" * 200,
        new_log(CLEAN, AFTER, 4)[:-1],
        new_log(CLEAN, AFTER, 4)[:PAGE],
        old_log(CLEAN, AFTER, 5)[:4] + b"\xff" + old_log(CLEAN, AFTER, 5)[5:],
    ],
)
def test_logs_that_do_not_fit(log: bytes) -> None:
    assert completed(DIRTY_HIVE, [log]) is None


def test_pages_beyond_the_hive_are_refused() -> None:
    page = bytes(PAGE)
    body = (struct.pack("<II", 0x7FFFF000, PAGE) + page).ljust(2 * PAGE - 40, b"\0")
    head = struct.pack("<4sIIIII", b"HvLE", 2 * PAGE, 0, 4, len(CLEAN) - BLOCK, 1)
    head += struct.pack("<Q", marvin32(body))
    log = log_head(CLEAN, 4, 6) + head + struct.pack("<Q", marvin32(head)) + body
    assert completed(DIRTY_HIVE, [log]) is None


def test_a_damaged_header_is_taken_from_the_log() -> None:
    torn = bytearray(DIRTY_HIVE)
    torn[36:40] = b"\xff" * 4  # where the root is
    whole = completed(bytes(torn), [old_log(CLEAN, AFTER, 5)])
    assert tool(whole) == "after!"
    assert whole is not None
    assert Tree(whole).damage == ()


# The vectors of .NET, which hashes texts with it (System.Private.CoreLib, MarvinTests).
@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ("", 0x30ED35C100CD3C7D),
        ("af", 0x48E73FC77D75DDC1),
        ("e70f", 0xB5F6E1FC485DBFF8),
        ("37f495", 0xF0B07C789B8CF7E8),
        ("8642dc59", 0x7008F2E87E9CF556),
        ("153fb79826", 0xE6C08C6DA2AFA997),
    ],
)
def test_the_hash(data: str, expected: int) -> None:
    assert marvin32(bytes.fromhex(data), seed=0x004FB61A001BDBCC) == expected


@pytest.fixture
def looked(tmp_path: Path) -> Any:
    looker = Looker()

    def look(name: str, content: bytes, **arguments: Any) -> Answer:
        path = tmp_path / name
        if not path.exists() or path.read_bytes() != content:
            path.write_bytes(content)
        with path.open("rb") as file:
            return looker.look(file.fileno(), **arguments)

    return look


def test_a_dirty_hive_asks_for_its_logs_and_is_completed(looked: Any) -> None:
    assert looked("SYSTEM", DIRTY_HIVE, path="Run").state == "incomplete"
    log = looked("SYSTEM.LOG1", new_log(CLEAN, AFTER, 4), hold=True)
    assert log.state == "held"
    answer = looked("SYSTEM", DIRTY_HIVE, path="Run", logs=[log.log])
    assert answer.key.values[0].data == "after!"
    assert answer.key.damage == ()


def test_a_log_that_is_gone_is_asked_for_again(looked: Any) -> None:
    assert looked("SYSTEM", DIRTY_HIVE, path="Run", logs=["1.2.3"]).state == "incomplete"


def test_writes_may_begin_later_where_the_hive_has_the_earlier_ones() -> None:
    assert tool(completed(DIRTY_HIVE, [new_log(CLEAN, AFTER, 9)])) == "after!"


@pytest.mark.parametrize(("log", "damage"), [(None, DIRTY), (b"nothing", UNFIT)])
def test_a_dirty_hive_is_read_as_it_is_and_says_so(
    looked: Any, log: bytes | None, damage: str
) -> None:
    logs = [looked("LOG", log, hold=True).log] if log is not None else []
    answer = looked("SYSTEM", DIRTY_HIVE, path="Run", logs=logs)
    assert answer.key.values[0].data == "before"
    assert answer.key.damage == (damage,)


def test_a_hive_is_seen_as_it_is_now(looked: Any) -> None:
    assert looked("SYSTEM", CLEAN, path="Run").key.values[0].data == "before"
    assert looked("SYSTEM", AFTER + bytes(8), path="Run").key.values[0].data == "after!"


def test_many_hives_in_turn(looked: Any) -> None:
    for _ in range(2):
        for number in range(20):
            assert looked(f"NTUSER{number}", CLEAN, path="Run").state == "key"


def test_states(looked: Any, tmp_path: Path) -> None:
    assert looked("SYSTEM", CLEAN, path="Nothing") == Answer(state="absent")
    with pytest.raises(Unreadable, match="the hive is empty"):
        looked("EMPTY", b"")
    with (tmp_path / "LARGE").open("wb+") as file:
        file.truncate(1 << 30)
        with pytest.raises(Unreadable, match="too large"):
            Looker().look(file.fileno(), hold=True)
