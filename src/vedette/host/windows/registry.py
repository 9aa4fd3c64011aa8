r"""The registry of a running Windows, through ``winreg`` (https://docs.python.org/3/library/winreg.html).

All is read in the 64-bit view, where ``SOFTWARE\WOW6432Node`` is a key like any other
(https://learn.microsoft.com/windows/win32/winprog64/accessing-an-alternate-registry-view). Nothing is loaded or
changed: of people who are not logged on, whose hives Windows has not loaded, it says just that.
"""

from __future__ import annotations

import hashlib
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from typing import Any, Final, Protocol

from vedette.clock import from_filetime
from vedette.errors import Unreadable, Unsupported
from vedette.host.offline.names import PROFILES
from vedette.host.registry import Data, Hive, Key, Value

# Predefined handles, winreg.h.
HKEY_LOCAL_MACHINE: Final = 0x80000002
HKEY_USERS: Final = 0x80000003
# KEY_READ | KEY_WOW64_64KEY, winnt.h: neither right lets anything be written.
_ACCESS: Final = 0x20019 | 0x0100

# Errors of winerror.h.
_MISSING: Final = frozenset({2, 3, 161})  # no such file, path; a path that is none
_GONE: Final = 1018  # the key was deleted while it was open
_DENIED: Final = 5
_NO_MORE: Final = 259

# Accounts of people: of a computer or domain, and of Microsoft Entra ID.
# https://learn.microsoft.com/windows-server/identity/ad-ds/manage/understand-security-identifiers
_PERSON: Final = re.compile(r"S-1-(?:5-21|12-1)(?:-\d+){4}", re.IGNORECASE)
# Of the system, which have their settings as people do: .DEFAULT is the hive of S-1-5-18.
_ACCOUNTS: Final = frozenset({".DEFAULT", "S-1-5-19", "S-1-5-20"})

_NOT_LOADED: Final = "the user is not logged on"


class Winreg(Protocol):
    """What is needed of the module ``winreg``."""

    def OpenKey(  # noqa: N802
        self, key: Any, sub_key: str, reserved: int = 0, access: int = 0x20019, /
    ) -> AbstractContextManager[Any]: ...

    def QueryInfoKey(self, key: Any, /) -> tuple[int, int, int]: ...  # noqa: N802

    def EnumKey(self, key: Any, index: int, /) -> str: ...  # noqa: N802

    def EnumValue(self, key: Any, index: int, /) -> tuple[str, Any, int]: ...  # noqa: N802


def this_winreg() -> Winreg:
    """The module of this Python. Raises ``Unsupported`` where it has none."""
    if sys.platform == "win32":
        import winreg  # noqa: PLC0415 - there is none elsewhere

        return winreg
    raise Unsupported("this system has no registry", "run it on Windows")


class LiveHive:
    """The keys below ``prefix`` of a predefined ``root``."""

    def __init__(self, winreg: Winreg, root: int, prefix: str = "") -> None:
        self._winreg = winreg
        self._root = root
        self._prefix = prefix

    def key(self, path: str, depth: int = 0) -> Key | None:
        """See ``Hive``."""
        try:
            with self._opened(self._root, (self._prefix + path).strip("\\")) as handle:
                return self._read(handle, path.strip("\\").rpartition("\\")[2], depth)
        except OSError as error:
            if _number(error) in _MISSING:
                return None
            raise Unreadable(_reason(error)) from error
        except ValueError as error:  # a NUL in the path: no key can have such a name
            raise Unreadable("no name of a key") from error

    def _opened(self, key: Any, path: str) -> AbstractContextManager[Any]:
        return self._winreg.OpenKey(key, path, 0, _ACCESS)

    def _read(self, handle: Any, name: str, depth: int) -> Key:
        damage: list[str] = []
        _, _, written = self._winreg.QueryInfoKey(handle)
        values = tuple(
            Value(each, kind, _data(data))
            for each, data, kind in _all(self._winreg.EnumValue, handle, damage)
        )
        keys: list[Key] = []
        for each in list(_all(self._winreg.EnumKey, handle, damage)) if depth else ():
            try:
                with self._opened(handle, each) as below:
                    keys.append(self._read(below, each, depth - 1))
            except OSError as error:
                if _number(error) not in _MISSING:  # one that was deleted just now is no loss
                    damage.append(_reason(error))
        damage += (reason for key in keys for reason in key.damage)
        # One reason is said once, however many keys it holds for.
        return Key(name, from_filetime(written), values, tuple(keys), tuple(dict.fromkeys(damage)))


class _Unloaded:
    """The hive of somebody who is not logged on."""

    def key(self, path: str, depth: int = 0) -> Key | None:  # noqa: ARG002
        raise Unreadable(_NOT_LOADED)


class LiveRegistry:
    """The registry of this computer. Raises ``Unsupported`` where there is none."""

    def __init__(self, winreg: Winreg | None = None) -> None:
        self._winreg = winreg or this_winreg()
        self.machine: Hive = LiveHive(self._winreg, HKEY_LOCAL_MACHINE)

    def users(self) -> Sequence[Hive]:
        r"""See ``Registry``; those of people who are not logged on come last. A user's ``Software\Classes`` is a link
        that Windows follows by itself.
        """
        try:
            with self._winreg.OpenKey(HKEY_USERS, "", 0, _ACCESS) as handle:
                names = list(_all(self._winreg.EnumKey, handle, []))
        except OSError as error:
            raise Unreadable(_reason(error)) from error
        loaded = {name.upper() for name in names}
        people = [name for name in names if _PERSON.fullmatch(name) or name.upper() in _ACCOUNTS]
        # Numbers grow with each account that is made: their order would tell whose is whose.
        people.sort(key=lambda name: hashlib.sha256(name.encode()).digest())
        found: list[Hive] = [LiveHive(self._winreg, HKEY_USERS, f"{name}\\") for name in people]
        profiles = self.machine.key(PROFILES, 1)
        found += (
            _Unloaded()
            for profile in (profiles.keys if profiles else ())
            if _PERSON.fullmatch(profile.name) and profile.name.upper() not in loaded
        )
        return found


def _all(ask: Callable[[Any, int], Any], handle: Any, damage: list[str]) -> Iterator[Any]:
    """What ``ask`` has to give of an open key, up to its end or to the first that cannot be read."""
    index = 0
    while True:
        try:
            found = ask(handle, index)
        except OSError as error:
            if _number(error) not in {_NO_MORE, _GONE}:
                damage.append(_reason(error))
            return
        yield found
        index += 1


def _data(data: Any) -> Data:
    """What ``winreg`` makes of a value's bytes, in our types: it decodes as ``Data`` says, but lists, and ``None`` for
    no bytes.
    """
    if isinstance(data, list):
        return tuple(str(each) for each in data)
    return b"" if data is None else data if isinstance(data, str | int | bytes) else None


def _number(error: OSError) -> int:
    """The error as winerror.h numbers it."""
    return getattr(error, "winerror", None) or 0


def _reason(error: OSError) -> str:
    if isinstance(error, PermissionError) or _number(error) == _DENIED:
        return "not permitted"
    return "the registry cannot be read"
