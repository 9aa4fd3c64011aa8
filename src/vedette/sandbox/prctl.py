"""prctl(2) and other calls that the standard library has no function for."""

from __future__ import annotations

import ctypes
import os
import signal
from typing import Final

_SET_PDEATHSIG: Final = 1
_SET_DUMPABLE: Final = 4
_SET_SECCOMP: Final = 22
_SECCOMP_MODE_FILTER: Final = 2
_SET_NO_NEW_PRIVS: Final = 38

_libc: Final = ctypes.CDLL(None, use_errno=True)
_libc.syscall.restype = ctypes.c_long


def system_call(number: int, *arguments: int | ctypes.c_void_p | None) -> int:
    """Calls it. Raises ``OSError``."""
    wide = [ctypes.c_long(one) if isinstance(one, int) else one for one in arguments]
    return _checked(_libc.syscall(ctypes.c_long(number), *wide))


def die_with(parent: int) -> None:
    """This process is killed when the thread of process ``parent`` that started it ends. A change of user takes that
    back, so it comes after one. Raises ``ProcessLookupError`` where the parent has ended before.
    """
    _prctl(_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        raise ProcessLookupError


def hide() -> None:
    """No other process of the same user may trace this one, read its memory, or have it dump its core."""
    _prctl(_SET_DUMPABLE, 0)


def renounce_privileges() -> None:
    """Nothing that this process executes gains privileges: Landlock and seccomp ask for that first."""
    _prctl(_SET_NO_NEW_PRIVS, 1)


def filter_system_calls(program: ctypes.Structure) -> None:
    """Loads a seccomp ``program`` (``struct sock_fprog``)."""
    _prctl(_SET_SECCOMP, _SECCOMP_MODE_FILTER, ctypes.addressof(program))


def _prctl(option: int, *arguments: int) -> None:
    padded = [*arguments, 0, 0, 0, 0][:4]
    _checked(_libc.prctl(ctypes.c_int(option), *map(ctypes.c_ulong, padded)))


def _checked(result: int) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return result
