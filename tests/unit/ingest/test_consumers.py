"""From the log to state and lake exactly once, wherever a step breaks off and whatever has come meanwhile."""

from __future__ import annotations

import itertools
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, Engine, select

from tests.unit.ingest.front_door import SCHEMAS, batch, detection, services
from vedette.facts import codec
from vedette.facts.envelope import Batch, Envelope, column
from vedette.ingest import consumers
from vedette.ingest.consumers import DERIVER, LAKE, Consumer, Deriver, LakeFiller
from vedette.ingest.decode import Decoded
from vedette.reputation import counters
from vedette.store.database import open_database
from vedette.store.lake import DeltaLake, Lake
from vedette.store.log import Arrival, Log, SqliteLog
from vedette.store.state import State
from vedette.store.state_schema import DEAD_LETTERS, ITEM_COUNTERS, SCHEMA
from vedette.testing.clock import ManualClock
from vedette.testing.log import MemoryLog

CLOCK = ManualClock()
ITEMS = ("detections", "services", "vedette")
ROWS: Mapping[str, list[dict[str, Any]]] = {
    "detections": [detection(CLOCK)] * 2,
    "services": services("a", "b", "c"),
    "vedette": [{"version": "1", "extras": [], "health": {}}],
}
PAYLOADS = {
    items: codec.encode(
        Envelope("i", "p", "r", "t", 1, [batch(item, ROWS[item]) for item in items])
    )
    for count in range(len(ITEMS) + 1)
    for items in itertools.combinations(ITEMS, count)
}
Row = tuple[int, int]
Reported = tuple[int, tuple[str, ...]]


class Crash(Exception):
    """Where a test breaks a step off."""


class Fuse:
    """Burns at the ``at``-th point that is passed; never if that is None."""

    def __init__(self, at: int | None = None) -> None:
        self.left = at

    def pass_(self) -> None:
        if self.left is not None:
            self.left -= 1
            if self.left < 0:
                self.left = None
                raise Crash


def opened_state(folder: Path) -> FragileState:
    return FragileState(open_database(folder / "state.db", SCHEMA))


class FragileLake:
    """Another lake, that may break off before and after each append."""

    def __init__(self, lake: Lake, fuse: Fuse) -> None:
        self._lake = lake
        self._fuse = fuse

    def append(self, item: str, table: pa.Table, offset: int) -> bool:
        self._fuse.pass_()
        done = self._lake.append(item, table, offset)
        self._fuse.pass_()
        return done

    def __getattr__(self, name: str) -> Any:
        return getattr(self._lake, name)


class FragileState(State):
    """May break off before a transaction begins and after it was committed."""

    def __init__(self, engine: Engine) -> None:
        super().__init__(engine)
        self.fuse = Fuse()

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        self.fuse.pass_()
        with super().transaction() as connection:
            yield connection
        self.fuse.pass_()


class MemoryLake:
    """A lake as ``vedette.store.lake.Lake`` says, of which only the origin of the rows is kept."""

    def __init__(self) -> None:
        self.rows: dict[str, list[Row]] = {}
        self._positions: dict[str, int] = {}

    def append(self, item: str, table: pa.Table, offset: int) -> bool:
        if not table.num_rows or self.position(item) >= offset:
            return False
        self.rows.setdefault(item, []).extend(rows_in(table))
        self._positions[item] = offset
        return True

    def position(self, item: str) -> int:
        return self._positions.get(item, 0)

    def items(self) -> list[str]:
        return sorted(self._positions)


def rows_in(table: pa.Table) -> list[Row]:
    return list(zip(table["sequence"].to_pylist(), table["row"].to_pylist(), strict=True))


_sequences = itertools.count(1)


def report(log: Log, *items: str, payload: bytes | None = None) -> int:
    """Puts an envelope into the log; returns its sequence number."""
    sequence = next(_sequences)
    content = PAYLOADS[items] if payload is None else payload
    log.append([Arrival(1, "i", sequence, CLOCK.now(), b"%d" % sequence, content, b"")])
    return sequence


def run(consumer: Consumer) -> None:
    while consumer.step():
        pass


def expected(reported: Sequence[Reported]) -> dict[str, Counter[Row]]:
    rows: dict[str, Counter[Row]] = {}
    for sequence, items in reported:
        for item in items:
            rows.setdefault(item, Counter()).update((sequence, n) for n in range(len(ROWS[item])))
    return rows


