r"""Extensions that Windows' registry tells browsers to install: for Chromium's family those of other programs
(``…\Extensions\ID``) and of policies (``ExtensionInstallForcelist``), for Firefox those of other programs.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from vedette.errors import Unreadable
from vedette.facts.privacy import PrivateNames
from vedette.facts.record import Record
from vedette.host import Host
from vedette.host.com_classes import View, machine_views, user_views
from vedette.inventory import Unread, damage
from vedette.inventory.browser_addons.chromium import IDENTIFIER
from vedette.inventory.browser_addons.record import BROWSER_ADDONS, WEBEXTENSION, addon

_CHROMIUM: Final = {
    "Google Chrome": r"Google\Chrome",
    "Chromium": "Chromium",
    "Microsoft Edge": r"Microsoft\Edge",
    "Brave": r"BraveSoftware\Brave",
}
_FIREFOX: Final = r"Mozilla\Firefox\Extensions"


def machine(host: Host) -> Iterator[Record | Unread]:
    return _read(machine_views(host.registry), host.private)


def users(host: Host) -> Iterator[Record | Unread]:
    return _read(user_views(host.registry), host.private)


def _read(views: Sequence[View], private: PrivateNames) -> Iterator[Record | Unread]:
    for view in views:
        try:
            for browser, place in _CHROMIUM.items():
                yield from _external(view, browser, place, private)
                yield from _forced(view, browser, place, private)
            yield from _firefox(view, private)
        except Unreadable as error:
            yield Unread(BROWSER_ADDONS, error.reason)


def _external(
    view: View, browser: str, place: str, private: PrivateNames
) -> Iterator[Record | Unread]:
    found = view.hive.key(rf"{view.software}\{place}\Extensions", depth=1)
    for key in found.keys if found else ():
        if IDENTIFIER.fullmatch(key.name):
            version, library = key.text("version"), key.text("path")
            yield addon(WEBEXTENSION, browser, key.name, private, version=version, library=library)
    yield from damage(BROWSER_ADDONS, found)


def _forced(
    view: View, browser: str, place: str, private: PrivateNames
) -> Iterator[Record | Unread]:
    found = view.hive.key(rf"{view.software}\Policies\{place}\ExtensionInstallForcelist")
    for value in found.values if found else ():
        # "ID;where updates come from"
        identifier = value.data.partition(";")[0] if isinstance(value.data, str) else ""
        if IDENTIFIER.fullmatch(identifier):
            yield addon(WEBEXTENSION, browser, identifier, private)
    yield from damage(BROWSER_ADDONS, found)


def _firefox(view: View, private: PrivateNames) -> Iterator[Record | Unread]:
    found = view.hive.key(rf"{view.software}\{_FIREFOX}")
    for value in found.values if found else ():
        if value.name and isinstance(value.data, str):
            yield addon(WEBEXTENSION, "Mozilla Firefox", value.name, private, library=value.data)
    yield from damage(BROWSER_ADDONS, found)
