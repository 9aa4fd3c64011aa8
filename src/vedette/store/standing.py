"""How things stand with one install: what its rows in the lake come to, from the last whole on, change by change."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from operator import itemgetter
from typing import Any, Final

import msgspec
import pyarrow as pa

from vedette.facts.envelope import Change
from vedette.facts.record import RESERVED

CHANGE: Final = "change"
"""The column that says what a row does to how things stand: a word of ``Change``, or ``NONE_THERE``."""

NONE_THERE: Final = "none"
"""The change of a row without values: the install begins the item anew and has nothing of it."""

# Without any: from before there were differences.
_BEGINS: Final = frozenset({Change.WHOLE, NONE_THERE, None})
_ORDER: Final = {Change.REMOVED: 1, Change.ADDED: 2}

_encoder = msgspec.msgpack.Encoder(order="deterministic")


def standing(rows: pa.Table) -> list[dict[str, Any]]:
    """What of an item is so now, by ``rows``: all that the lake has of the item from one install. Each once, in the
    order in which they came.
    """
    now: dict[bytes, dict[str, Any]] = {}
    for _, sent in itertools.groupby(_in_order(rows), itemgetter("sequence")):
        envelope = list(sent)
        if envelope[0][CHANGE] in _BEGINS:
            now.clear()
        for row in envelope:
            values = {name: value for name, value in row.items() if name not in RESERVED}
            key = _encoder.encode(values)
            if row[CHANGE] == Change.REMOVED:
                now.pop(key, None)
            elif row[CHANGE] != NONE_THERE:
                now[key] = values
    return list(now.values())


def told(rows: pa.Table) -> int:
    """How many of ``rows``, of whatever item, tell of something, rather than that there is nothing."""
    if CHANGE not in rows.column_names:
        return int(rows.num_rows)
    return sum(change != NONE_THERE for change in rows.column(CHANGE).to_pylist())


def _in_order(rows: pa.Table) -> Iterator[dict[str, Any]]:
    """As the install told them; in an envelope a whole comes first, and what has gone before what has come."""
    yield from sorted(
        ({CHANGE: None, **row} for row in rows.to_pylist()),
        key=lambda row: (row["sequence"], _ORDER.get(row[CHANGE], 0), row["row"]),
    )
