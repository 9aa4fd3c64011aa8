r"""The libraries that Windows is told to load: AppInit_DLLs into each process with a window, the KnownDLLs that no
folder of a program can stand in for, Winlogon's notification packages (until Windows Vista), and the packages of the
local security authority.

Values are as written in the registry: of most packages that is a name without extension, found in System32.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from vedette.facts.record import Record
from vedette.host import Host
from vedette.host.registry import Key
from vedette.inventory import Unread, damage
from vedette.inventory.loaded_objects.record import LOADED_OBJECTS, base, told

_VERSIONS = (
    r"SOFTWARE\Microsoft\Windows NT\CurrentVersion",
    r"SOFTWARE\WOW6432Node\Microsoft\Windows NT\CurrentVersion",
)
_CONTROL = r"SYSTEM\CurrentControlSet\Control"
_LSA = rf"{_CONTROL}\Lsa"
_LSA_PACKAGES = (
    (_LSA, "Authentication Packages"),
    (_LSA, "Notification Packages"),
    (rf"{_CONTROL}\LsaExtensionConfig\LsaSrv", "Extensions"),
)
_SECURITY_PACKAGES = (
    (_LSA, "Security Packages"),
    (rf"{_LSA}\OSConfig", "Security Packages"),
    (rf"{_CONTROL}\SecurityProviders", "SecurityProviders"),
)
_LISTED = re.compile(r"[\s,]+")
_TEXTS = re.compile(r"\s*,\s*")


def appinit(host: Host) -> Iterator[Record | Unread]:
    """Windows splits the list at spaces, those inside of a path too."""
    for version in _VERSIONS:
        key = host.registry.machine.key(rf"{version}\Windows")
        yield from damage(LOADED_OBJECTS, key)
        listed = " ".join(key.texts("AppInit_DLLs")) if key else ""
        yield from _libraries(host, "appinit", _LISTED.split(listed))


def known_dlls(host: Host) -> Iterator[Record | Unread]:
    """With them ``DllDirectory``, the folder that they are loaded from."""
    key = host.registry.machine.key(rf"{_CONTROL}\Session Manager\KnownDLLs")
    yield from damage(LOADED_OBJECTS, key)
    values = key.values if key else ()
    found = ((each.name, each.data) for each in values if isinstance(each.data, str) and each.data)
    yield from told(host, "known_dll", found)


def winlogon_notify(host: Host) -> Iterator[Record | Unread]:
    for version in _VERSIONS:
        key = host.registry.machine.key(rf"{version}\Winlogon\Notify", depth=1)
        yield from damage(LOADED_OBJECTS, key)
        packages = key.keys if key else ()
        found = ((each.name, each.text("DLLName") or "") for each in packages)
        yield from told(host, "winlogon_notify", found)


def lsa_packages(host: Host) -> Iterator[Record | Unread]:
    return _packages(host, "lsa_package", _LSA_PACKAGES)


def security_packages(host: Host) -> Iterator[Record | Unread]:
    return _packages(host, "security_package", _SECURITY_PACKAGES)


def _packages(
    host: Host, role: str, places: Iterable[tuple[str, str]]
) -> Iterator[Record | Unread]:
    found: list[str] = []
    keys: dict[str, Key | None] = {}
    for place, value in places:
        if place not in keys:
            keys[place] = host.registry.machine.key(place)
            yield from damage(LOADED_OBJECTS, keys[place])
        key = keys[place]
        for text in key.texts(value) if key else ():
            found.extend(_TEXTS.split(text))
    yield from _libraries(host, role, found)


def _libraries(host: Host, role: str, listed: Iterable[str]) -> Iterator[Record]:
    # Windows 10 writes an empty list of packages as a pair of quotes.
    libraries = filter(None, (each.strip().strip('"').strip() for each in listed))
    return told(host, role, ((base(library), library) for library in libraries))
