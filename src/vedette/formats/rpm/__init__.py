"""The databases of installed packages of rpm: SQLite (Fedora from 33 on, RHEL 9), ndb (SUSE) and Berkeley DB (older).

Read from an open descriptor, piece by piece: such a database has a hundred megabytes, of which packages' names are
the smallest part. ``packages`` runs shut in.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from functools import partial
from typing import Final

from vedette.errors import Unreadable
from vedette.formats.package import Package, Packages
from vedette.formats.rpm import berkeley, ndb, sqlite
from vedette.formats.rpm.header import package
from vedette.formats.rpm.pieces import Pieces

_MOST_PACKAGES: Final = 50_000
_FORMATS: Final[
    tuple[tuple[Callable[[Pieces], bool], Callable[[Pieces], Iterator[bytes]]], ...]
] = (
    (sqlite.recognised, partial(sqlite.blobs, table="Packages")),
    (ndb.recognised, ndb.blobs),
    (berkeley.recognised, berkeley.values),
)


def packages(descriptor: int) -> Packages:
    """The packages of the database open as ``descriptor``.

    Raises ``Unreadable`` where it is no such database.
    """
    pieces = Pieces(descriptor, os.fstat(descriptor).st_size)
    read = next((read for recognised, read in _FORMATS if recognised(pieces)), None)
    if read is None:
        raise Unreadable("not a database of rpm")
    found: dict[Package, None] = {}
    whole = True
    try:
        for blob in read(pieces):
            try:
                if one := package(blob):
                    found[one] = None
            except ValueError:
                whole = False
            if len(found) >= _MOST_PACKAGES:
                return Packages(list(found), whole=False)
    except ValueError:
        whole = False
    return Packages(list(found), whole)
