r"""What is loaded into a Windows kernel, as the running system tells.

An image runs nothing. Of it the registered minifilters are told, which its kernel would load: the file system drivers
with instances, unless they are disabled (``Services\…\Instances``).
"""

from __future__ import annotations

from collections.abc import Iterator

from vedette.facts.record import Record
from vedette.formats import windows_path
from vedette.host import Host
from vedette.inventory import Unread, damage
from vedette.inventory.drivers.record import DriverFiles
from vedette.inventory.drivers.windows import file_of, kind_of
from vedette.inventory.kernel_objects.record import KERNEL_OBJECTS, loaded_object
from vedette.inventory.services.windows import PLACE, Missing

_DISABLED = 4


def running(host: Host) -> Iterator[Record | Unread]:
    files, missing = DriverFiles(host), Missing(host, "module's file")
    for found in host.kernel_objects():
        place = windows_path.located(found.path) if found.path else None
        facts = files.facts(place if missing.look(place) else None)
        yield loaded_object(host, found.role, found.name, found.version, facts)
    yield from files.unread(KERNEL_OBJECTS)
    yield from missing.told(KERNEL_OBJECTS)


def filters(host: Host) -> Iterator[Record | Unread]:
    services = None if host.live else host.registry.machine.key(PLACE, depth=1)
    yield from damage(KERNEL_OBJECTS, services)
    files, missing = DriverFiles(host), Missing(host, "minifilter's file")
    for key in services.keys if services else ():
        if kind_of(key) != "file_system" or key.number("Start") == _DISABLED:
            continue
        if host.registry.machine.key(rf"{PLACE}\{key.name}\Instances"):
            place = file_of(key)
            facts = files.facts(place if missing.look(place) else None)
            yield loaded_object(host, "minifilter", key.name, None, facts)
    yield from files.unread(KERNEL_OBJECTS)
    yield from missing.told(KERNEL_OBJECTS)
