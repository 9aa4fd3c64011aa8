"""Which computer has seen which file, and on how many computers each file was seen.

A batch is summed up in Arrow before it touches the database, and then applied in a few statements over sets. What a row
changes depends neither on the batch it came in nor on their order. That each row comes once is the caller's part: the
offset it has consumed is in the same transaction.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc
from sqlalchemy import (
    Column,
    Connection,
    Integer,
    LargeBinary,
    MetaData,
    Select,
    Table,
    and_,
    delete,
    func,
    select,
    true,
)
from sqlalchemy.dialects.sqlite import Insert
from sqlalchemy.dialects.sqlite import insert as upsert

from vedette.store.state_schema import FILES, SIGHTINGS

SIGHTING: Final = pa.schema([("install", pa.int64()), ("file", pa.binary()), ("time", pa.int64())])
"""An install's number, the SHA-256 of a file it told of, and when that was received, in microseconds."""


def _in_column(name: str) -> Callable[[pa.Table], pa.Table]:
    """Each row names one file, or null, in the column ``name``."""

    def find(rows: pa.Table) -> pa.Table:
        return _sightings(rows["install"], rows[name], rows["received"])

    return find


def _in_files(rows: pa.Table) -> pa.Table:
    """Each row has a list ``files``, or null, whose elements name one file, or null, in ``hash``."""
    files = rows["files"].combine_chunks()
    parents = pc.list_parent_indices(files)
    digests = pc.struct_field(pc.list_flatten(files), "hash")
    return _sightings(rows["install"].take(parents), digests, rows["received"].take(parents))


SOURCES: Final[Mapping[str, Callable[[pa.Table], pa.Table]]] = {
    "launches": _in_column("sha256"),
    "detections": _in_files,
}
"""The items that tell of files, each with the way to find the sightings in its rows."""


def sightings_in(item: str, rows: pa.Table) -> pa.Table:
    """The sightings in ``rows`` of ``item``, as ``SIGHTING``; none in an item that does not tell of files.

    ``rows`` has the columns ``install`` (int64) and ``received`` (microseconds) beside the item's own.
    """
    find = SOURCES.get(item)
    return find(rows) if find else SIGHTING.empty_table()


def summed(tables: Mapping[str, pa.Table]) -> pa.Table:
    """All sightings in ``tables`` (rows by item), a row for each install and file: install, file, first, last, reports.

    In the order of the database's own rows: an install's lie together.
    """
    found = [sightings_in(item, rows) for item, rows in tables.items()]
    seen = pa.concat_tables([SIGHTING.empty_table(), *found])
    grouped = seen.group_by(["install", "file"]).aggregate(
        [("time", "min"), ("time", "max"), ("time", "count")]
    )
    columns = grouped.select(["install", "file", "time_min", "time_max", "time_count"])
    named = columns.rename_columns(["install", "file", "first", "last", "reports"])
    return named.sort_by([("install", "ascending"), ("file", "ascending")])


# What one batch brings, seen by the connection that applies it and by no other; empty between batches.
_ARRIVED: Final = Table(
    "arrived",
    MetaData(),
    Column("install", Integer),
    Column("file", LargeBinary(32)),
    Column("first", Integer),
    Column("last", Integer),
    Column("reports", Integer),
    prefixes=["TEMPORARY"],
)


def _merge(rows: Select[Any], into: Table, *counts: str) -> Insert:
    """Puts ``rows`` into a table; where a key is there, the time span widens and the ``counts`` add up."""
    statement = upsert(into).from_select(list(into.columns), rows)
    new = statement.excluded
    spans = {"first": func.min(into.c.first, new.first), "last": func.max(into.c.last, new.last)}
    sums = {name: into.c[name] + new[name] for name in counts}
    return statement.on_conflict_do_update(
        index_elements=list(into.primary_key), set_={**spans, **sums}
    )


# SQLite needs a WHERE, however empty, between a SELECT and ON CONFLICT.
_ADD_SIGHTINGS: Final = _merge(select(_ARRIVED).where(true()), SIGHTINGS, "reports")

_KNOWN_PAIR = and_(SIGHTINGS.c.install == _ARRIVED.c.install, SIGHTINGS.c.file == _ARRIVED.c.file)
_ADD_FILES: Final = _merge(
    select(
        _ARRIVED.c.file,
        func.sum(SIGHTINGS.c.file.is_(None)).label("computers"),
        func.min(_ARRIVED.c.first),
        func.max(_ARRIVED.c.last),
        func.sum(_ARRIVED.c.reports),
    )
    .select_from(_ARRIVED.outerjoin(SIGHTINGS, _KNOWN_PAIR))
    .where(true())
    .group_by(_ARRIVED.c.file),
    FILES,
    "computers",
    "reports",
)


def record(connection: Connection, tables: Mapping[str, pa.Table]) -> None:
    """Adds the sightings in ``tables`` (rows by item) to state.db.

    ``connection`` is in the transaction that notes the offset they came from.
    """
    arrived = summed(tables)
    if not arrived.num_rows:
        return
    _ARRIVED.create(connection, checkfirst=True)
    rows = zip(*(column.to_pylist() for column in arrived.columns), strict=True)
    # Straight to the driver: looking at each value on the way would cost more than all the rest.
    connection.exec_driver_sql("INSERT INTO arrived VALUES (?, ?, ?, ?, ?)", list(rows))
    # In this order: a file's computers grow by the pairs that are not among the sightings yet.
    connection.execute(_ADD_FILES)
    connection.execute(_ADD_SIGHTINGS)
    connection.execute(delete(_ARRIVED))


def _sightings(install: Any, file: Any, received: Any) -> pa.Table:
    seen = pa.table([install, file, received.cast(pa.int64())], schema=SIGHTING)
    return seen.filter(pc.is_valid(seen["file"]))
