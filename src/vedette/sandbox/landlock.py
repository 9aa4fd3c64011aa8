"""Landlock (landlock(7)): a process takes itself the right to files, TCP, and signals to others.

The rule set handles every right that the kernel knows and allows none. What is open already stays usable.
"""

from __future__ import annotations

import ctypes
import os
from typing import Final

from vedette.sandbox.prctl import system_call

_CREATE_RULESET: Final = 444  # system calls, the same number on every architecture
_RESTRICT_SELF: Final = 446
_GIVE_VERSION: Final = 1

# The highest right that each version of the interface added; rights are consecutive bits.
_FILE_RIGHTS: Final = ((1, 13), (2, 14), (3, 15), (5, 16))
_NET_SINCE, _SCOPED_SINCE = 4, 6
_TCP: Final = 0b11  # bind, connect
_SCOPED: Final = 0b11  # abstract unix sockets, signals


class _Ruleset(ctypes.Structure):
    _fields_ = (
        ("files", ctypes.c_uint64),
        ("net", ctypes.c_uint64),
        ("scoped", ctypes.c_uint64),
    )


def version() -> int:
    """The version of the kernel's interface; 0 where it has none, or has it switched off."""
    try:
        return system_call(_CREATE_RULESET, None, 0, _GIVE_VERSION)
    except OSError:
        return 0


def restrict(known: int) -> None:
    """Gives up every right that ``known``, a version of at least 1, has. Raises ``OSError``."""
    bits = max(count for since, count in _FILE_RIGHTS if since <= known)
    rules = _Ruleset(
        (1 << bits) - 1,
        _TCP if known >= _NET_SINCE else 0,
        _SCOPED if known >= _SCOPED_SINCE else 0,
    )
    size = 8 if known < _NET_SINCE else 16 if known < _SCOPED_SINCE else 24
    descriptor = system_call(_CREATE_RULESET, ctypes.c_void_p(ctypes.addressof(rules)), size, 0)
    try:
        system_call(_RESTRICT_SELF, descriptor, 0)
    finally:
        os.close(descriptor)
