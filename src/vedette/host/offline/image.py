"""An image of a Windows computer, its system drive in a folder; or single hives of one, which is less."""

from __future__ import annotations

import contextlib
import hashlib
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from functools import cached_property
from typing import Final, TypeVar

from vedette.errors import ConfigurationError, Unreadable
from vedette.facts.privacy import PrivateNames
from vedette.facts.record import Platform
from vedette.host import Entry, Files, FileStat, Kernel, KernelObject, Parser, Query, Row, ShutIn
from vedette.host.offline.files import CaselessFiles
from vedette.host.offline.hive import HiveFile
from vedette.host.offline.names import HOMES, private_names, profile_paths
from vedette.host.offline.registry import OfflineRegistry, UserHive
from vedette.host.registry import Hive, Registry

T = TypeVar("T")

CONFIG: Final = "/Windows/System32/config"
# Folders beside people's that are for all of them, or for those to come.
_EVERYBODYS: Final = frozenset({"public", "default", "default user", "all users"})
# Not SAM and SECURITY: they hold secrets, and nothing that is asked for.
_MACHINE: Final = ("SYSTEM", "SOFTWARE", "DRIVERS")
_CLASSES: Final = (
    "AppData/Local/Microsoft/Windows/UsrClass.dat",
    "Local Settings/Application Data/Microsoft/Windows/UsrClass.dat",
)
# The system's own accounts, which have their settings as people do.
_ACCOUNTS: Final = (
    f"{CONFIG}/DEFAULT",
    "/Windows/ServiceProfiles/LocalService/NTUSER.DAT",
    "/Windows/ServiceProfiles/NetworkService/NTUSER.DAT",
)
_ENVIRONMENT: Final = r"SYSTEM\CurrentControlSet\Control\Session Manager\Environment"
_VERSION: Final = r"SOFTWARE\Microsoft\Windows NT\CurrentVersion"
_ARCHITECTURES: Final = {"amd64": "x86_64", "x86": "i686", "arm64": "aarch64", "arm": "armv7l"}


def holds_windows(root: str | os.PathLike[str]) -> bool:
    """Whether there is a Windows in the folder ``root``. Raises ``ConfigurationError`` if that is none."""
    return CaselessFiles(root).is_folder(CONFIG)


class _Offline:
    """What an image and loose hives have in common: nothing in them runs."""

    platform = Platform.WINDOWS
    live = False
    files: Files
    registry: Registry

    @cached_property
    def private(self) -> PrivateNames:
        """The names that must not leave; an image does not change."""
        return private_names(self.registry, self.files)

    def kernel(self) -> Kernel:
        """The build of Windows, and its architecture in the words of uname(2)."""
        build = self._text(_VERSION, "CurrentBuildNumber")
        architecture = self._text(_ENVIRONMENT, "PROCESSOR_ARCHITECTURE") or ""
        return Kernel(build, _ARCHITECTURES.get(architecture.casefold()))

    def health(self) -> Mapping[str, int]:
        return {}

    def management(self, query: Query) -> Sequence[Row]:  # noqa: ARG002 - nothing runs that could answer
        """See ``Host``: nothing."""
        return ()

    def libraries(self) -> Iterator[str]:
        """See ``Host``: none."""
        return iter(())

    def kernel_objects(self) -> Sequence[KernelObject]:
        """See ``Host``: none."""
        return ()

    def _text(self, path: str, name: str) -> str | None:
        with contextlib.suppress(Unreadable):
            key = self.registry.machine.key(path)
            return key.text(name) if key else None
        return None


