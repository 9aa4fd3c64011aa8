"""What the computer *is*. One item of the statement, one file: its record, its declaration as ``ITEM``, its reader.

An item with many sources is a folder of its name, one file a source. Nothing here knows an implementation of
the host.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from vedette.facts.record import Item, Record
from vedette.host import Host


@dataclass(frozen=True, slots=True)
class Unread:
    """Something of an item that could not be read: ``reason`` in a few words, without a name in it."""

    of: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class InventoryItem(Item):
    """An item that is read from the host: ``read`` yields its records, and an ``Unread`` for what it could not
    read.
    """

    read: Callable[[Host], Iterator[Record | Unread]]
