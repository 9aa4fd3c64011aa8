r"""Plug-ins of Windows Explorer: handlers below the ``shellex`` keys of file types, and what
``CurrentVersion\Explorer`` and ``Shell Extensions\Approved`` name (Microsoft, "Registering Shell Extension Handlers").

Handlers are looked for at the types that all files, folders and programs have, and at those of the users; a handler for
one rare type of document is not told, unless it is on the approved list.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial
from typing import Final

from vedette.facts.kinds import Name, Path, Word
from vedette.facts.record import Record
from vedette.host import Host
from vedette.host.com_classes import CLSID, View, library_of, machine_views, user_views
from vedette.host.registry import Key
from vedette.inventory import Unread, damage, sources
from vedette.inventory.shell_plugins.record import SHELL_PLUGINS, ShellPlugin

_TYPES: Final = (
    "*",
    "AllFilesystemObjects",
    "Directory",
    r"Directory\Background",
    "DesktopBackground",
    "Drive",
    "Folder",
    "LibraryFolder",
    r"LibraryFolder\Background",
    "Network",
    "NetServer",
    "NetShare",
    "Printers",
    "AudioCD",
    "DVD",
    "InternetShortcut",
    "Unknown",
    "lnkfile",
    "exefile",
    "dllfile",
    "batfile",
    "cmdfile",
    "comfile",
    "Msi.Package",
    "CLSID\\{20D04FE0-3AEA-1069-A2D8-08002B30309D}",  # this computer
    "CLSID\\{645FF040-5081-101B-9F08-00AA002F954E}",  # the recycle bin
)
_HANDLERS: Final = {
    "ContextMenuHandlers": "context_menu",
    "DragDropHandlers": "context_menu",
    "PropertySheetHandlers": "property_sheet",
    "CopyHookHandlers": "copy_hook",
}
_EXPLORER: Final = r"Microsoft\Windows\CurrentVersion\Explorer"
_OVERLAYS: Final = rf"{_EXPLORER}\ShellIconOverlayIdentifiers"
_NAMESPACES: Final = tuple(
    rf"{_EXPLORER}\{folder}\NameSpace"
    for folder in ("Desktop", "MyComputer", "NetworkNeighborhood", "RemoteComputer", "UsersFiles")
)
_HOOKS: Final = rf"{_EXPLORER}\ShellExecuteHooks"
_DELAYED: Final = r"Microsoft\Windows\CurrentVersion\ShellServiceObjectDelayLoad"
_APPROVED: Final = r"Microsoft\Windows\CurrentVersion\Shell Extensions\Approved"


def of_machine(host: Host) -> Iterator[Record | Unread]:
    return _of_views(host, machine_views(host.registry))


def of_users(host: Host) -> Iterator[Record | Unread]:
    return _of_views(host, user_views(host.registry))


def _of_views(host: Host, views: Iterable[View]) -> Iterator[Record | Unread]:
    every = (_handlers, _overlays, _namespaces, _listed)
    return sources(
        SHELL_PLUGINS, host, *(partial(read, view=view) for view in views for read in every)
    )


def _handlers(host: Host, view: View) -> Iterator[Record | Unread]:
    for kind in _TYPES:
        extensions = view.hive.key(rf"{view.classes}\{kind}\shellex", depth=2)
        yield from damage(SHELL_PLUGINS, extensions)
        for name, role in _HANDLERS.items():
            handlers = extensions.key(name) if extensions else None
            for key in handlers.keys if handlers else ():
                yield _named(host, view, role, key)


def _overlays(host: Host, view: View) -> Iterator[Record | Unread]:
    place = view.hive.key(rf"{view.software}\{_OVERLAYS}", depth=1)
    yield from damage(SHELL_PLUGINS, place)
    for key in place.keys if place else ():
        yield _named(host, view, "icon_overlay", key)


def _namespaces(host: Host, view: View) -> Iterator[Record | Unread]:
    for namespace in _NAMESPACES:
        place = view.hive.key(rf"{view.software}\{namespace}", depth=1)
        yield from damage(SHELL_PLUGINS, place)
        for key in place.keys if place else ():
            yield _plugin(host, view, "namespace", key.name, key.text(""))


def _listed(host: Host, view: View) -> Iterator[Record | Unread]:
    """Lists whose values' names are classes, or whose data are."""
    hooks = view.hive.key(rf"{view.software}\{_HOOKS}")
    delayed = view.hive.key(rf"{view.software}\{_DELAYED}")
    approved = view.hive.key(rf"{view.software}\{_APPROVED}", depth=1)
    for key in (hooks, delayed, approved):
        yield from damage(SHELL_PLUGINS, key)
    for role, key in (("execute_hook", hooks), ("approved", approved)):
        for value in key.values if key else ():
            if value.name:
                name = value.data if isinstance(value.data, str) else None
                yield _plugin(host, view, role, value.name, name)
    for value in delayed.values if delayed else ():
        if isinstance(value.data, str) and value.data:
            yield _plugin(host, view, "delay_load", value.data, value.name)
    for key in approved.keys if approved else ():
        yield _plugin(host, view, "approved", key.name, key.text(""))


def _named(host: Host, view: View, role: str, key: Key) -> ShellPlugin:
    """A key that bears a name and holds a class, or bears the class itself."""
    held = key.text("")
    if held is None and CLSID.fullmatch(key.name.strip()):
        return _plugin(host, view, role, key.name.strip(), None)
    return _plugin(host, view, role, held, key.name)


def _plugin(host: Host, view: View, role: str, clsid: str | None, name: str | None) -> ShellPlugin:
    com_class = view.com.find(clsid)
    name = name or (com_class.text("") if com_class else None)
    library = library_of(com_class)
    return ShellPlugin(
        role=Word(role),
        id=Name(clsid, host.private) if clsid else None,
        name=Name(name, host.private) if name else None,
        library=Path(library, host.private) if library else None,
    )
