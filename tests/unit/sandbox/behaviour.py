"""Functions that a worker of these tests runs: well-behaved and ill-behaved ones."""

from __future__ import annotations

import ctypes
import os
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path

import msgspec

from vedette.errors import Unreadable


class Seen(msgspec.Struct):
    """What the worker saw, and which process it is."""

    size: int
    pid: int


def look(descriptor: int, *, twice: bool = False) -> Seen:
    return Seen(len(os.pread(descriptor, 1 << 20, 0)) * (1 + twice), os.getpid())


def know(_: int, *, roots: Sequence[bytes], now: datetime) -> tuple[int, str]:
    return len(roots), now.isoformat()


def obey(descriptor: int) -> Seen:
    """Does what the file says."""
    deed = _DEEDS.get(os.pread(descriptor, 64, 0))
    if deed is not None:
        deed(descriptor)
    return look(descriptor)


def _spin(_: int) -> None:
    while True:
        pass


def _devour(_: int) -> None:
    held = []
    while True:
        held.append(bytearray(16 << 20))


def _refuse(_: int) -> None:
    raise Unreadable("no such luck")


def _fail(_: int) -> None:
    raise ZeroDivisionError("/home/ann/secret")


def _close(_: int) -> None:
    os.close(0)
    _spin(0)


_DEEDS: dict[bytes, Callable[[int], object]] = {
    b"abort": lambda _: os.abort(),
    b"close": _close,
    b"crash": lambda _: ctypes.string_at(8),
    b"devour": _devour,
    b"end": lambda _: os._exit(7),
    b"fail": _fail,
    b"hang": lambda _: os.read(0, 1),
    b"leak": os.dup,
    b"leave": lambda _: os._exit(0),
    b"refuse": _refuse,
    b"shout": lambda _: os.write(0, bytes(64)),
    b"spin": _spin,
}


def babble(_: int, *, size: int) -> bytes:
    return bytes(size)


def hang(_: int) -> bytes:
    return os.read(0, 1)


def flood(_: int) -> None:
    """Writes until somebody stops it."""
    while True:
        os.write(0, bytes(1 << 16))


def mislead(_: int) -> str:
    return "a text where a structure was agreed"


def open_descriptors(_: int) -> int:
    """How many, found without /proc."""
    count = 0
    for number in range(64):
        try:
            os.fstat(number)
        except OSError:
            continue
        count += 1
    return count


_prepared: list[str] = []


def prepare() -> None:
    """Reads from the disk while it may."""
    _prepared.append(Path("/proc/self/comm").read_text())


def prepared(_: int) -> int:
    return len(_prepared)
