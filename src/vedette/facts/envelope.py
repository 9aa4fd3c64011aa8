"""The envelope: what one computer sends at once, in columns.

An envelope names the install that sends it, the product, the receipt it rests on with the digest of that
receipt's terms, and a sequence number that this install never uses again. Its items come in batches: the field
names, and for each field a column with one value a row. What happens comes in one batch an item; how things
stand in up to three, which together take what the network knew before to what is so now: see ``Change``. Columns
are kept as raw MessagePack until somebody needs them, so each side pays only for what it looks at. How many there
may be of everything is bounded, so that a small envelope cannot become a large one in memory.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta

MAX_BATCHES: Final = 256
MAX_FIELDS: Final = 256
_Label = Annotated[str, Meta(max_length=256)]


class Change(StrEnum):
    """What the rows of a batch do to what was known of an item that tells how things stand: they begin it anew, go
    out of it, or come to it. In an envelope they do so in this order, wherever their batches lie.
    """

    WHOLE = "whole"
    REMOVED = "removed"
    ADDED = "added"


class Batch(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Rows of one item: ``columns[i]`` is a MessagePack array with the values of ``fields[i]``."""

    item: _Label
    fields: Annotated[list[_Label], Meta(max_length=MAX_FIELDS)]
    columns: Annotated[list[msgspec.Raw], Meta(max_length=MAX_FIELDS)]
    change: Change = Change.WHOLE


class Envelope(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``install`` and ``receipt`` are ids, ``terms`` the digest of the terms agreed to, ``sequence`` counts
    from 1.
    """

    install: _Label
    product: _Label
    receipt: _Label
    terms: _Label
    sequence: Annotated[int, Meta(ge=1, le=2**62)]
    batches: Annotated[list[Batch], Meta(max_length=MAX_BATCHES)]


def column(values: list[Any]) -> msgspec.Raw:
    """``values`` as the MessagePack array of a batch's column."""
    return msgspec.Raw(msgspec.msgpack.encode(values))
