r"""Windows' control panel: CPL files in the system's folders, those that the registry names, its name space, and the
ActiveX controls that Internet Explorer has installed (``Code Store Database\Distribution Units``).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial

from vedette.facts.kinds import Name, Path, Version, Word
from vedette.facts.record import Record
from vedette.host import Host
from vedette.host.com_classes import View, library_of, machine_views, user_views
from vedette.host.registry import Key
from vedette.inventory import Unread, damage, entries, sources
from vedette.inventory.control_panels.record import CONTROL_PANELS, ControlPanel

_FOLDERS = ("/Windows/System32", "/Windows/SysWOW64")
_SUFFIX = ".cpl"
_CPLS = r"Microsoft\Windows\CurrentVersion\Control Panel\Cpls"
_NAMESPACE = r"Microsoft\Windows\CurrentVersion\Explorer\ControlPanel\NameSpace"
_UNITS = r"Microsoft\Code Store Database\Distribution Units"


def files(host: Host) -> Iterator[Record | Unread]:
    """The files that the control panel shows because of where they lie."""
    for folder in _FOLDERS:
        for entry in entries(CONTROL_PANELS, host, folder):
            if isinstance(entry, Unread):
                yield entry
            elif entry.kind == "file" and entry.name.lower().endswith(_SUFFIX):
                yield _panel(host, "cpl_file", entry.name, f"{folder}/{entry.name}")


def of_machine(host: Host) -> Iterator[Record | Unread]:
    return _of_views(host, machine_views(host.registry))


def of_users(host: Host) -> Iterator[Record | Unread]:
    return _of_views(host, user_views(host.registry))


def _of_views(host: Host, views: Iterable[View]) -> Iterator[Record | Unread]:
    every = (_registered, _namespace, _activex)
    return sources(
        CONTROL_PANELS, host, *(partial(read, view=view) for view in views for read in every)
    )


def _registered(host: Host, view: View) -> Iterator[Record | Unread]:
    key = view.hive.key(rf"{view.software}\{_CPLS}")
    yield from damage(CONTROL_PANELS, key)
    for value in key.values if key else ():
        if value.name and isinstance(value.data, str):
            yield _panel(host, "cpl_registered", value.name, value.data or None)


def _namespace(host: Host, view: View) -> Iterator[Record | Unread]:
    place = view.hive.key(rf"{view.software}\{_NAMESPACE}", depth=1)
    yield from damage(CONTROL_PANELS, place)
    for key in place.keys if place else ():
        com_class = view.com.find(key.name)
        name = key.text("") or (com_class.text("") if com_class else None) or key.name
        yield _panel(host, "namespace", name, library_of(com_class))


def _activex(host: Host, view: View) -> Iterator[Record | Unread]:
    """Units are named by the class that they bring, or by their maker."""
    units = view.hive.key(rf"{view.software}\{_UNITS}", depth=2)
    yield from damage(CONTROL_PANELS, units)
    for unit in units.keys if units else ():
        com_class = view.com.find(unit.name)
        name = unit.text("") or (com_class.text("") if com_class else None) or unit.name
        yield _panel(host, "applet", name, library_of(com_class), _version(unit))


def _version(unit: Key) -> str | None:
    installed = unit.key("InstalledVersion")
    return installed.text("") if installed else None


def _panel(
    host: Host, role: str, name: str, library: str | None, version: str | None = None
) -> ControlPanel:
    return ControlPanel(
        role=Word(role),
        name=Name(name, host.private),
        library=Path(library, host.private) if library else None,
        version=Version(version, host.private) if version else None,
    )
