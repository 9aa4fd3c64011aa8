r"""Active Setup: components that Windows sets up for a user at the first logon, by a command that each names
(``SOFTWARE\Microsoft\Active Setup\Installed Components``), and those that have been set up, in the users' hives.

Of a component, whether it is the same in more than one view or for more than one user is not told.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from typing import Annotated

from vedette.facts.kinds import Command, Name, Version
from vedette.facts.record import Platform, Record
from vedette.host import Host
from vedette.host.com_classes import View, machine_views, user_views
from vedette.host.registry import Key
from vedette.inventory import InventoryItem, Unread, damage, distinct, sources
from vedette.statement.clauses import Purpose, clause

_ITEM = "active_setup"
_COMPONENTS = r"Microsoft\Active Setup\Installed Components"


@dataclass(frozen=True, slots=True, kw_only=True)
class Component(Record):
    id: Annotated[Name, "its identifier, mostly a CLSID"]
    name: Annotated[Name | None, "its name"] = None
    version: Annotated[Version | None, "its version, in commas"] = None
    stub: Annotated[Command | None, "the command that sets it up"] = None


def read(host: Host) -> Iterator[Record | Unread]:
    return distinct(sources(_ITEM, host, _of_machine, _of_users))


def _of_machine(host: Host) -> Iterator[Record | Unread]:
    return _of_views(host, machine_views(host.registry))


def _of_users(host: Host) -> Iterator[Record | Unread]:
    return _of_views(host, user_views(host.registry))


def _of_views(host: Host, views: Iterable[View]) -> Iterator[Record | Unread]:
    return sources(_ITEM, host, *(partial(_of_view, view=view) for view in views))


def _of_view(host: Host, view: View) -> Iterator[Record | Unread]:
    components = view.hive.key(rf"{view.software}\{_COMPONENTS}", depth=1)
    yield from damage(_ITEM, components)
    for key in components.keys if components else ():
        yield _component(host, key)


def _component(host: Host, key: Key) -> Component:
    name, version, stub = key.text(""), key.text("Version"), key.text("StubPath")
    return Component(
        id=Name(key.name, host.private),
        name=Name(name, host.private) if name else None,
        version=Version(version, host.private) if version else None,
        stub=Command(stub, host.private) if stub else None,
    )


ITEM = InventoryItem(
    name=_ITEM,
    clause=clause("computer.active_setup"),
    record=Component,
    purposes=frozenset({Purpose.DETECT}),
    owner="endpoint",
    reviewed=date(2026, 11, 24),
    expires=date(2028, 11, 24),
    platforms=frozenset({Platform.WINDOWS}),
    period=timedelta(days=1),
    retention=timedelta(days=365),
    read=read,
)
