"""What is said of a hive, as it comes out of the sandbox."""

from __future__ import annotations

from typing import Literal

import msgspec


class PackedValue(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A value: of ``data`` and ``raw`` the one that ``vedette.host.registry.Data`` asks for, or neither."""

    name: str
    kind: int
    data: str | int | tuple[str, ...] | None = None
    raw: bytes | None = None


class PackedKey(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A key; ``written`` is a FILETIME: tenths of a microsecond since 1601."""

    name: str
    written: int = 0
    values: tuple[PackedValue, ...] = ()
    keys: tuple[PackedKey, ...] = ()
    damage: tuple[str, ...] = ()


class Answer(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """``state`` is "key" with ``key``, or "absent"; "link" where the key is found at ``link`` instead (a path from
    ``\\Registry``); "held" of a log that is kept for the next call, under ``log``; "incomplete" of a hive that
    needs its logs: they have to be given, or that there are none.
    """

    state: Literal["key", "absent", "link", "held", "incomplete"]
    key: PackedKey | None = None
    link: str = ""
    log: str = ""
