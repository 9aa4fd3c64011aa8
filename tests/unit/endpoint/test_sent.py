"""Every request can be read back, byte for byte, as far back as the ledger says it goes."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.unit.endpoint.computer import CATALOGUE, PRODUCT, Computer
from tests.unit.endpoint.test_spool import BASIC, add, service
from vedette.endpoint.reading import readable
from vedette.endpoint.sent import Sent
from vedette.endpoint.settings import SentSettings
from vedette.endpoint.spool import Spool
from vedette.facts.envelope import Change
from vedette.facts.kinds import Column
from vedette.statement.clauses import Tier
from vedette.testing.clock import ManualClock
from vedette.wire import protocol
from vedette.wire.http import Request, serialise
from vedette.wire.transport import Origin

ORIGIN = Origin("http", "network.test", 80)


@pytest.fixture
def sent(tmp_path: Path, clock: ManualClock) -> Iterator[Sent]:
    sent = Sent(tmp_path / "sent.db", clock, SentSettings(max_bytes=1000))
    yield sent
    sent.close()


def test_a_request_is_kept_before_it_is_answered(sent: Sent, clock: ManualClock) -> None:
    record = sent(Request("GET", "/v1/urgent?x=1"), b"raw")
    (entry,) = sent.entries()
    assert (entry.method, entry.path, entry.purpose) == ("GET", "/v1/urgent", "protection")
    assert (entry.time, entry.size, entry.status, entry.failure) == (clock.now(), 3, None, None)
    assert sent.raw(entry.number) == b"raw"
    record.answered(200)
    assert sent.entries()[0].status == 200
    record.failed("unreachable")
    assert sent.entries()[0].failure == "unreachable"


def test_entries_come_newest_first_page_by_page(sent: Sent) -> None:
    for number in range(5):
        sent(Request("GET", f"/{number}"), b"x")
    first = sent.entries(limit=2)
    assert [entry.path for entry in first] == ["/4", "/3"]
    assert [entry.path for entry in sent.entries(2, before=first[-1].number)] == ["/2", "/1"]


def test_what_is_forgotten_is_counted(sent: Sent, clock: ManualClock) -> None:
    for _ in range(5):
        sent(Request("GET", "/"), b"x" * 300)
        clock.advance(1)
    bound = sent.bound()
    assert (bound.requests, bound.bytes) == (3, 900)
    assert (bound.forgotten_requests, bound.forgotten_bytes) == (2, 600)
    assert bound.until == clock.now() - timedelta(seconds=4)
    assert sent.raw(1) is None
    clock.advance(timedelta(days=91).total_seconds())
    sent(Request("GET", "/"), b"y")
    assert sent.bound().requests == 1


def test_one_that_is_larger_than_all_is_still_kept(sent: Sent) -> None:
    sent(Request("GET", "/"), b"x" * 5000)
    assert sent.bound().requests == 1


def test_what_the_network_received_is_what_the_ledger_shows(computer: Computer) -> None:
    computer.join()
    computer.grant()
    add(computer.spool, "a")
    computer.uplink.round()
    kept = [computer.sent.raw(entry.number) for entry in reversed(computer.sent.entries())]
    assert kept == [got.raw for got in computer.net.got]
    purposes = [entry.purpose for entry in reversed(computer.sent.entries())]
    assert purposes == ["authority", "registration", "consent", "report"]
    assert {entry.status for entry in computer.sent.entries()} == {200, 201, 202}


def test_an_envelope_reads_as_rows(spool: Spool) -> None:
    add(spool, "a", "b")
    digest = bytes(range(32))
    files = [{"name": "x", "size": None, "hash": digest, "place": None}]
    spool.add(
        "detections", BASIC.terms.tier("detections"), [{"threat": "T", "time": 1, "files": files}]
    )
    spool.seal(BASIC, CATALOGUE.schemas, PRODUCT)
    sealed = spool.pending()
    assert sealed is not None
    content = shown(protocol.ENVELOPE, sealed.body)
    assert content["sequence"] == 1
    assert [row["name"] for row in content["items"]["services"]] == ["a", "b"]
    (detection,) = content["items"]["detections"]
    assert detection["time"] == "1970-01-01T00:00:01+00:00"
    assert detection["files"][0]["hash"] == digest.hex()


def test_an_envelope_reads_also_as_what_has_gone_and_come(spool: Spool) -> None:
    spool.begin("services", Tier.BASIC, [service("a")])
    spool.add("services", Tier.BASIC, [service("b")], Change.REMOVED)
    spool.add("services", Tier.BASIC, [service("c")], Change.ADDED)
    spool.seal(BASIC, CATALOGUE.schemas, PRODUCT)
    sealed = spool.pending()
    assert sealed is not None
    rows = shown(protocol.ENVELOPE, sealed.body)["items"]["services"]
    assert [(row["name"], row.get("change")) for row in rows] == [
        ("a", None),
        ("b", "removed"),
        ("c", "added"),
    ]


@pytest.mark.parametrize("column", [Column.SECONDS, Column.HOURS, Column.DAYS])
def test_times_are_read_in_their_unit(column: Column) -> None:
    from vedette.endpoint.reading import _shown

    expected = {
        Column.SECONDS: "1970-01-01T00:00:02+00:00",
        Column.HOURS: "1970-01-01T02:00:00+00:00",
        Column.DAYS: "1970-01-03",
    }
    assert _shown(2, column) == expected[column]


def test_a_receipt_reads_as_what_was_agreed_to(computer: Computer) -> None:
    computer.join()
    receipt = computer.grant()
    (entry,) = [entry for entry in computer.sent.entries() if entry.purpose == "consent"]
    raw = computer.sent.raw(entry.number)
    assert raw is not None
    content = readable(raw, CATALOGUE.schemas)["content"]
    assert content["payload"]["id"] == receipt.id
    assert content["signatures"]


@pytest.mark.parametrize(
    ("kind", "body", "content"),
    [
        (protocol.JSON, b"", None),
        (protocol.JSON, b'{"a":1}', {"a": 1}),
        (protocol.JSON, b"{", {"unreadable_bytes": 1}),
        (protocol.ENVELOPE, b"no zstd", {"unreadable_bytes": 7}),
        (protocol.RECEIPT, b"[]", {"unreadable_bytes": 2}),
        (protocol.RECEIPT, b'{"payload":"%"}', {"unreadable_bytes": 15}),
    ],
)
def test_what_cannot_be_read_is_said_so(kind: str, body: bytes, content: Any) -> None:
    assert shown(kind, body) == content


def shown(kind: str, body: bytes) -> Any:
    raw = serialise(Request("POST", "/x", {"content-type": kind}, body), ORIGIN)
    read = readable(raw, CATALOGUE.schemas)
    assert (read["method"], read["target"]) == ("POST", "/x")
    assert read["headers"]["host"] == "network.test"
    return read["content"]
