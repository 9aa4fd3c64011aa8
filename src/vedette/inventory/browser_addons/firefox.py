"""Extensions of Firefox' family, from the list ``extensions.json`` that each profile keeps of them (Mozilla,
toolkit/mozapps/extensions). Those that come with the browser are left out, and so are themes and dictionaries.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from typing import Final

import msgspec

from vedette.errors import Unreadable
from vedette.facts.record import Platform, Record
from vedette.formats import desktop_entry
from vedette.host import Host
from vedette.inventory import Unread
from vedette.inventory.browser_addons import places
from vedette.inventory.browser_addons.record import BROWSER_ADDONS, WEBEXTENSION, addon

_LIST: Final = "extensions.json"
_BROWSERS_OWN: Final = frozenset(
    [
        *("app-builtin", "app-builtin-addons", "app-system-defaults", "app-system-addons"),
        *("app-system-profile", "app-system-local"),
    ]
)
_IN_PROFILE: Final = "app-profile"
_LIMIT: Final = 32 << 20
# The form that Mozilla gives identifiers beside that of a GUID.
_PUBLIC: Final = re.compile(r"[A-Za-z0-9._-]*@[A-Za-z0-9._-]+")


class _Locale(msgspec.Struct):
    name: str | None = None


class _Permissions(msgspec.Struct):
    permissions: list[str] = []
    origins: list[str] = []


class _Addon(msgspec.Struct):
    id: str
    type: str = "extension"
    version: str | None = None
    location: str = _IN_PROFILE
    path: str | None = None
    signedState: int | None = None  # noqa: N815 - as Mozilla writes it
    defaultLocale: _Locale | None = None  # noqa: N815 - likewise
    userPermissions: _Permissions | None = None  # noqa: N815 - likewise


class _Addons(msgspec.Struct):
    addons: list[msgspec.Raw] = []


def profiles(host: Host) -> Iterator[Record | Unread]:
    """What people have installed. What of one profile cannot be read costs only that."""
    for browser, place in places.firefox(host):
        try:
            folders = _profiles(host, place)
        except Unreadable as error:
            yield Unread(BROWSER_ADDONS, error.reason)
            continue
        for folder in folders:
            try:
                yield from _listed(host, browser, f"{folder}/{_LIST}")
            except Unreadable as error:
                yield Unread(BROWSER_ADDONS, error.reason)


def _profiles(host: Host, place: str) -> list[str]:
    found = {
        f"{folder}/{entry.name}": None
        for folder in (place, f"{place}/Profiles")
        for entry in host.files.entries(folder)
        if entry.kind == "folder"
    }
    with contextlib.suppress(Unreadable):
        settings = desktop_entry.parse(host.files.read(f"{place}/profiles.ini"))
        for group in settings.groups:
            path = settings.text("Path", group)
            # On Windows, one that does not lie here is on another drive or written in another way.
            if path and path.startswith("/") and host.platform is Platform.LINUX:
                found[path.rstrip("/")] = None
    return list(found)


def _identifier(found: _Addon) -> str:
    """The identifier, with another word for its @: what Mozilla has signed is known to all by it, though it may look
    like a mail address. One that nobody has signed stays as it is, and so goes where it looks like one.
    """
    signed = found.signedState is None or found.signedState > 0
    return found.id.replace("@", "(at)") if signed and _PUBLIC.fullmatch(found.id) else found.id


def _listed(host: Host, browser: str, place: str) -> Iterator[Record]:
    try:
        data = host.files.read(place, limit=_LIMIT)
    except Unreadable as error:
        if error.reason == "missing":
            return
        raise
    try:
        addons = msgspec.json.decode(data, type=_Addons).addons
    except (msgspec.MsgspecError, RecursionError):
        raise Unreadable("a browser's list of extensions is damaged") from None
    lost = False
    for raw in addons:
        try:
            found = msgspec.json.decode(raw, type=_Addon)
        except (msgspec.MsgspecError, RecursionError):
            lost = True
            continue
        if found.type != "extension" or found.location in _BROWSERS_OWN or not found.id:
            continue
        asked = found.userPermissions
        yield addon(
            WEBEXTENSION,
            browser,
            _identifier(found),
            host.private,
            name=found.defaultLocale.name if found.defaultLocale else None,
            version=found.version,
            library=found.path if found.location != _IN_PROFILE else None,
            permissions=tuple(dict.fromkeys(asked.permissions + asked.origins)) if asked else None,
        )
    if lost:
        raise Unreadable("a browser's list of extensions is damaged in parts")
