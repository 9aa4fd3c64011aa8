"""The envelope: what one computer sends at once, in columns.

An envelope names the install that sends it, the product, the receipt it rests on with the digest of that
receipt's terms, and a sequence number that this install never uses again. Its items come in batches, one an
item: the field names, and for each field a column with one value a row. Columns are kept as raw MessagePack
until somebody needs them, so each side pays only for what it looks at.
"""

from __future__ import annotations

from typing import Any

import msgspec


class Batch(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Rows of one item: ``columns[i]`` is a MessagePack array with the values of ``fields[i]``."""

    item: str
    fields: list[str]
    columns: list[msgspec.Raw]


class Envelope(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``install`` and ``receipt`` are ids, ``terms`` the digest of the terms agreed to, ``sequence`` counts
    from 1.
    """

    install: str
    product: str
    receipt: str
    terms: str
    sequence: int
    batches: list[Batch]


def column(values: list[Any]) -> msgspec.Raw:
    """``values`` as the MessagePack array of a batch's column."""
    return msgspec.Raw(msgspec.msgpack.encode(values))
