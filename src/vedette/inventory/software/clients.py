r"""Programs of one kind on Windows: those registered as clients of it, below ``…\Clients`` (Microsoft, "Registering
Programs with Client Types"), and known ones that can be started by name alone, from ``…\App Paths``.

Where a client is registered, its version is not; it is in its maker's keys, its file, or among what can be uninstalled.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from vedette.errors import Unreadable
from vedette.filefacts.maker_facts import MAKER, MakerFacts
from vedette.formats import windows_path
from vedette.host import Host
from vedette.host.com_classes import View, machine_views, user_views
from vedette.host.registry import Key
from vedette.inventory.software.programs import Known, Program, by_program
from vedette.inventory.software.uninstall import PLACE as UNINSTALL
from vedette.inventory.software.uninstall import Installed, installed

_APP_PATHS: Final = r"Microsoft\Windows\CurrentVersion\App Paths"
_COMMAND: Final = r"shell\open\command"
# What Chrome and Firefox append for one person: hashes of the person's security identifier and of a path.
_PERSONAL: Final = re.compile(r"\.[A-Z2-7]{26}$")
_OF_A_PATH: Final = re.compile(r"-[0-9A-F]{12,16}$")
# A text in a program's resources, of which only the place is here.
_RESOURCE: Final = "@"
# What installers add to a program's name: "Mozilla Firefox 120.0 (x64 en-US)", "Mozilla Firefox ESR (x86 de)".
_ADDED: Final = re.compile(r"(?: ESR)?(?: v?\d[\w.]*)?(?: \(.*\))?", re.IGNORECASE)


class Clients:
    """The programs of ``host`` that are registered as ``client_type``, such as ``Mail``, or among ``known``."""

    def __init__(self, host: Host, client_type: str, known: Sequence[Known]) -> None:
        self._host = host
        self._type = client_type
        self._known = known
        self._programs = by_program(known)
        self._names = {each.name.casefold(): each for each in known}
        self._views = [*machine_views(host.registry), *user_views(host.registry)]
        self._machines = len(machine_views(host.registry))
        self._lost: list[str] = []

    def programs(self) -> Iterator[Program]:
        """Each once. Raises ``Unreadable`` after all that could be found out."""
        self._uninstall = [
            each
            for view in self._views
            for each in installed(self._key(view, rf"{view.software}\{UNINSTALL}", 1))
        ]
        told: set[Program] = set()
        for place, view in enumerate(self._views):
            for program in self._of_view(view, personal=place >= self._machines):
                if program not in told:
                    told.add(program)
                    yield program
        names = {program.name for program in told}
        for view in self._views:
            for program in self._by_path(view):
                if program.name not in names:
                    names.add(program.name)
                    yield program
        if self._lost:
            raise Unreadable(self._lost[0])

    def _of_view(self, view: View, *, personal: bool) -> Iterator[Program]:
        clients = self._key(view, rf"{view.software}\Clients\{self._type}", 4)
        for key in clients.keys if clients else ():
            opened = key.key(_COMMAND)
            command = (opened.text("") if opened else None) or key.text("DLLPath")
            identifier = _impersonal(key.name, personal=personal)
            name = _name(key) or identifier
            known = (
                self._programs.get(_stem(command or ""))
                or self._programs.get(_stem(key.name))
                or self._names.get(name.casefold())
            )
            yield self._program(identifier, _impersonal(name, personal=False), command, known)

    def _by_path(self, view: View) -> Iterator[Program]:
        paths = self._key(view, rf"{view.software}\{_APP_PATHS}", 1)
        for key in paths.keys if paths else ():
            if known := self._programs.get(_stem(key.name)):
                yield self._program(key.name, known.name, key.text(""), known)

    def _program(
        self, identifier: str, name: str, command: str | None, known: Known | None
    ) -> Program:
        file = self._file(command)
        entry = self._entry(name, command)
        return Program(
            identifier,
            name,
            self._registered(known) or file.version or (entry.package.version if entry else None),
            (known.publisher if known else None)
            or file.company
            or (entry.package.publisher if entry else None),
        )

    def _registered(self, known: Known | None) -> str | None:
        for place, value in known.versions if known else ():
            for view in self._views:
                key = self._key(view, rf"{view.software}\{place}", 0)
                if key and (version := key.text(value)):
                    return version.split()[0] if version.split() else None
        return None

    def _file(self, command: str | None) -> MakerFacts:
        place = windows_path.located(command) if command else None
        try:
            return self._host.parse(MAKER, place) if place else MakerFacts()
        except Unreadable:
            return MakerFacts()  # the registry is often all there is

    def _entry(self, name: str, command: str | None) -> Installed | None:
        program = windows_path.program(command or "").casefold()
        for each in self._uninstall:
            folder = (each.folder or "").strip('" ').rstrip("\\").casefold()
            if len(folder) > len("C:\\") and program.startswith(folder + "\\"):
                return each
        length = len(name)
        return next(
            (
                each
                for each in self._uninstall
                if each.package.name.casefold().startswith(name.casefold())
                and _ADDED.fullmatch(each.package.name[length:])
            ),
            None,
        )

    def _key(self, view: View, path: str, depth: int) -> Key | None:
        try:
            key = view.hive.key(path, depth=depth)
        except Unreadable as error:
            self._lost.append(error.reason)
            return None
        self._lost.extend(key.damage if key else ())
        return key


def _name(key: Key) -> str | None:
    capabilities = key.key("Capabilities")
    names = (key.text(""), capabilities.text("ApplicationName") if capabilities else None)
    return next((name for name in names if name and not name.startswith(_RESOURCE)), None)


def _impersonal(name: str, *, personal: bool) -> str:
    """``name`` without what stands for a person: also, in that person's own hive, for a path."""
    name = _PERSONAL.sub("", name)
    return _OF_A_PATH.sub("", name) if personal else name


def _stem(command: str) -> str:
    program = windows_path.program(command).replace("\\", "/").rpartition("/")[2]
    return program.casefold().removesuffix(".exe")
