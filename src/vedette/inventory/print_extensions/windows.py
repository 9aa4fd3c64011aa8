r"""The printing extensions of Windows, which its spooler loads: keys below ``SYSTEM\CurrentControlSet\Control\Print``
(winspool.h: AddMonitor, AddPrintProvidor, AddPrintProcessor).

The ports of a monitor are passed over: they name printers, hosts and people.
"""

from __future__ import annotations

from collections.abc import Iterator

from vedette.facts.kinds import Name, Path, Word
from vedette.facts.record import Record
from vedette.host import Host
from vedette.host.registry import Key
from vedette.inventory import Unread, damage
from vedette.inventory.print_extensions.record import PRINT_EXTENSIONS, PrintExtension

_PRINT = r"SYSTEM\CurrentControlSet\Control\Print"
_ENVIRONMENTS = rf"{_PRINT}\Environments"


def monitors(host: Host) -> Iterator[Record | Unread]:
    """Port monitors, and the language monitors that are registered among them."""
    key = host.registry.machine.key(rf"{_PRINT}\Monitors", depth=1)
    yield from damage(PRINT_EXTENSIONS, key)
    for monitor in key.keys if key else ():
        yield _extension(host, "monitor", monitor, "Driver")


def providers(host: Host) -> Iterator[Record | Unread]:
    key = host.registry.machine.key(rf"{_PRINT}\Providers", depth=1)
    yield from damage(PRINT_EXTENSIONS, key)
    for provider in key.keys if key else ():
        yield _extension(host, "provider", provider, "Name")


def processors(host: Host) -> Iterator[Record | Unread]:
    """Of each environment: Windows keeps them for other architectures too, to serve those computers."""
    environments = host.registry.machine.key(_ENVIRONMENTS, depth=1)
    yield from damage(PRINT_EXTENSIONS, environments)
    for environment in environments.keys if environments else ():
        place = rf"{_ENVIRONMENTS}\{environment.name}\Print Processors"
        key = host.registry.machine.key(place, depth=1)
        yield from damage(PRINT_EXTENSIONS, key)
        for processor in key.keys if key else ():
            yield _extension(host, "processor", processor, "Driver", environment.name)


def _extension(
    host: Host, role: str, key: Key, value: str, environment: str | None = None
) -> PrintExtension:
    library = key.text(value)
    return PrintExtension(
        role=Word(role),
        name=Name(key.name, host.private),
        library=Path(library, host.private) if library else None,
        environment=Name(environment, host.private) if environment else None,
    )
