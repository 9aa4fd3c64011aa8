r"""The keys of Windows whose every value is a command: ``CurrentVersion\Run`` and its kin, in all views.

Task Manager writes into ``Explorer\StartupApproved`` which of them somebody has turned off.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from vedette.facts.record import Record
from vedette.host import Host
from vedette.host.registry import Hive, Key
from vedette.inventory import Unread
from vedette.inventory.autostarts.hives import MACHINE, USER, hives, key_of
from vedette.inventory.autostarts.record import AUTOSTARTS, autostart

_VIEWS: Final = {
    MACHINE: ("SOFTWARE", r"SOFTWARE\WOW6432Node"),
    USER: ("Software", r"Software\WOW6432Node"),
}
_VERSION: Final = r"Microsoft\Windows\CurrentVersion"
_INSTALLED: Final = (
    rf"Microsoft\Windows NT\CurrentVersion\Terminal Server\Install\Software\{_VERSION}"
)
_KEYS: Final = {
    rf"{_VERSION}\Run": "run",
    rf"{_VERSION}\RunOnce": "run_once",
    rf"{_VERSION}\RunOnceEx": "run_once",
    rf"{_VERSION}\RunServices": "run",
    rf"{_VERSION}\RunServicesOnce": "run_once",
    rf"{_VERSION}\Policies\Explorer\Run": "run",
    rf"{_INSTALLED}\Run": "run",
    rf"{_INSTALLED}\RunOnce": "run_once",
    rf"{_INSTALLED}\RunOnceEx": "run_once",
}
_APPROVED: Final = rf"{_VERSION}\Explorer\StartupApproved"
# A key's default value has no name.
_DEFAULT: Final = "(default)"


def read(host: Host) -> Iterator[Record | Unread]:
    for found in hives(host):
        if isinstance(found, Unread):
            yield found
            continue
        root, hive = found
        for number, view in enumerate(_VIEWS[root]):
            approved: dict[str, bool] = {}
            for choices in key_of(hive, rf"{_VIEWS[root][0]}\{_APPROVED}", depth=1):
                if isinstance(choices, Key):
                    approved = switched(choices, "Run32" if number else "Run")
            for below, role in _KEYS.items():
                path = rf"{view}\{below}"
                chosen = approved if below == rf"{_VERSION}\Run" else {}
                yield from _entries(host, root, hive, path, role, chosen)


def switched(choices: Key, name: str) -> dict[str, bool]:
    """Of the entries in the list ``name`` below ``StartupApproved``, which somebody has left on: an even first byte."""
    listed = choices.key(name)
    return {
        value.name.casefold(): value.data[0] % 2 == 0
        for value in (listed.values if listed else ())
        if isinstance(value.data, bytes) and value.data
    }


def _entries(
    host: Host, root: str, hive: Hive, path: str, role: str, chosen: dict[str, bool]
) -> Iterator[Record | Unread]:
    for found in key_of(hive, path, depth=1):
        if isinstance(found, Unread):
            yield found
            continue
        # Only RunOnceEx has parts, each a key.
        for key in (found, *(found.keys if path.endswith("RunOnceEx") else ())):
            place = rf"{root}\{path}" if key is found else rf"{root}\{path}\{key.name}"
            for value in key.values:
                if value.data is None:
                    yield Unread(AUTOSTARTS, "a value cannot be read")
                for command in (value.data,) if isinstance(value.data, str) else ():
                    # RunOnceEx sets the function of a library and its argument apart by bars.
                    yield autostart(
                        host.private,
                        place=place,
                        role=role,
                        name=value.name or _DEFAULT,
                        command=command.lstrip("|").replace("|", " "),
                        enabled=chosen.get(value.name.casefold()),
                    )