# The lake, by a property


STEP = st.fixed_dictionaries(
    {
        "reports": st.lists(st.sampled_from(list(PAYLOADS)), max_size=4),
        "bytes": st.sampled_from([1, 300, 700, 1 << 20]),  # how much is read at once
        "breaks": st.one_of(st.none(), st.integers(0, 9)),
        "restarts": st.booleans(),
    }
)


@settings(max_examples=150)
@given(st.lists(STEP, max_size=12))
def test_the_lake_gets_every_row_once_wherever_it_breaks_off(story: list[dict[str, Any]]) -> None:
    log, lake = MemoryLog(), MemoryLake()
    reported = []
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        state = opened_state(Path(folder))
        fuse = state.fuse
        fragile: Any = FragileLake(lake, fuse)  # type: ignore[arg-type]
        filler = LakeFiller(log, state, SCHEMAS, fragile)
        for step in story:
            reported += [(report(log, *items), items) for items in step["reports"]]
            patch.setattr(consumers, "_READ", step["bytes"])
            fuse.left = step["breaks"]
            try:
                filler.step()
            except Crash:
                if step["restarts"]:
                    filler = LakeFiller(log, state, SCHEMAS, fragile)
        fuse.left = None
        run(filler)
        assert state.consumed(LAKE) == log.end()
        state.close()
    assert {item: Counter(rows) for item, rows in lake.rows.items()} == expected(reported)


# Both, over the real stores


@pytest.fixture
def log(tmp_path: Path) -> Iterator[SqliteLog]:
    log = SqliteLog(tmp_path / "log.db")
    yield log
    log.close()


@pytest.fixture
def state(tmp_path: Path) -> Iterator[FragileState]:
    state = opened_state(tmp_path)
    yield state
    state.close()


@pytest.fixture
def lake(tmp_path: Path) -> DeltaLake:
    return DeltaLake(tmp_path / "lake", clock=CLOCK)


@pytest.mark.parametrize("restarts", [True, False], ids=["restarted", "tried again"])
@pytest.mark.parametrize("at", range(8))
def test_a_step_that_broke_off_is_finished_by_the_next(
    log: SqliteLog, state: FragileState, lake: DeltaLake, at: int, restarts: bool
) -> None:
    """Three items, before and after each append, before and after the offset."""
    fragile: Any = FragileLake(lake, state.fuse)
    filler = LakeFiller(log, state, SCHEMAS, fragile)
    reported: list[Reported] = [(report(log, *ITEMS), ITEMS)]
    run(filler)
    reported.append((report(log, *ITEMS), ITEMS))
    state.fuse.left = at
    with pytest.raises(Crash):
        filler.step()
    reported.append((report(log, "services"), ("services",)))
    if restarts:
        filler = LakeFiller(log, state, SCHEMAS, fragile)
    reported.append((report(log, *ITEMS), ITEMS))
    run(filler)
    kept = {item: Counter(rows_in(lake.read(item, ["sequence", "row"]))) for item in lake.items()}
    assert kept == expected(reported)
    assert state.consumed(LAKE) == log.end() == 4
    assert filler.step() == 0


