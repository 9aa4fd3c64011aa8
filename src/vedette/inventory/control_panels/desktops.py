"""The pages of desktops' settings. They are desktop entries: of GNOME (and Cinnamon, MATE, XFCE) by their category, of
KDE by their kind; or, in KDE since Plasma 5.24, plug-ins in a folder for them.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from vedette.errors import Unreadable
from vedette.facts.kinds import Name, Path, Word
from vedette.facts.record import Record
from vedette.formats.desktop_entry import DesktopEntry, parse
from vedette.host import Host
from vedette.host.homes import shares
from vedette.host.library_folders import library_folders
from vedette.inventory import Unread, entries
from vedette.inventory.control_panels.record import CONTROL_PANELS, ControlPanel

_FOLDERS: Final = ("applications", "kservices5", "kservices6")
_LIMIT: Final = 1 << 20
_SUFFIX: Final = ".desktop"
_LIBRARY: Final = ".so"
_CATEGORIES: Final = frozenset(
    {
        "x-gnome-settings-panel",
        "x-xfce-settingsdialog",
        "x-mate-controlcenter",
        "x-cinnamon-settings-panel",
    }
)
_MODULE: Final = "kcmodule"
_PLUGINS: Final = tuple(
    f"{qt}/plugins/{folder}"
    for qt in ("qt5", "qt6", "qt")
    for folder in (
        "kcms",
        "plasma/kcms",
        "plasma/kcms/systemsettings",
        "plasma/kcms/systemsettings_qwidgets",
    )
)


def panels(host: Host) -> Iterator[Record | Unread]:
    for share in shares(host):
        for place in (f"{share}/{folder}" for folder in _FOLDERS):
            for entry in entries(CONTROL_PANELS, host, place):
                if isinstance(entry, Unread):
                    yield entry
                elif entry.name.endswith(_SUFFIX) and entry.kind in {"file", "link"}:
                    yield from _panel(host, f"{place}/{entry.name}")


def plugins(host: Host) -> Iterator[Record | Unread]:
    for base in library_folders(host):
        for place in (f"{base}/{folder}" for folder in _PLUGINS):
            for entry in entries(CONTROL_PANELS, host, place):
                if isinstance(entry, Unread):
                    yield entry
                elif entry.name.endswith(_LIBRARY) and entry.kind in {"file", "link"}:
                    yield ControlPanel(
                        role=Word("panel"),
                        name=Name(entry.name.removesuffix(_LIBRARY), host.private),
                        library=Path(f"{place}/{entry.name}", host.private),
                    )


def _panel(host: Host, path: str) -> Iterator[Record | Unread]:
    try:
        entry = parse(host.files.read(path, limit=_LIMIT))
    except Unreadable as error:
        yield Unread(CONTROL_PANELS, error.reason)
        return
    if not _is_panel(entry):
        return
    file = path.rpartition("/")[2].removesuffix(_SUFFIX)
    library = entry.text("X-KDE-Library") or entry.program()
    yield ControlPanel(
        role=Word("panel"),
        name=Name(entry.text("Name") or file, host.private),
        library=Path(library, host.private) if library else None,
    )


def _is_panel(entry: DesktopEntry) -> bool:
    categories = {each.lower() for each in entry.texts("Categories")}
    kinds = entry.text("X-KDE-ServiceTypes") or entry.text("ServiceTypes") or ""
    return bool(categories & _CATEGORIES) or _MODULE in kinds.lower()
