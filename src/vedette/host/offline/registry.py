"""A registry put together from hives, as Windows would when it starts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from vedette.errors import Unreadable
from vedette.host.offline.hive import HiveFile, Link
from vedette.host.registry import Hive, Key

_LINKS: Final = 8
_MACHINE: Final = "\\registry\\machine\\"
_CURRENT: Final = "currentcontrolset"
_CLASSES: Final = "software\\classes"


class MachineHive:
    """The hives of the computer by their names below HKEY_LOCAL_MACHINE."""

    def __init__(self, hives: Mapping[str, HiveFile]) -> None:
        self._hives = {name.casefold(): hive for name, hive in hives.items()}
        self._current: str | None = None

    def key(self, path: str, depth: int = 0) -> Key | None:
        """See ``Hive``. Links to other keys of the computer are followed."""
        for _ in range(_LINKS):
            name, _, rest = path.strip("\\").partition("\\")
            hive = self._hives.get(name.casefold())
            if hive is None:
                return None
            found = hive.look(
                self._resolved(hive, rest) if name.lower() == "system" else rest, depth
            )
            if not isinstance(found, Link):
                return found
            if not found.target.casefold().startswith(_MACHINE):
                return None
            path = found.target[len(_MACHINE) :]
        raise Unreadable("a key's links lead in a circle")

    def _resolved(self, hive: HiveFile, path: str) -> str:
        """``path`` below SYSTEM with the control set that is current in the place of CurrentControlSet."""
        first, *rest = path.split("\\", 1)
        if first.casefold() != _CURRENT:
            return path
        if self._current is None:
            self._current = _current_set(hive)
        return "\\".join((self._current, *rest))


def _current_set(hive: HiveFile) -> str:
    """The control set that Windows starts with; the first there is, where the hive does not say. Raises ``Unreadable``
    for a hive that has none and is whole: it is of something else.
    """
    select = hive.key("Select")
    number = select.number("Current") if select else None
    if number is not None and 0 < number < 1000:
        return f"ControlSet{number:03}"
    root = hive.key("", depth=1)
    names = sorted(key.name for key in root.keys) if root else []
    for name in names:
        if name.casefold().startswith("controlset"):
            return name
    if root is None or root.damage:
        return "ControlSet001"
    raise Unreadable("the hive holds no control set")


class UserHive:
    """The registry of one user: ``settings`` from NTUSER.DAT, ``classes`` from UsrClass.dat."""

    def __init__(self, settings: HiveFile | None, classes: HiveFile | None = None) -> None:
        self._settings = settings
        self._classes = classes

    def key(self, path: str, depth: int = 0) -> Key | None:
        """See ``Hive``."""
        path = path.strip("\\")
        if self._classes is not None and f"{path}\\".casefold().startswith(f"{_CLASSES}\\"):
            return self._classes.key(path[len(_CLASSES) + 1 :], depth)
        return self._settings.key(path, depth) if self._settings else None


class OfflineRegistry:
    """``machine`` from hives by their names there, and those of ``people``."""

    def __init__(self, machine: Mapping[str, HiveFile], people: Sequence[Hive]) -> None:
        self.machine: Hive = MachineHive(machine)
        self._people = people

    def users(self) -> Sequence[Hive]:
        """See ``Registry``."""
        return self._people