def test_an_item_far_ahead_waits_until_the_others_have_come_to_it(
    log: SqliteLog, state: FragileState, lake: DeltaLake, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The network that crashed read more at once than the one that goes on."""
    reported = [(report(log, *ITEMS), ITEMS) for _ in range(5)]
    state.fuse.left = 2
    fragile: Any = FragileLake(lake, state.fuse)
    with pytest.raises(Crash):
        LakeFiller(log, state, SCHEMAS, fragile).step()
    assert [lake.position(item) for item in ITEMS] == [5, 0, 0]
    monkeypatch.setattr(consumers, "_READ", 1)
    reported += [(report(log, *ITEMS), ITEMS) for _ in range(2)]
    filler = LakeFiller(log, state, SCHEMAS, fragile)
    positions = []
    while filler.step():
        positions.append([lake.position(item) for item in ITEMS])
    assert positions == [[max(5, n), n, n] for n in range(1, 8)]
    kept = {item: Counter(rows_in(lake.read(item, ["sequence", "row"]))) for item in lake.items()}
    assert kept == expected(reported)


def _count(connection: Connection, decoded: Decoded) -> None:
    counters.count(connection, decoded.tables)


def counted(state: State) -> dict[str, int]:
    with state.reading() as connection:
        query = select(ITEM_COUNTERS.c.item, ITEM_COUNTERS.c.rows)
        return {row.item: row.rows for row in connection.execute(query)}


def letters(state: State) -> list[tuple[int, str, str]]:
    with state.reading() as connection:
        query = select(DEAD_LETTERS.c.offset, DEAD_LETTERS.c.item, DEAD_LETTERS.c.reason)
        return [(row.offset, row.item, row.reason) for row in connection.execute(query)]


@pytest.mark.parametrize("restarts", [True, False], ids=["restarted", "tried again"])
@pytest.mark.parametrize("at", ["before", "during", "at the end", "after"])
def test_derived_state_counts_every_row_once_wherever_it_breaks_off(
    log: SqliteLog, state: FragileState, at: str, restarts: bool
) -> None:
    breaking = {"during": [1], "at the end": [2]}.get(at, [])

    def apply(connection: Connection, decoded: Decoded) -> None:
        if breaking == [1]:
            breaking.clear()
            raise Crash
        _count(connection, decoded)
        if breaking == [2]:
            breaking.clear()
            raise Crash

    deriver = Deriver(log, state, SCHEMAS, apply)
    report(log, *ITEMS)
    report(log, payload=b"poison")
    state.fuse.left = {"before": 0, "after": 1}.get(at)
    with pytest.raises(Crash):
        deriver.step()
    report(log, *ITEMS)
    if restarts:
        deriver = Deriver(log, state, SCHEMAS, apply)
    run(deriver)
    assert counted(state) == {item: 2 * len(rows) for item, rows in ROWS.items()}
    assert letters(state) == [(2, "envelope", "envelope_malformed")]
    assert state.consumed(DERIVER) == 3
    assert deriver.step() == 0


def test_two_derivers_at_once_do_not_count_twice(log: SqliteLog, state: FragileState) -> None:
    """As when a network begins before the pipeline of the one before has ended."""
    old, new = (Deriver(log, state, SCHEMAS, _count) for _ in range(2))
    for _ in range(3):
        report(log, *ITEMS)
        assert old.step() == 1
        new.step()
    run(new)
    run(old)
    assert counted(state) == {item: 3 * len(rows) for item, rows in ROWS.items()}


POISON: Mapping[str, Callable[[], bytes]] = {
    "noise": lambda: b"noise",
    "nothing": lambda: b"",
    "an item of a later version": lambda: _envelope("later", ["x"], [[1]]),
    "a field of another kind": lambda: _envelope("services", ["name"], [[7]]),
    "columns of several lengths": lambda: _envelope(
        "services", ["name", "start", "account_kind"], [["a"], ["auto", "auto"], ["system"]]
    ),
    "unknown columns alone": lambda: _envelope("services", ["user"], [[]]),
}


def _envelope(item: str, fields: list[str], columns: list[list[Any]]) -> bytes:
    return codec.encode(
        Envelope("i", "p", "r", "t", 1, [Batch(item, fields, [column(c) for c in columns])])
    )


@pytest.mark.parametrize("poison", POISON)
def test_poison_stops_nobody(
    log: SqliteLog, state: FragileState, lake: DeltaLake, poison: str
) -> None:
    reported = [
        (report(log, *ITEMS), ITEMS),
        (report(log, payload=POISON[poison]()), ()),
        (report(log, *ITEMS), ITEMS),
    ]
    for consumer in (
        Deriver(log, state, SCHEMAS, _count),
        LakeFiller(log, state, SCHEMAS, lake),
    ):
        run(consumer)
    kept = {item: Counter(rows_in(lake.read(item, ["sequence", "row"]))) for item in lake.items()}
    assert kept == expected(reported)
    assert counted(state) == {item: 2 * len(rows) for item, rows in ROWS.items()}
    assert [offset for offset, _, _ in letters(state)] == [2]  # once, though two have read it
    assert state.consumed(DERIVER) == state.consumed(LAKE) == 3


def test_offsets_of_both_are_their_own(
    log: SqliteLog, state: FragileState, lake: DeltaLake
) -> None:
    report(log, *ITEMS)
    run(Deriver(log, state, SCHEMAS, _count))
    assert (state.consumed(DERIVER), state.consumed(LAKE)) == (1, 0)
