"""Programs of one kind on Linux: known packages, whatever package manager has them, and desktop entries of that
category for those that came without one.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Sequence
from typing import Final

from vedette.errors import Unreadable
from vedette.facts.record import Platform
from vedette.formats.desktop_entry import DesktopEntry, parse
from vedette.host import Host
from vedette.host.homes import homes
from vedette.inventory.software import PACKAGES
from vedette.inventory.software.programs import Known, Program, by_package, by_program

_ENTRIES: Final = ("/usr/share/applications", "/usr/local/share/applications")
_OWN_ENTRIES: Final = ".local/share/applications"
_SUFFIX: Final = ".desktop"
# Where programs are unpacked by hand.
_UNPACKED: Final = ("/opt", "/usr/local/lib")
_LIMIT: Final = 256 << 10


def packaged(host: Host, known: Sequence[Known]) -> Iterator[Program]:
    """Those that a package manager has. Raises ``Unreadable`` after all that could be found out."""
    names = by_package(known)
    lost: str | None = None
    for packages in PACKAGES[Platform.LINUX]:
        try:
            for package in packages(host):
                if each := names.get(package.name.casefold()):
                    yield Program(
                        package.name,
                        each.name,
                        package.version,
                        each.publisher or package.publisher,
                    )
        except Unreadable as error:
            lost = error.reason
    if lost:
        raise Unreadable(lost)


def others(
    host: Host, known: Sequence[Known], category: str, found: Sequence[Program]
) -> Iterator[Program]:
    """Those of ``category`` that are not ``found`` already: by their desktop entries (freedesktop.org, "Desktop Menu
    Specification"), and Mozilla's by what lies in their folders. Without a version where nothing tells it.
    """
    programs = by_program(known)
    names = {program.name for program in found}
    ids = {program.id.casefold() for program in found}
    for stem, entry in _entries(host, category):
        program = entry.program() or ""
        each = programs.get(posixpath.basename(program).casefold()) or programs.get(stem.casefold())
        name = each.name if each else entry.text("Name")
        if not name or name in names or stem.casefold() in ids:
            continue
        names.add(name)
        version, maker = _told_in(host, _folder(host, program))
        yield Program(stem, name, version, each.publisher if each else maker)
    for place in _UNPACKED:
        for folder in _listed(host, place):
            each = programs.get(folder.casefold())
            version, maker = _told_in(host, f"{place}/{folder}") if each else (None, None)
            if each and version and each.name not in names:
                names.add(each.name)
                yield Program(folder, each.name, version, each.publisher or maker)


def _entries(host: Host, category: str) -> Iterator[tuple[str, DesktopEntry]]:
    own = tuple(f"{home}/{_OWN_ENTRIES}" for home in homes(host))
    for place in (*_ENTRIES, *own):
        for name in _listed(host, place):
            if not name.endswith(_SUFFIX):
                continue
            try:
                entry = parse(host.files.read(f"{place}/{name}", limit=_LIMIT))
            except Unreadable:
                continue  # a link to what is gone, mostly
            if category in entry.texts("Categories"):
                yield name.removesuffix(_SUFFIX), entry


def _listed(host: Host, place: str) -> list[str]:
    try:
        return [entry.name for entry in host.files.entries(place)]
    except Unreadable:
        return []


def _folder(host: Host, program: str) -> str | None:
    """The folder that a program really lies in: what is called is often a link to it."""
    if not program.startswith("/"):
        return None
    folder, name = posixpath.split(program)
    try:
        links = {entry.name: entry.target for entry in host.files.entries(folder)}
    except Unreadable:
        return folder
    return posixpath.dirname(posixpath.normpath(posixpath.join(folder, links.get(name) or name)))


def _told_in(host: Host, folder: str | None) -> tuple[str | None, str | None]:
    """Version and maker as Mozilla's programs have them beside them."""
    if folder is None:
        return None, None
    try:
        settings = parse(host.files.read(f"{folder}/application.ini", limit=_LIMIT))
    except Unreadable:
        return None, None
    return settings.text("Version", "App"), settings.text("Vendor", "App")
