r"""The operating system of a Windows: ``SOFTWARE\Microsoft\Windows NT\CurrentVersion``, and what is told beside it.

Updates are those that component based servicing holds as installed, those in the keys of the installers before and
beside it, and, of a running system, those that it tells of itself. Cumulative updates of Windows 10 and later are
kept under no number of theirs in an image; there the build tells of them.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import Final

from vedette.errors import Unreadable, ValueRefused
from vedette.facts.kinds import MAX_ENTRIES, Name, Region, Version, Word, Words
from vedette.facts.record import Record
from vedette.host import Host, Query
from vedette.host.registry import Hive, Key
from vedette.inventory import Unread, damage
from vedette.inventory.operating_system.geography import region_of
from vedette.inventory.operating_system.record import OPERATING_SYSTEM, OperatingSystem

_VERSION: Final = r"SOFTWARE\Microsoft\Windows NT\CurrentVersion"
_SERVICE_PACK: Final = r"SYSTEM\CurrentControlSet\Control\Windows"
_ENVIRONMENT: Final = r"SYSTEM\CurrentControlSet\Control\Session Manager\Environment"
_PACKAGES: Final = r"SOFTWARE\Microsoft\Windows\CurrentVersion\Component Based Servicing\Packages"
_HOTFIXES: Final = (rf"{_VERSION}\HotFix", r"SOFTWARE\Microsoft\Updates")
_GEOGRAPHY: Final = r"Control Panel\International\Geo"
_NOW: Final = Query(r"root\CIMV2", "Win32_QuickFixEngineering", ("HotFixID",))

_UPDATE = re.compile(r"(?:^|_)((?:KB|Q)\d{5,8})(?![^\W_])", re.IGNORECASE)
# "Installed" and "permanent", in the words of Vista and 7 and in those of later systems.
_INSTALLED: Final = frozenset({7, 8, 0x70, 0x80})
_ARCHITECTURES: Final = frozenset({"x86", "AMD64", "IA64", "ARM", "ARM64"})


def read(host: Host) -> Iterator[Record | Unread]:
    unread: list[Unread] = []
    version = _key(host, _VERSION, unread)
    if version is None and not unread:
        unread.append(Unread(OPERATING_SYSTEM, "missing"))
    updates = _updates(host, unread)
    region = _region(host, unread)
    pack = _service_pack(host, version, unread)
    environment = _key(host, _ENVIRONMENT, unread)
    yield from dict.fromkeys(unread)
    name = version and version.text("ProductName")
    number, build = _numbers(version)
    yield OperatingSystem(
        family=Word(host.platform),
        name=Name(name, host.private) if name else None,
        version=Version(number, host.private) if number else None,
        build=Version(build, host.private) if build else None,
        service_pack=Version(pack, host.private) if pack else None,
        updates=updates,
        architecture=_architecture(host, environment),
        region=region,
    )


def _key(host: Host, path: str, unread: list[Unread], depth: int = 0) -> Key | None:
    """The key of the machine at ``path``; what of it cannot be read is added to ``unread``."""
    try:
        key = host.registry.machine.key(path, depth)
    except Unreadable as error:
        unread.append(Unread(OPERATING_SYSTEM, error.reason))
        return None
    unread.extend(damage(OPERATING_SYSTEM, key))
    return key


def _numbers(version: Key | None) -> tuple[str | None, str | None]:
    """Version and build. Since Windows 8.1 ``CurrentVersion`` says 6.3 for ever, and on XP ``CurrentBuild`` is
    obsolete.
    """
    if version is None:
        return None, None
    major, minor = (
        version.number("CurrentMajorVersionNumber"),
        version.number("CurrentMinorVersionNumber"),
    )
    number = version.text("CurrentVersion") if major is None else f"{major}.{minor or 0}"
    build = version.text("CurrentBuildNumber") or version.text("CurrentBuild")
    revision = version.number("UBR")
    return number, f"{build}.{revision}" if build and revision is not None else build


def _service_pack(host: Host, version: Key | None, unread: list[Unread]) -> str | None:
    if version is not None:
        return version.text("CSDVersion")
    control = _key(host, _SERVICE_PACK, unread)
    number = (control.number("CSDVersion") if control else None) or 0
    return f"Service Pack {number >> 8}" if number >> 8 else None


def _architecture(host: Host, environment: Key | None) -> Word | None:
    named = environment.text("PROCESSOR_ARCHITECTURE") if environment else None
    named = named or host.kernel().architecture
    known = (each for each in _ARCHITECTURES if named and each.casefold() == named.casefold())
    return next(map(Word, known), None)


def _updates(host: Host, unread: list[Unread]) -> Words | None:
    """Their numbers; none at all where nothing could be asked."""
    packages = _key(host, _PACKAGES, unread, depth=1)
    others = [_key(host, path, unread, depth=3) for path in _HOTFIXES]
    names = [key.name for key in packages.keys if _is_installed(key)] if packages else []
    for key in filter(None, others):
        names += _names_below(key)
    try:
        rows = host.management(_NOW)
    except Unreadable as error:
        unread.append(Unread(OPERATING_SYSTEM, error.reason))
        rows = ()
    names += [str(row.get("HotFixID")) for row in rows]
    numbers = {found[1].upper() for name in names for found in _UPDATE.finditer(name)}
    if not numbers and packages is None:
        return None
    # The newest have the highest numbers; should there be too many, the oldest are left out.
    return Words(sorted(numbers, key=lambda number: (len(number), number))[-MAX_ENTRIES:])


def _is_installed(package: Key) -> bool:
    return package.number("CurrentState") in _INSTALLED


def _names_below(key: Key) -> list[str]:
    """Names of the keys below ``key`` that are not marked as not installed."""
    found = []
    for each in key.keys:
        if each.number("Installed") != 0:
            found.append(each.name)
        found += _names_below(each)
    return found


def _region(host: Host, unread: list[Unread]) -> Region | None:
    """What most of its users have set: Windows keeps it for each."""
    try:
        people = host.registry.users()
    except Unreadable as error:
        unread.append(Unread(OPERATING_SYSTEM, error.reason))
        return None
    found: Counter[str] = Counter()
    for person in people:
        try:
            found.update(filter(None, [_region_of(person)]))
        except Unreadable as error:
            unread.append(Unread(OPERATING_SYSTEM, error.reason))
    for code, _ in sorted(found.items(), key=lambda each: (-each[1], each[0])):
        try:
            return Region(code)
        except ValueRefused:
            continue
    return None


def _region_of(person: Hive) -> str | None:
    """ISO 3166 of the place that a user has chosen: by name since Windows 10, by number since XP."""
    chosen = person.key(_GEOGRAPHY)
    if chosen is None:
        return None
    return chosen.text("Name") or region_of(chosen.text("Nation") or "")
