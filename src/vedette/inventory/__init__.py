"""What the computer *is*. One item of the statement, one file: its record, its declaration as ``ITEM``, its reader.

An item with many sources is a folder of its name, one file a source. Nothing here knows an implementation of
the host.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import ClassVar

from vedette.errors import DeclarationError, Unreadable, ValueRefused
from vedette.facts.record import Item, Record
from vedette.host import Entry, Host
from vedette.host.registry import Key


@dataclass(frozen=True, slots=True)
class Unread:
    """Something of an item that could not be read: ``reason`` in a few words, without a name in it."""

    of: str
    reason: str


Reader = Callable[[Host], Iterator[Record | Unread]]
"""Yields the records that one source of an item has, and an ``Unread`` for what of it could not be read."""


@dataclass(frozen=True, kw_only=True)
class InventoryItem(Item):
    """An item that is read from the host: ``read`` yields its records, and an ``Unread`` for what it could not
    read.
    """

    read: Reader
    standing: ClassVar[bool] = True

    def __post_init__(self) -> None:
        super().__post_init__()
        # `vedette inventory` says there which image or hive a record is of.
        if any(field.name == "source" for field in self.fields):
            raise DeclarationError(f"item {self.name} has a field source", "call it otherwise")


def sources(of: str, host: Host, *readers: Reader) -> Iterator[Record | Unread]:
    """All that ``readers`` find of the item ``of``. One that comes upon something it cannot read or say costs only what
    it would have found from there on.
    """
    for reader in readers:
        try:
            yield from reader(host)
        except Unreadable as error:
            yield Unread(of, error.reason)
        except ValueRefused:
            yield Unread(of, "a value has another form than its kind")


def damage(of: str, key: Key | None) -> Iterator[Unread]:
    """What of the item ``of`` was lost with parts of ``key`` that could not be read."""
    for reason in key.damage if key else ():
        yield Unread(of, reason)


def entries(of: str, host: Host, folder: str) -> Iterator[Entry | Unread]:
    """What lies in ``folder``, where the item ``of`` looks; of a folder that cannot be read, the reason."""
    try:
        yield from host.files.entries(folder)
    except Unreadable as error:
        yield Unread(of, error.reason)


def is_there(host: Host, path: str) -> bool:
    """Whether a file or folder can be found at ``path``."""
    try:
        host.files.stat(path)
    except Unreadable:
        return False
    return True


def distinct(found: Iterator[Record | Unread]) -> Iterator[Record | Unread]:
    """Each of ``found`` once: what is so for several people, or in several views, is told once."""
    told: set[Record | Unread] = set()
    for each in found:
        if each not in told:
            told.add(each)
            yield each
