from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Connection, insert, select

from vedette.errors import StoreUnusable
from vedette.store.state import (
    ERASABLE,
    DeadLetter,
    State,
    advance,
    append_journal,
    bury,
    consumed,
    latest_verdict,
)
from vedette.store.state_schema import DEAD_LETTERS, SCHEMA, SIGHTINGS

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)

# The tables that hold nothing of a single install; a new table is put here or declared erasable.
IMPERSONAL = {"consumed", "files", "item_counters", "journal"}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state.db"


@pytest.fixture
def state(path: Path) -> Iterator[State]:
    """The state under test; another database's engine would be put in here."""
    state = State.open(path)
    yield state
    state.close()


def publish(connection: Connection, subject: str = "ab" * 32, verdict: str = "block") -> int:
    return append_journal(
        connection,
        subject_kind="file",
        subject=subject,
        verdict=verdict,
        issued=NOON,
        expires=NOON + timedelta(days=7),
        reason="two computers",
        document=lambda serial: f"signed {serial}".encode(),
    )


def test_an_effect_and_its_offset_commit_together(state: State) -> None:
    sighting = {"install": 1, "file": b"f" * 32, "first": 1, "last": 1, "reports": 1}
    with state.transaction() as connection:
        connection.execute(insert(SIGHTINGS).values(sighting))
        advance(connection, "sightings", 7)
        assert consumed(connection, "sightings") == 7

    def fail_halfway() -> None:
        with state.transaction() as connection:
            connection.execute(insert(SIGHTINGS).values({**sighting, "install": 2}))
            advance(connection, "sightings", 8)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail_halfway()
    assert state.consumed("sightings") == 7
    assert state.consumed("counters") == 0
    with state.reading() as connection:
        assert connection.execute(select(SIGHTINGS.c.install)).scalars().all() == [1]


def test_an_offset_never_goes_back(state: State) -> None:
    for offset in (3, 9, 4):
        with state.transaction() as connection:
            advance(connection, "lake", offset)
    assert state.consumed("lake") == 9


def test_offsets_outlive_the_process(state: State, path: Path) -> None:
    with state.transaction() as connection:
        advance(connection, "lake", 3)
    again = State.open(path)
    assert again.consumed("lake") == 3
    again.close()


def test_a_verdict_knows_its_serial(state: State) -> None:
    assert state.journal_end() == 0
    with state.transaction() as connection:
        assert [publish(connection), publish(connection)] == [1, 2]
    assert state.journal_end() == 2
    first, second = state.journal_after(0, 10)
    assert (first.serial, first.document) == (1, b"signed 1")
    assert (second.serial, second.document) == (2, b"signed 2")
    assert (first.subject_kind, first.subject, first.verdict) == ("file", "ab" * 32, "block")
    assert (first.issued, first.expires) == (NOON, NOON + timedelta(days=7))
    assert first.reason == "two computers"


def test_a_verdict_that_cannot_be_made_leaves_no_gap(state: State) -> None:
    def fails(serial: int) -> bytes:
        raise RuntimeError

    with state.transaction() as connection:
        with pytest.raises(RuntimeError):
            append_journal(
                connection,
                subject_kind="file",
                subject="",
                verdict="block",
                issued=NOON,
                expires=NOON,
                reason="",
                document=fails,
            )
        assert publish(connection) == 1
    with state.transaction() as connection:
        publish(connection)
        connection.rollback()
    with state.transaction() as connection:
        assert publish(connection) == 2


def test_the_journal_is_read_in_pieces(state: State) -> None:
    with state.transaction() as connection:
        for _ in range(5):
            publish(connection)
    assert [entry.serial for entry in state.journal_after(1, 3)] == [2, 3, 4]
    assert [entry.serial for entry in state.journal_after(4, 3)] == [5]
    assert state.journal_after(5, 3) == []


def test_the_latest_verdict_is_the_one_that_counts(state: State) -> None:
    with state.transaction() as connection:
        publish(connection, "aa")
        publish(connection, "bb")
        publish(connection, "aa", "none")
        latest = latest_verdict(connection, "file", "aa")
        assert latest is not None
        assert (latest.serial, latest.verdict) == (3, "none")
        assert latest_verdict(connection, "host", "aa") is None


def test_what_could_not_be_used_is_kept_with_its_reason(state: State) -> None:
    letter = DeadLetter(3, 1, "launches", "decode failed", b"payload", NOON)
    with state.transaction() as connection:
        bury(connection, [])
        bury(connection, [letter, letter])
    with state.reading() as connection:
        rows = connection.execute(select(DEAD_LETTERS)).all()
    assert [(row.offset, row.install, row.item) for row in rows] == [(3, 1, "launches")] * 2
    assert [(row.reason, row.payload) for row in rows] == [("decode failed", b"payload")] * 2


def test_another_process_hears_of_a_verdict(state: State, path: Path) -> None:
    changes = state.changes()
    writer = State.open(path)
    with writer.transaction() as connection:
        publish(connection)
    assert changes.changed()
    assert not changes.changed()
    changes.close()
    writer.close()


def test_a_second_writer_waits_and_then_gives_up(state: State, path: Path) -> None:
    impatient = State.open(path, busy=0.05)
    with (
        state.transaction(),
        pytest.raises(StoreUnusable, match="busy"),
        impatient.transaction(),
    ):
        pass
    impatient.close()


def test_every_table_with_an_installs_data_is_erasable() -> None:
    personal = {
        name: "install" for name, table in SCHEMA.tables.tables.items() if "install" in table.c
    }
    assert personal == ERASABLE == dict(SCHEMA.erasable)
    assert set(SCHEMA.tables.tables) == set(ERASABLE) | IMPERSONAL
    for name, column in ERASABLE.items():
        table = SCHEMA.tables.tables[name]
        first = [next(iter(index.columns)).name for index in table.indexes]
        first.append(next(iter(table.primary_key.columns)).name)
        assert column in first, f"erasing from {name} would read all of it"
