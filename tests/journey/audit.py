"""Whether lake and derived state say exactly what was reported: counted anew from what the reporters remember, and
from the lake with Arrow.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc
from sqlalchemy import Table, select

from tests.journey.machines import Network
from tests.journey.reporters import Fleet, Told
from vedette.network.data import DataFolder
from vedette.store.state_schema import (
    DEAD_LETTERS,
    DETECTIONS,
    FILES,
    INSTALL_COUNTERS,
    ITEM_COUNTERS,
    JOURNAL,
    SIGHTINGS,
)

Envelopes = Mapping[tuple[str, int], Told]
_Place = tuple[str, int]

# What tells the rows of an item apart, in a reporter's memory and in the lake.
_MARKS: Final[Mapping[str, Callable[[Mapping[str, Any]], Any]]] = {
    "launches": lambda row: (row["sha256"], row["size"], row["name"]),
    "services": lambda row: (row["name"], row["image"]),
    "detections": lambda row: (row["threat"], [file["hash"] for file in row["files"]]),
}
_COLUMNS: Final = {
    "launches": ["sha256", "size", "name"],
    "services": ["name", "image"],
    "detections": ["threat", "files"],
}


def audited(network: Network, fleet: Fleet) -> dict[_Place, int]:
    """Checks all of it; returns when each envelope was stored, in microseconds."""
    audit = Audit(network.data)
    audit.rows(fleet.everything(), fleet.forbidden())
    audit.counters()
    audit.sightings()
    audit.verdicts()
    return audit.received()


class Audit:
    """Checks the network in ``data``, which has settled. ``votes``: how many computers block a file."""

    def __init__(self, data: DataFolder, votes: int = 2) -> None:
        self._votes = votes
        registry = data.registry()
        self._installs = {one.number: one.install for one in registry.installs()}
        registry.close()
        lake = data.lake()
        self._tables = {item: lake.read(item) for item in lake.items()}
        state = data.state()
        with state.reading() as connection:
            self._state = {
                table.name: [tuple(row) for row in connection.execute(select(table))]
                for table in (
                    *(SIGHTINGS, FILES, ITEM_COUNTERS, INSTALL_COUNTERS, DETECTIONS, DEAD_LETTERS),
                    JOURNAL,
                )
            }
        state.close()

    def rows(self, sent: Envelopes, forbidden: set[bytes]) -> None:
        """Every row of every acknowledged envelope is in the lake exactly once and as it was sent; those of an
        envelope that was never acknowledged are there once, all of them, or not at all.
        """
        found = self._found()
        for place, rows in found.items():
            assert place in sent, f"nobody sent {place}"
            assert rows == _marks(sent[place]), f"{place} is not as it was sent"
        missing = [place for place, told in sent.items() if told.answer and place not in found]
        assert not missing, f"acknowledged, but not in the lake: {missing[:5]} of {len(missing)}"
        launched = set(self._tables["launches"]["sha256"].to_pylist())
        assert not launched & forbidden

    def received(self) -> dict[_Place, int]:
        """When each envelope was stored, in microseconds."""
        places: dict[_Place, int] = {}
        for table in self._tables.values():
            times = table["received"].cast(pa.int64()).to_pylist()
            for install, sequence, time in zip(
                table["install"].to_pylist(), table["sequence"].to_pylist(), times, strict=True
            ):
                place = (self._installs[install], sequence)
                assert places.setdefault(place, time) == time, f"{place} was stored at two times"
        return places

    def counters(self) -> None:
        """What is counted is what is in the lake."""
        items: dict[tuple[int, str], int] = {}
        installs: dict[tuple[int, str], int] = {}
        for item, table in self._tables.items():
            for day, count in _counts(table["day"].cast(pa.int32())):
                items[day, item] = count
            for install, count in _counts(table["install"]):
                installs[install, item] = count
        assert {row[:2]: row[2] for row in self._rows(ITEM_COUNTERS)} == items
        assert {row[:2]: row[2] for row in self._rows(INSTALL_COUNTERS)} == installs
        assert not self._rows(DEAD_LETTERS)

    def sightings(self) -> None:
        """Who has seen which file how often, and on how many computers it was seen, is what the lake says."""
        launches = self._tables["launches"]
        seen = [
            pa.table(
                [launches["install"], launches["sha256"], launches["received"].cast(pa.int64())],
                ["install", "file", "time"],
            ),
            self._detected().select(["install", "file", "time"]),
        ]
        all_seen = pa.concat_tables(seen)
        spans = [("time", "min"), ("time", "max"), ("time", "count")]
        pairs = all_seen.group_by(["install", "file"]).aggregate(spans)
        columns = ["install", "file", "time_min", "time_max", "time_count"]
        assert sorted(self._rows(SIGHTINGS)) == sorted(_tuples(pairs.select(columns)))
        files = all_seen.group_by("file").aggregate([("install", "count_distinct"), *spans])
        columns = ["file", "install_count_distinct", "time_min", "time_max", "time_count"]
        assert sorted(self._rows(FILES)) == sorted(_tuples(files.select(columns)))

    def verdicts(self) -> None:
        """Each computer has one vote a file, the first; each file with enough votes has one verdict."""
        votes: dict[tuple[bytes, int], tuple[int, str]] = {}
        for install, file, time, threat in _tuples(self._detected()):
            vote = (time, threat)
            votes[file, install] = min(vote, votes.get((file, install), vote))
        expected = [(*pair, threat, time) for pair, (time, threat) in votes.items()]
        assert sorted(self._rows(DETECTIONS)) == sorted(expected)
        voters: dict[bytes, int] = defaultdict(int)
        for file, _ in votes:
            voters[file] += 1
        journal = self._rows(JOURNAL)
        assert sorted(row[0] for row in journal) == list(range(1, len(journal) + 1))
        blocked = sorted(file.hex() for file, count in voters.items() if count >= self._votes)
        assert sorted(row[2] for row in journal) == blocked
        assert {row[3] for row in journal} <= {"block"}

    def _rows(self, table: Table) -> list[tuple[Any, ...]]:
        return self._state[table.name]

    def _found(self) -> dict[_Place, dict[str, list[Any]]]:
        """What the lake holds of each envelope, by item, in order; a row that is there twice fails here."""
        found: dict[_Place, dict[str, list[Any]]] = defaultdict(dict)
        for item, table in self._tables.items():
            ordered = table.sort_by(
                [(name, "ascending") for name in ("install", "sequence", "row")]
            )
            keys = ordered.select(["install", "sequence", "row"])
            values = ordered.select(_COLUMNS[item]).to_pylist()
            for (install, sequence, row), value in zip(_tuples(keys), values, strict=True):
                marks = found[self._installs[install], sequence].setdefault(item, [])
                assert row == len(marks), f"row {row} of {item} in {install}, {sequence}"
                marks.append(_MARKS[item](value))
        return found

    def _detected(self) -> pa.Table:
        """A row for each file in each detection: install, file, time (microseconds), threat."""
        rows = self._tables["detections"]
        files = rows["files"].combine_chunks()
        parents = pc.list_parent_indices(files)
        return pa.table(
            {
                "install": rows["install"].take(parents),
                "file": pc.struct_field(pc.list_flatten(files), "hash"),
                "time": rows["received"].take(parents).cast(pa.int64()),
                "threat": rows["threat"].take(parents),
            }
        )


def _marks(told: Told) -> dict[str, list[Any]]:
    return {item: [_MARKS[item](row) for row in rows] for item, rows in told.kept.items() if rows}


def _counts(values: Any) -> list[tuple[Any, int]]:
    return [(one["values"], one["counts"]) for one in values.value_counts().to_pylist()]


def _tuples(table: pa.Table) -> list[tuple[Any, ...]]:
    return list(zip(*(column.to_pylist() for column in table.columns), strict=True))