class WindowsImage(_Offline):
    """The Windows whose system drive lies in the folder ``root``. Raises ``ConfigurationError`` if that is none."""

    def __init__(self, root: str | os.PathLike[str], shut_in: ShutIn) -> None:
        self.files: CaselessFiles = CaselessFiles(root)
        if not self.files.is_folder(CONFIG):
            raise ConfigurationError(
                "the image holds no Windows", "name the folder that holds its Windows folder"
            )
        self._shut_in = shut_in
        self.registry: Registry = _ImageRegistry(
            {name: HiveFile(self.parse, f"{CONFIG}/{name}") for name in _MACHINE}, self._people
        )

    def parse(self, parser: Parser[T], path: str | os.PathLike[str], /, **arguments: object) -> T:
        """See ``Host``."""
        with self.files.opened(path) as descriptor:
            return self._shut_in(parser, descriptor, **arguments)

    def _people(self) -> list[Hive]:
        found: list[Hive] = [
            UserHive(HiveFile(self.parse, path)) for path in _ACCOUNTS if self.files.exists(path)
        ]
        # Their order must not tell who is who.
        for home in sorted(self._homes(), key=lambda home: hashlib.sha256(home.encode()).digest()):
            settings = self._hive(f"{home}/NTUSER.DAT")
            classes = next(
                filter(None, (self._hive(f"{home}/{place}") for place in _CLASSES)), None
            )
            if settings or classes:
                found.append(UserHive(settings, classes))
        return found

    def _hive(self, path: str) -> HiveFile | None:
        return HiveFile(self.parse, path) if self.files.exists(path) else None

    def _homes(self) -> set[str]:
        """The folders of people's profiles: those that the registry knows on this drive, and whatever else is there."""
        homes = set()
        for path in profile_paths(self.registry):
            drive, _, place = path.replace("\\", "/").partition("/")
            if drive.casefold() in {"c:", "%systemdrive%"}:
                homes.add(self.files.located(place))
        # The second leads to the same profiles, by the name that it had before Vista.
        places = (self._profiles(place) for place in HOMES)
        return homes | next(filter(None, places), set())

    def _profiles(self, place: str) -> set[str]:
        with contextlib.suppress(Unreadable):
            return {
                self.files.located(f"{place}/{entry.name}")
                for entry in self.files.entries(place)
                if entry.kind == "folder" and entry.name.casefold() not in _EVERYBODYS
            }
        return set()


class _ImageRegistry(OfflineRegistry):
    """Looks for the users' hives when it is first asked for them."""

    def __init__(self, machine: Mapping[str, HiveFile], people: Callable[[], list[Hive]]) -> None:
        super().__init__(machine, ())
        self._asked = people

    @cached_property
    def _found(self) -> list[Hive]:
        return self._asked()

    def users(self) -> Sequence[Hive]:
        return self._found


class _NoFiles:
    """What hives on their own have of files."""

    _REASON: Final = "there are only hives, no files"

    def read(self, path: str | os.PathLike[str], limit: int = 1 << 20) -> bytes:  # noqa: ARG002
        raise Unreadable(self._REASON)

    def entries(self, folder: str | os.PathLike[str]) -> list[Entry]:  # noqa: ARG002
        return []

    def stat(self, path: str | os.PathLike[str]) -> FileStat:  # noqa: ARG002
        raise Unreadable(self._REASON)


MACHINE_HIVES: Final = ("SYSTEM", "SOFTWARE")
USER_HIVES: Final = ("NTUSER", "USRCLASS")
Opened = Callable[[str], AbstractContextManager[int]]


class LooseHives(_Offline):
    """Windows as far as single hives tell: ``hives`` are pairs of a name and a file's path.

    Each NTUSER is a user, with the USRCLASS that follows it. ``opened`` opens a file for reading. Raises
    ``ConfigurationError`` for a name that is none, or given twice.
    """

    def __init__(self, hives: Sequence[tuple[str, str]], opened: Opened, shut_in: ShutIn) -> None:
        self.files: Files = _NoFiles()
        self._opened = opened
        self._shut_in = shut_in
        machine: dict[str, HiveFile] = {}
        people: list[tuple[HiveFile | None, HiveFile | None]] = []
        for given, path in hives:
            name, hive = given.upper().removesuffix(".DAT"), HiveFile(self._look, path)
            if name in MACHINE_HIVES and name not in machine:
                machine[name] = hive
            elif name == "NTUSER":
                people.append((hive, None))
            elif name == "USRCLASS" and people and people[-1][1] is None:
                people[-1] = (people[-1][0], hive)
            elif name == "USRCLASS":
                people.append((None, hive))
            else:
                raise ConfigurationError(
                    "a hive is given twice" if name in machine else "a hive's name is not known",
                    f"call it one of {', '.join((*MACHINE_HIVES, *USER_HIVES))}, each of the "
                    "computer's once",
                )
        users = [UserHive(settings, classes) for settings, classes in people]
        self.registry: Registry = OfflineRegistry(machine, users)

    def parse(self, parser: Parser[T], path: str | os.PathLike[str], /, **arguments: object) -> T:  # noqa: ARG002
        """See ``Host``: there are no files."""
        raise Unreadable(_NoFiles._REASON)

    def _look(self, parser: Parser[T], path: str, /, **arguments: object) -> T:
        with self._opened(path) as descriptor:
            return self._shut_in(parser, descriptor, **arguments)
