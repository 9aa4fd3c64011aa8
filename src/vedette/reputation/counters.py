"""How many rows of each item arrived on each day, and how many each install has sent."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc
from sqlalchemy import Connection, Table
from sqlalchemy.dialects.sqlite import insert as upsert

from vedette.store.state_schema import INSTALL_COUNTERS, ITEM_COUNTERS

_MICROS_A_DAY: Final = 86_400_000_000


def count(connection: Connection, tables: Mapping[str, pa.Table]) -> None:
    """Adds the rows in ``tables`` (rows by item, with the columns ``install`` and ``received``) to state.db's counters.

    ``connection`` is in the transaction that notes the offset they came from.
    """
    for item, rows in tables.items():
        days = pc.divide(rows["received"].cast(pa.int64()), _MICROS_A_DAY)
        _add(connection, ITEM_COUNTERS, "day", item, days)
        _add(connection, INSTALL_COUNTERS, "install", item, rows["install"])


def _add(connection: Connection, into: Table, key: str, item: str, values: Any) -> None:
    counts = [
        {key: one["values"], "item": item, "rows": one["counts"]}
        for one in values.value_counts().to_pylist()
    ]
    statement = upsert(into)
    adding = statement.on_conflict_do_update(
        index_elements=list(into.primary_key), set_={"rows": into.c.rows + statement.excluded.rows}
    )
    if counts:
        connection.execute(adding, counts)
