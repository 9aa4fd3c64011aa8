r"""Add-ons of Internet Explorer: browser helper objects, toolbars, extensions (buttons and menu entries) and URL search
hooks, of the computer, of its 32-bit programs and of each user. All are COM classes or lead to one.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from vedette.errors import Unreadable
from vedette.facts.privacy import PrivateNames
from vedette.facts.record import Record
from vedette.formats import windows_path
from vedette.host import Host
from vedette.host.com_classes import CLSID, View, library_of, machine_views, user_views
from vedette.host.registry import Key
from vedette.inventory import Unread, damage
from vedette.inventory.browser_addons.record import BROWSER_ADDONS, BrowserAddon, addon

_BROWSER: Final = "Internet Explorer"
_HELPERS: Final = r"Microsoft\Windows\CurrentVersion\Explorer\Browser Helper Objects"
_OWN: Final = r"Microsoft\Internet Explorer"
_TOOLBARS_SHOWN: Final = "WebBrowser"
# Where an extension leads to, the classes first.
_CLASSES: Final = ("ClsidExtension", "BandCLSID")
_PROGRAMS: Final = ("Exec", "Script")


def machine(host: Host) -> Iterator[Record | Unread]:
    for view in machine_views(host.registry):
        yield from _read(view, host.private)


def users(host: Host) -> Iterator[Record | Unread]:
    for view in user_views(host.registry):
        yield from _read(view, host.private)


def _read(view: View, private: PrivateNames) -> Iterator[Record | Unread]:
    for source in (_helpers, _toolbars, _extensions, _hooks):
        try:
            yield from source(view, private)
        except Unreadable as error:
            yield Unread(BROWSER_ADDONS, error.reason)


def _helpers(view: View, private: PrivateNames) -> Iterator[Record | Unread]:
    found = view.hive.key(rf"{view.software}\{_HELPERS}", depth=1)
    for key in found.keys if found else ():
        yield _addon(view, private, "bho", key.name, key.text(""))
    yield from damage(BROWSER_ADDONS, found)


def _toolbars(view: View, private: PrivateNames) -> Iterator[Record | Unread]:
    found = view.hive.key(rf"{view.software}\{_OWN}\Toolbar", depth=1)
    shown = found.key(_TOOLBARS_SHOWN) if found else None
    told: set[str] = set()
    for key in (found, shown):
        for value in key.values if key else ():
            if CLSID.fullmatch(value.name) and value.name.casefold() not in told:
                told.add(value.name.casefold())
                name = value.data if isinstance(value.data, str) else None
                yield _addon(view, private, "toolbar", value.name, name)
    yield from damage(BROWSER_ADDONS, found)


def _extensions(view: View, private: PrivateNames) -> Iterator[Record | Unread]:
    found = view.hive.key(rf"{view.software}\{_OWN}\Extensions", depth=1)
    for key in found.keys if found else ():
        # Beside them lies a key that only numbers their commands.
        if CLSID.fullmatch(key.name):
            com_class = next(
                filter(None, (_class(view, key.text(each)) for each in _CLASSES)), None
            )
            command = next(filter(None, (key.text(each) for each in _PROGRAMS)), None)
            yield addon(
                "extension",
                _BROWSER,
                key.name,
                private,
                name=_said(key.text("ButtonText"), key.text("MenuText")),
                library=library_of(com_class or _class(view, key.name))
                or (windows_path.program(command) if command else None),
            )
    yield from damage(BROWSER_ADDONS, found)


def _hooks(view: View, private: PrivateNames) -> Iterator[Record | Unread]:
    found = view.hive.key(rf"{view.software}\{_OWN}\URLSearchHooks")
    for value in found.values if found else ():
        # Not only what is a CLSID: Internet Explorer also takes ones with something before or behind.
        if value.name:
            name = value.data if isinstance(value.data, str) else None
            yield _addon(view, private, "url_search_hook", value.name, name)
    yield from damage(BROWSER_ADDONS, found)


def _addon(
    view: View, private: PrivateNames, role: str, clsid: str, name: str | None
) -> BrowserAddon:
    com_class = _class(view, clsid)
    return addon(
        role,
        _BROWSER,
        clsid,
        private,
        name=_said(name, com_class.text("") if com_class else None),
        library=library_of(com_class),
    )


def _class(view: View, clsid: str | None) -> Key | None:
    try:
        return view.com.find(clsid)
    except Unreadable:
        return None  # what is registered is told all the same


def _said(*names: str | None) -> str | None:
    """The first that is a name: one that begins with @ only says in whose resources it is."""
    return next((name for name in names if name and not name.startswith("@")), None)
