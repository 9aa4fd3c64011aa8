"""A reader of programs of one kind: on Linux known packages and desktop entries, on Windows the clients registered for
the kind and known programs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

from vedette.facts.kinds import Name, Version
from vedette.facts.record import Platform, Record
from vedette.host import Host
from vedette.inventory import Reader, Unread, sources
from vedette.inventory.software.applications import others, packaged
from vedette.inventory.software.clients import Clients
from vedette.inventory.software.programs import Known, Program


def reader(
    of: str,
    record: Callable[..., Record],
    known: Sequence[Known],
    *,
    category: str,
    client_type: str,
) -> Reader:
    """Reads the item ``of``: makes a ``record`` with name, id, version and publisher of each program that is ``known``,
    or is of the desktop's ``category``, or is registered as Windows' ``client_type``.
    """

    def told(host: Host, programs: Iterable[Program]) -> Iterator[Record]:
        private = host.private
        for program in programs:
            yield record(
                name=Name(program.name, private),
                id=Name(program.id, private),
                version=Version(program.version, private) if program.version else None,
                publisher=Name(program.publisher, private) if program.publisher else None,
            )

    def registered(host: Host) -> Iterator[Record]:
        return told(host, Clients(host, client_type, known).programs())

    def read(host: Host) -> Iterator[Record | Unread]:
        if host.platform is Platform.WINDOWS:
            return sources(of, host, registered)
        found: list[Program] = []

        def with_packages(host: Host) -> Iterator[Record]:
            for program in packaged(host, known):
                found.append(program)
                yield from told(host, [program])

        def without(host: Host) -> Iterator[Record]:
            return told(host, others(host, known, category, found))

        return sources(of, host, with_packages, without)

    return read
