"""Sightings and counters, against the same sums done by hand."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, select

from vedette.activity import detections, launches
from vedette.facts.kinds import Files, Sha256
from vedette.reputation import counters, sightings
from vedette.store.state import State
from vedette.store.state_schema import FILES, INSTALL_COUNTERS, ITEM_COUNTERS, SIGHTINGS, TABLES

DAY = 86_400_000_000
FILES_KNOWN = [bytes([n]) * 32 for n in range(4)]


@dataclass(frozen=True)
class Row:
    """What one row of an item tells: by whom, when it was received, of which files."""

    item: str
    install: int
    received: int
    files: tuple[bytes | None, ...] = ()


@pytest.fixture
def state(tmp_path: Path) -> Iterator[State]:
    state = State.open(tmp_path / "state.db")
    yield state
    state.close()


def tables(rows: Iterable[Row]) -> dict[str, pa.Table]:
    """``rows`` as the decoder lays them out."""
    by_item: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        by_item[row.item].append(row)
    return {item: table(item, of_item) for item, of_item in by_item.items()}


def table(item: str, rows: list[Row]) -> pa.Table:
    columns = {
        "install": pa.array([row.install for row in rows], pa.int64()),
        "received": pa.array([row.received for row in rows], pa.timestamp("us", "UTC")),
        "row": pa.array(range(len(rows)), pa.int32()),
    }
    if item == "launches":
        columns["sha256"] = pa.array([row.files[0] for row in rows], pa.binary())
    if item == "detections":
        found = pa.list_(pa.struct([("name", pa.string()), ("hash", pa.binary())]))
        columns["files"] = pa.array(
            [[{"name": "x", "hash": file} for file in row.files] for row in rows], found
        )
    return pa.table(columns)


def apply(state: State, batch: Iterable[Row]) -> None:
    decoded = tables(batch)
    with state.transaction() as connection:
        sightings.record(connection, decoded)
        counters.count(connection, decoded)


Contents = dict[str, set[tuple[object, ...]]]


def contents(engine: Engine) -> Contents:
    with engine.connect() as connection:
        return {
            table.name: {tuple(row) for row in connection.execute(select(table))}
            for table in (SIGHTINGS, FILES, ITEM_COUNTERS, INSTALL_COUNTERS)
        }


def expected(rows: list[Row]) -> Contents:
    times: dict[tuple[int, bytes], list[int]] = defaultdict(list)
    for row in rows:
        for file in row.files:
            if file is not None:
                times[row.install, file].append(row.received)
    of_file: dict[bytes, list[int]] = defaultdict(list)
    for (_, file), received in times.items():
        of_file[file] += received
    computers = Counter(file for _, file in times)
    return {
        "sightings": {(*pair, min(t), max(t), len(t)) for pair, t in times.items()},
        "files": {(f, computers[f], min(t), max(t), len(t)) for f, t in of_file.items()},
        "item_counters": {
            (*key, n) for key, n in Counter((r.received // DAY, r.item) for r in rows).items()
        },
        "install_counters": {
            (*key, n) for key, n in Counter((r.install, r.item) for r in rows).items()
        },
    }


files = st.sampled_from(FILES_KNOWN)
installs, moments = st.integers(1, 3), st.integers(0, 3 * DAY)
rows = st.one_of(
    st.builds(Row, st.just("launches"), installs, moments, st.tuples(files)),
    st.builds(
        Row,
        st.just("detections"),
        installs,
        moments,
        st.lists(st.none() | files, max_size=3).map(tuple),
    ),
    st.builds(Row, st.just("services"), installs, moments),
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(rows, st.integers(0, 3)), max_size=30))
def test_neither_batches_nor_order_change_the_sums(
    state: State, arriving: list[tuple[Row, int]]
) -> None:
    with state.transaction() as connection:
        for emptied in reversed(TABLES.sorted_tables):
            connection.execute(emptied.delete())
    for batch in range(4):
        apply(state, [row for row, into in arriving if into == batch])
    assert contents(state.engine) == expected([row for row, _ in arriving])


def test_what_is_undone_leaves_nothing(state: State) -> None:
    first = [Row("launches", 1, 5, (FILES_KNOWN[0],))]

    def fail_halfway() -> None:
        with state.transaction() as connection:
            sightings.record(connection, tables(first))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail_halfway()
    apply(state, first)
    assert contents(state.engine) == expected(first)


def test_nothing_arrives(state: State) -> None:
    apply(state, [])
    apply(state, [Row("detections", 1, 0, ()), Row("detections", 1, 0, (None,))])
    assert contents(state.engine)["sightings"] == set()


def test_the_columns_of_a_digest_are_those_of_the_declarations() -> None:
    kinds = {field.name: field.kind for field in launches.ITEM.fields}
    assert kinds["sha256"] is Sha256
    kinds = {field.name: field.kind for field in detections.ITEM.fields}
    assert kinds["files"] is Files
    assert set(sightings.SOURCES) == {launches.ITEM.name, detections.ITEM.name}


def test_lists_in_several_pieces_keep_their_installs() -> None:
    pieces = [table("detections", [Row("detections", n, n, (FILES_KNOWN[n],))]) for n in (1, 2)]
    found = sightings.sightings_in("detections", pa.concat_tables(pieces))
    assert found.to_pydict() == {"install": [1, 2], "file": FILES_KNOWN[1:3], "time": [1, 2]}
