"""What of an envelope is kept: the consent filter alone, and what its sender hears."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.unit.ingest.front_door import (
    SCHEMAS,
    TERMS,
    Computer,
    Door,
    batch,
    detection,
    opened,
    seconds,
    services,
)
from vedette.errors import AdmissionError
from vedette.facts import codec
from vedette.facts.envelope import MAX_BATCHES, Batch, Change, Envelope, column
from vedette.facts.schema import MAX_ROWS, ItemRefusal
from vedette.ingest.acceptance import Acceptance, ConsentFilter
from vedette.ingest.settings import IngestSettings
from vedette.statement.clauses import CLAUSES, Tier
from vedette.statement.terms import Terms
from vedette.store.registry import InstallSnapshot
from vedette.testing.clock import ManualClock
from vedette.testing.log import MemoryLog
from vedette.wire.protocol import RefusedItem
from vedette.wire.refusals import Refusal

CLOCK = ManualClock()
NOW = CLOCK.now()
INSTALL, RECEIPT = "a" * 32, "b" * 32
SENDER = InstallSnapshot(
    number=1,
    install=INSTALL,
    public_key=b"",
    revoked=False,
    organisation=None,
    managed=False,
    token=1,
    prefix_hash=b"",
    receipt=RECEIPT,
    terms=TERMS.digest,
    tiers=frozenset({Tier.BASIC}),
)
GOOD = batch("services", services("a", "b"))
OLD = detection(CLOCK, time=seconds(CLOCK) - 91 * 86_400)
AHEAD = detection(CLOCK, time=seconds(CLOCK) + 2 * 86_400)


def envelope(*batches: Batch, **changes: Any) -> bytes:
    plain = Envelope(INSTALL, "test", RECEIPT, TERMS.digest, 1, list(batches))
    return codec.encode(msgspec.structs.replace(plain, **changes))


def accept(body: bytes, terms: Terms = TERMS, sender: InstallSnapshot = SENDER) -> Acceptance:
    sender = replace(sender, terms=terms.digest) if sender.terms else sender
    return ConsentFilter(SCHEMAS, {terms.digest: terms}, IngestSettings()).accept(body, sender, NOW)


def without(field: str, item: str = "services") -> Terms:
    return Terms(row for row in TERMS.rows if (row.item, row.field) != (item, field))


def _with_column(item: str, field: str, values: list[Any]) -> Batch:
    plain = batch(item, services(*("x" * len(values))))
    columns = dict(zip(plain.fields, plain.columns, strict=True)) | {field: column(values)}
    return Batch(item, list(columns), list(columns.values()))


ADDITIONAL = next(clause.id for clause in CLAUSES.values() if clause.tier is Tier.ADDITIONAL)
ONLY_BASIC = Terms(
    msgspec.structs.replace(row, clause=ADDITIONAL) if row.item == "detections" else row
    for row in TERMS.rows
)
PAST = Terms(
    msgspec.structs.replace(row, expires="2026-11-23") if row.item == "detections" else row
    for row in TERMS.rows
)
LAST_DAY = Terms(msgspec.structs.replace(row, expires="2026-11-24") for row in TERMS.rows)
NOT_COVERED = Terms(row for row in TERMS.rows if row.item != "detections")

# name: what lies beside GOOD, under which terms, and what is told of it
BAD_ITEMS: dict[str, tuple[Batch, Terms, list[RefusedItem]]] = {
    "unknown item": (
        Batch("keystrokes", ["text"], [column(["a", "b", "c"])]),
        TERMS,
        [RefusedItem("keystrokes", "unknown_item", 3)],
    ),
    "unknown item with a long name": (
        Batch("k" * 256, ["text"], [column(["a"])]),
        TERMS,
        [RefusedItem("k" * 64, "unknown_item", 1)],
    ),
    "unknown item without columns": (
        Batch("keystrokes", [], []),
        TERMS,
        [RefusedItem("keystrokes", "unknown_item", 1)],
    ),
    "unknown item whose columns are none": (
        Batch("keystrokes", ["text"], [msgspec.Raw(b"\xc0")]),
        TERMS,
        [RefusedItem("keystrokes", "unknown_item", 1)],
    ),
    "item that the terms do not cover": (
        batch("detections", [detection(CLOCK)]),
        NOT_COVERED,
        [RefusedItem("detections", "not_consented", 1)],
    ),
    "item of a tier that the receipt does not cover": (
        batch("detections", [detection(CLOCK)] * 2),
        ONLY_BASIC,
        [RefusedItem("detections", "not_consented", 2)],
    ),
    "item that has expired": (
        batch("detections", [detection(CLOCK)]),
        PAST,
        [RefusedItem("detections", "expired", 1)],
    ),
    "wrong type": (
        batch("detections", [detection(CLOCK, threat=7)]),
        TERMS,
        [RefusedItem("detections", "wrong_type", 1, "threat", 0)],
    ),
    "wrong types in several rows": (
        batch(
            "detections",
            [detection(CLOCK, files="x"), detection(CLOCK), detection(CLOCK, files=None)],
        ),
        TERMS,
        [RefusedItem("detections", "wrong_type", 2, "files", 0)],
    ),
    "time long past": (
        batch("detections", [detection(CLOCK), OLD]),
        TERMS,
        [RefusedItem("detections", "time_out_of_range", 1, "time", 1)],
    ),
    "time in the future": (
        batch("detections", [AHEAD]),
        TERMS,
        [RefusedItem("detections", "time_out_of_range", 1, "time", 0)],
    ),
    "private name": (
        batch("detections", [detection(CLOCK, threat="C:\\Users\\anna\\x")]),
        TERMS,
        [RefusedItem("detections", "private_name", 1, "threat", 0)],
    ),
    "missing field": (
        batch("detections", [detection(CLOCK)], ["threat", "time"]),
        TERMS,
        [RefusedItem("detections", "missing_field", 1, "files")],
    ),
    "columns of several lengths": (
        Batch("detections", ["threat", "time"], [column(["x"]), column([1, 2])]),
        TERMS,
        [RefusedItem("detections", "malformed", 2)],
    ),
    "fewer columns than fields": (
        Batch("detections", ["threat", "time"], [column(["x"])]),
        TERMS,
        [RefusedItem("detections", "malformed", 1)],
    ),
    "too many rows": (
        Batch("detections", ["threat"], [column([None] * (MAX_ROWS + 1))]),
        TERMS,
        [RefusedItem("detections", "malformed", MAX_ROWS + 1)],
    ),
    "item a second time": (
        batch("services", services("c", "d")),
        TERMS,
        [RefusedItem("services", "malformed", 2)],
    ),
    "a difference of what happens": (
        msgspec.structs.replace(batch("detections", [detection(CLOCK)]), change=Change.ADDED),
        TERMS,
        [RefusedItem("detections", "malformed", 1)],
    ),
    "nothing of an unknown field": (Batch("detections", ["user"], [column([])]), TERMS, []),
    "nothing": (batch("detections", []), TERMS, []),
}


@pytest.mark.parametrize("name", BAD_ITEMS)
def test_a_bad_item_is_named_and_the_good_ones_beside_it_are_kept(name: str) -> None:
    bad, terms, told = BAD_ITEMS[name]
    done = accept(envelope(GOOD, bad, terms=terms.digest), terms)
    assert done.answer.refused == told
    kept = {each.item: each for each in codec.decode(done.payload).batches}
    assert kept["services"] == GOOD
    rows = {item: SCHEMAS[item].decode(some) for item, some in kept.items()}
    assert done.answer.accepted == {i: len(next(iter(r.values()))) for i, r in rows.items()}
    sent = SCHEMAS[bad.item].item.name if bad.item in SCHEMAS else None
    beside = 0 if sent == "services" else done.answer.accepted.get(bad.item, 0)
    refused = sum(each.count for each in told)
    if sent and told and told[0].reason in {"wrong_type", "time_out_of_range"}:
        assert beside + refused == msgspec.msgpack.decode(bad.columns[0], type=list[Any]).__len__()
    else:
        assert beside == 0


def test_every_reason_of_an_item_has_a_case() -> None:
    told = {each.reason for _, _, items in BAD_ITEMS.values() for each in items}
    assert told | {ItemRefusal.UNKNOWN_FIELD} == {*ItemRefusal}


@pytest.mark.parametrize(
    ("bad", "terms", "reason", "field"),
    [
        (_with_column("services", "user", ["anna", "bert"]), TERMS, "unknown_field", "user"),
        (_with_column("services", "kind", ["x", "y"]), without("kind"), "not_consented", "kind"),
    ],
    ids=["unknown field", "field that the terms do not cover"],
)
def test_a_bad_field_is_named_and_the_rest_of_its_rows_kept(
    bad: Batch, terms: Terms, reason: str, field: str
) -> None:
    done = accept(envelope(bad, terms=terms.digest), terms)
    assert done.answer.refused == [RefusedItem("services", reason, 2, field)]
    assert done.answer.accepted == {"services": 2}
    (kept,) = codec.decode(done.payload).batches
    assert field not in kept.fields
    assert b"anna" not in done.payload


def test_nothing_of_what_was_refused_is_in_what_is_logged() -> None:
    secret = Batch("secrets", ["text"], [column(["swordfish"])])
    row = batch(
        "detections", [detection(CLOCK, threat="ok"), detection(CLOCK, threat="a@b.example")]
    )
    done = accept(envelope(GOOD, secret, row))
    plain = codec.unpack(done.payload)
    assert b"swordfish" not in plain
    assert b"secrets" not in plain
    assert b"a@b.example" not in plain
    assert b"ok" in plain


def test_what_is_good_is_logged_as_it_came() -> None:
    body = envelope(GOOD)
    done = accept(body)
    assert done.payload is body
    assert done.answer.refused == []


def test_an_item_may_be_reported_on_the_last_day() -> None:
    done = accept(envelope(GOOD, terms=LAST_DAY.digest), LAST_DAY)
    assert done.answer.accepted == {"services": 2}


def test_an_item_may_be_begun_anew_and_changed_in_one_envelope() -> None:
    changed = [
        msgspec.structs.replace(batch("services", services(name)), change=change)
        for name, change in (("c", Change.ADDED), ("a", Change.REMOVED))
    ]
    done = accept(envelope(GOOD, *changed))
    assert done.answer.accepted == {"services": 4}
    assert done.answer.refused == []
    again = accept(envelope(GOOD, *changed, changed[0]))
    assert again.answer.refused == [RefusedItem("services", "malformed", 1)]


def test_that_an_item_has_nothing_any_more_is_kept() -> None:
    done = accept(envelope(batch("services", [])))
    assert done.answer.accepted == {"services": 0}
    assert codec.decode(done.payload).batches == [batch("services", [])]


def test_what_begins_an_item_anew_does_so_also_where_its_rows_are_refused() -> None:
    done = accept(envelope(batch("services", services("/home/anna/x"))))
    assert done.answer.refused == [RefusedItem("services", "private_name", 1, "name", 0)]
    (left,) = codec.decode(done.payload).batches
    assert (left.item, left.change) == ("services", Change.WHOLE)
    assert SCHEMAS["services"].decode(left)["name"] == []


def test_an_envelope_without_the_word_is_whole_and_has_no_byte_more() -> None:
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(GOOD)).keys() == {
        "item",
        "fields",
        "columns",
    }
    later = msgspec.structs.replace(GOOD, change=Change.ADDED)
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(later))["change"] == "added"


def test_an_envelope_of_which_nothing_is_left_is_acknowledged_all_the_same() -> None:
    done = accept(envelope(Batch("keystrokes", ["text"], [column(["a"])])))
    assert done.answer.accepted == {}
    assert codec.decode(done.payload).batches == []


def test_an_answer_does_not_grow_with_what_there_is_to_refuse() -> None:
    names = [f"u{number}" for number in range(250)]
    times = MAX_BATCHES // len(SCHEMAS)
    wide = [Batch(item, [*names], [column([0, 0])] * 250) for item in SCHEMAS for _ in range(times)]
    body = envelope(*wide)
    answer = accept(body).answer
    assert len(msgspec.json.encode(answer)) < 40_000
    # Every item lacks its fields; what has been refused is counted all the same.
    unknown = [each for each in answer.refused if each.reason == ItemRefusal.UNKNOWN_FIELD]
    assert {each.item: each.count for each in unknown} == dict.fromkeys(SCHEMAS, 500)
    assert all(each.field is None for each in answer.refused)


def test_counting_what_is_unknown_unpacks_nothing() -> None:
    body = envelope(Batch("unknown", ["x"], [column([None] * 4_000_000)]))
    tracemalloc.start()
    done = accept(body)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert done.answer.refused == [RefusedItem("unknown", "unknown_item", 4_000_000)]
    assert peak < 20 << 20


def test_what_somebody_compressed_harder_than_the_network_does_is_too_large(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    body = envelope(GOOD, Batch("unknown", [], []))
    monkeypatch.setattr(codec, "MAX_BODY", 10)  # of what is made here
    with pytest.raises(AdmissionError) as refused:
        accept(body)
    assert refused.value.reason == Refusal.TOO_LARGE


# Through the door


@pytest.fixture
def door(tmp_path: Path) -> Iterator[Door]:
    with opened(tmp_path) as door:
        yield door


def test_the_answer_lists_what_was_refused_and_it_is_counted(door: Door) -> None:
    computer = door.computer()
    body = computer.body(
        GOOD,
        batch("detections", [detection(door.clock), OLD]),
        Batch("keystrokes", ["text"], [column(["a", "b", "c"])]),
    )
    answer = computer.send(body)
    assert answer.status_code == 202
    assert answer.json() == {
        "sequence": 1,
        "accepted": {"services": 2, "detections": 1},
        "refused": [
            {
                "item": "detections",
                "reason": "time_out_of_range",
                "count": 1,
                "field": "time",
                "row": 1,
            },
            {"item": "keystrokes", "reason": "unknown_item", "count": 3},
        ],
    }
    assert door.counted("vedette_rows_accepted_total", item="services") == 2
    assert door.counted("vedette_rows_accepted_total", item="detections") == 1
    for item, reason, count in [
        ("detections", "time_out_of_range", 1),
        ("unknown", "unknown_item", 3),
    ]:
        assert door.counted("vedette_rows_refused_total", item=item, reason=reason) == count


def test_the_same_envelope_is_answered_alike_and_counted_once(door: Door) -> None:
    computer = door.computer()
    body = computer.body(GOOD, Batch("keystrokes", ["text"], [column(["a"])]))
    first = computer.send(body)
    door.clock.advance(90 * 86_400)
    again = [computer.send(body) for _ in range(2)]
    assert [each.content for each in again] == [first.content] * 2
    assert {each.status_code for each in again} == {202}
    assert door.log.end() == 1
    assert door.counted("vedette_envelopes_total", outcome="accepted") == 1
    assert door.counted("vedette_envelopes_total", outcome="duplicate") == 2
    assert door.counted("vedette_rows_accepted_total", item="services") == 2
    refused = door.counted("vedette_rows_refused_total", item="unknown", reason="unknown_item")
    assert refused == 1


def test_a_duplicate_of_what_was_trimmed_is_acknowledged(door: Door) -> None:
    computer = door.computer()
    body = computer.body(GOOD)
    assert computer.send(body).status_code == 202
    assert isinstance(door.log, MemoryLog)
    door.log.trim(door.clock.now() + timedelta(days=1), 1)
    answer = computer.send(body)
    assert answer.status_code == 202
    assert answer.json() == {"sequence": 1, "accepted": {}, "refused": []}
    assert door.counted("vedette_envelopes_total", outcome="duplicate") == 1


def test_installs_count_their_own_sequence_numbers(door: Door) -> None:
    for computer in (door.computer(), door.computer()):
        assert computer.send(computer.body(GOOD)).status_code == 202
    assert door.log.end() == 2
    (first, second) = door.log.read(0, 1 << 20)
    assert (first.number, first.sequence) != (second.number, second.sequence)


def test_consent_takes_effect_with_the_next_envelope(door: Door) -> None:
    computer = Computer(door)
    computer.join(door.token())
    assert computer.send(computer.body(GOOD)).status_code == 403
    assert computer.consent(Tier.BASIC).json() == {"receipt": computer.receipt, "tiers": ["basic"]}
    assert computer.send(computer.body(GOOD)).status_code == 202
    assert computer.consent(Tier.BASIC, Tier.ADDITIONAL).json()["tiers"] == ["basic", "additional"]
    assert computer.send(computer.body(GOOD)).status_code == 202
    assert computer.consent().status_code == 200
    assert computer.send(computer.body(GOOD)).status_code == 403
