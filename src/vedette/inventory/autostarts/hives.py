"""The hives in which things are registered to start: the computer's and each user's, by the names of their roots."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from vedette.errors import Unreadable
from vedette.host import Host
from vedette.host.registry import Hive, Key
from vedette.inventory import Unread, damage
from vedette.inventory.autostarts.record import AUTOSTARTS

MACHINE: Final = "HKLM"
USER: Final = "HKCU"


def hives(host: Host) -> Iterator[tuple[str, Hive] | Unread]:
    yield MACHINE, host.registry.machine
    try:
        people = host.registry.users()
    except Unreadable as error:
        yield Unread(AUTOSTARTS, error.reason)
        return
    for hive in people:
        yield USER, hive


def key_of(hive: Hive, path: str, depth: int = 0) -> Iterator[Key | Unread]:
    """The key at ``path``, if it is there and can be read, and what of it was lost."""
    try:
        key = hive.key(path, depth)
    except Unreadable as error:
        yield Unread(AUTOSTARTS, error.reason)
        return
    yield from damage(AUTOSTARTS, key)
    if key:
        yield key
