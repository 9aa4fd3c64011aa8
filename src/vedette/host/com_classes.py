r"""The views of the Windows registry in which programs register what extends others, and the COM classes found in each:
of the computer, of its 32-bit programs, and of each user (winreg.h, "Registry Redirector"; combaseapi.h).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from vedette.formats import windows_path
from vedette.host.registry import Hive, Key, Registry

CLSID: Final = re.compile(r"\{[0-9A-F]{8}(?:-[0-9A-F]{4}){3}-[0-9A-F]{12}\}", re.IGNORECASE)
# Loads an assembly of .NET in place of itself.
_LOADER: Final = "mscoree.dll"
_LOCAL_FILE: Final = "file:///"


class ComClasses:
    """The classes below ``places`` (keys called ``CLSID``), an earlier place before a later one."""

    def __init__(self, *places: tuple[Hive, str]) -> None:
        self.places: Final = places
        self._found: dict[str, Key | None] = {}

    def find(self, clsid: str | None) -> Key | None:
        """The key of a class, with the keys of its servers; ``None`` for what is no identifier, or not registered.

        Raises ``Unreadable``.
        """
        if not clsid or not CLSID.fullmatch(clsid):
            return None
        name = clsid.casefold()
        if name not in self._found:
            self._found[name] = next(filter(None, self._keys(clsid)), None)
        return self._found[name]

    def _keys(self, clsid: str) -> Iterator[Key | None]:
        return (hive.key(rf"{place}\{clsid}", depth=1) for hive, place in self.places)


def library_of(com_class: Key | None) -> str | None:
    """What a class is loaded from, as written: its library, for .NET its assembly, else the program that serves it."""
    if com_class is None:
        return None
    if server := com_class.key("InprocServer32"):
        library = server.text("")
        assembly = server.text("CodeBase")
        if assembly and library and library.casefold().endswith(_LOADER):
            local = assembly.casefold().startswith(_LOCAL_FILE)
            return assembly[len(_LOCAL_FILE) :] if local else assembly
        if library:
            return library
    server = com_class.key("LocalServer32")
    command = server.text("") if server else None
    return windows_path.program(command) if command else None


@dataclass(frozen=True, slots=True)
class View:
    """``software`` is the key that holds makers' keys, ``classes`` those of file types, both in ``hive``; ``com`` finds
    COM classes as a program of this view does.
    """

    hive: Hive
    software: str
    classes: str
    com: ComClasses


def machine_views(registry: Registry) -> Sequence[View]:
    """The computer's own view, and that of its 32-bit programs."""
    machine = registry.machine
    return (
        View(
            machine,
            "SOFTWARE",
            r"SOFTWARE\Classes",
            ComClasses((machine, r"SOFTWARE\Classes\CLSID")),
        ),
        View(
            machine,
            r"SOFTWARE\WOW6432Node",
            r"SOFTWARE\WOW6432Node\Classes",
            # Windows keeps one of the two as a link to the other; in a hive alone it leads nowhere.
            ComClasses(
                (machine, r"SOFTWARE\Classes\WOW6432Node\CLSID"),
                (machine, r"SOFTWARE\WOW6432Node\Classes\CLSID"),
            ),
        ),
    )


def user_views(registry: Registry) -> Sequence[View]:
    """A view for each user. Raises ``Unreadable`` where the users cannot be told."""
    return [
        View(
            hive,
            "Software",
            r"Software\Classes",
            ComClasses(
                (hive, r"Software\Classes\CLSID"),
                (registry.machine, r"SOFTWARE\Classes\CLSID"),
                (hive, r"Software\Classes\WOW6432Node\CLSID"),
                (registry.machine, r"SOFTWARE\Classes\WOW6432Node\CLSID"),
            ),
        )
        for hive in registry.users()
    ]
