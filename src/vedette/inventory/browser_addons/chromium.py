"""Extensions of Chromium's family: those that lie in each profile, those that it was told to load from elsewhere, and
those that the system has for all.

Nothing of a profile is read but the extensions' own files and, of its preferences, where extensions lie.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from typing import Final

import msgspec

from vedette.errors import Unreadable
from vedette.facts.record import Platform, Record
from vedette.formats import webextension, windows_path
from vedette.formats.webextension import Manifest
from vedette.host import Host
from vedette.inventory import Unread
from vedette.inventory.browser_addons import places
from vedette.inventory.browser_addons.record import (
    BROWSER_ADDONS,
    WEBEXTENSION,
    BrowserAddon,
    addon,
)

IDENTIFIER: Final = re.compile(r"[a-p]{32}")
_FOR_ALL: Final = {
    "Chromium": ("/usr/share/chromium/extensions", "/usr/lib/chromium/extensions"),
    "Google Chrome": ("/usr/share/google-chrome/extensions", "/opt/google/chrome/extensions"),
}
_PREFERENCES: Final = ("Secure Preferences", "Preferences")
_UNPACKED: Final = frozenset({4, 8})  # extensions::mojom::ManifestLocation: kUnpacked, kCommandLine
_MANIFEST_LIMIT, _PREFERENCES_LIMIT = 2 << 20, 32 << 20
_NO_MANIFEST: Final = "an extension has no manifest that can be read"


class _Setting(msgspec.Struct):
    path: str = ""
    location: int = 0


class _Extensions(msgspec.Struct):
    settings: dict[str, msgspec.Raw] = {}


class _Preferences(msgspec.Struct):
    """The rest, which is a person's, is passed over while it is decoded."""

    extensions: _Extensions = msgspec.field(default_factory=_Extensions)


def profiles(host: Host) -> Iterator[Record | Unread]:
    """What people have installed. What of one profile cannot be read costs only that."""
    for browser, folder in places.chromium(host):
        for profile in (folder, *_folders(host, folder)):
            try:
                yield from _installed(host, browser, f"{profile}/Extensions")
                yield from _unpacked(host, browser, profile)
            except Unreadable as error:
                yield Unread(BROWSER_ADDONS, error.reason)


def for_all(host: Host) -> Iterator[Record | Unread]:
    """What packages of the system have put there for everybody."""
    for browser, folders in _FOR_ALL.items() if host.platform is Platform.LINUX else ():
        for folder in folders:
            for entry in host.files.entries(folder):
                place = f"{folder}/{entry.name}"
                if entry.kind in {"folder", "link"} and (found := _manifest(host, place)):
                    yield _addon(host, browser, entry.name, found, place, library=place)


def _installed(host: Host, browser: str, extensions: str) -> Iterator[Record | Unread]:
    for entry in host.files.entries(extensions):
        if not IDENTIFIER.fullmatch(entry.name):
            continue
        versions = _folders(host, f"{extensions}/{entry.name}")
        if not versions:
            continue  # taken away, and its folder not yet
        place = max(versions, key=_number)
        if found := _manifest(host, place):
            yield _addon(host, browser, entry.name, found, place)
        else:
            yield Unread(BROWSER_ADDONS, _NO_MANIFEST)


def _unpacked(host: Host, browser: str, profile: str) -> Iterator[Record]:
    for name in _PREFERENCES:
        for identifier, path in _settings(host, f"{profile}/{name}"):
            windows = host.platform is Platform.WINDOWS
            place = windows_path.located(path) if windows else path if path[0] == "/" else None
            found = _manifest(host, place) if place else None
            if found and place:
                yield _addon(host, browser, identifier, found, place, library=path)
            else:
                yield addon(WEBEXTENSION, browser, identifier, host.private, library=path)


def _settings(host: Host, place: str) -> Iterator[tuple[str, str]]:
    """Identifier and folder of each extension that is loaded from a folder of its own."""
    try:
        data = host.files.read(place, limit=_PREFERENCES_LIMIT)
    except Unreadable as error:
        if error.reason == "missing":
            return
        raise
    try:
        settings = msgspec.json.decode(data, type=_Preferences).extensions.settings
    except (msgspec.MsgspecError, RecursionError):
        raise Unreadable("a browser's preferences are damaged") from None
    for identifier, raw in settings.items():
        with contextlib.suppress(msgspec.MsgspecError):
            setting = msgspec.json.decode(raw, type=_Setting)
            if setting.location in _UNPACKED and setting.path and IDENTIFIER.fullmatch(identifier):
                yield identifier, setting.path


def _addon(
    host: Host,
    browser: str,
    identifier: str,
    found: Manifest,
    place: str,
    library: str | None = None,
) -> BrowserAddon:
    return addon(
        WEBEXTENSION,
        browser,
        identifier,
        host.private,
        name=_name(host, found, place),
        version=found.version,
        library=library,
        permissions=found.permissions,
    )


def _name(host: Host, found: Manifest, place: str) -> str | None:
    if not found.message:
        return found.name
    for locale in filter(None, (found.locale, "en", "en_US")):
        with contextlib.suppress(Unreadable):
            messages = host.files.read(
                f"{place}/_locales/{locale}/messages.json", limit=_MANIFEST_LIMIT
            )
            if text := webextension.message(messages, found.message):
                return text
    return None


def _manifest(host: Host, folder: str) -> Manifest | None:
    try:
        data = host.files.read(f"{folder}/manifest.json", limit=_MANIFEST_LIMIT)
    except Unreadable:
        return None
    return webextension.manifest(data)


def _folders(host: Host, folder: str) -> list[str]:
    try:
        entries = host.files.entries(folder)
    except Unreadable:
        return []
    return [f"{folder}/{entry.name}" for entry in entries if entry.kind == "folder"]


def _number(place: str) -> tuple[int, ...]:
    """The version that a folder is named after, such as ``1.54.0_0``."""
    return tuple(map(int, re.findall(r"\d{1,9}", place.rpartition("/")[2])))
