"""The database of installed packages of Alpine's apk (apk-package(5), "installed database")."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from vedette.formats.package import Package, maker

# Case matters: "v:" and "p:" are other fields, and "M:" tells a file's mode.
_FIELDS: Final = re.compile(rb"^([PVm]):(.*?)\r?$", re.MULTILINE)


def packages(database: bytes) -> Iterator[Package]:
    """The packages of the file ``lib/apk/db/installed``. A stanza that names no package is passed over."""
    start = 0
    while start < len(database):
        end = database.find(b"\n\n", start)
        end = len(database) if end < 0 else end
        # A package's own fields come before its folders and files, of which there are thousands.
        files = database.find(b"\nF:", start, end)
        fields: dict[bytes, str] = {}
        for name, value in _FIELDS.findall(database, start, end if files < 0 else files):
            fields.setdefault(name, value.decode("utf-8", "replace").strip())
        start = end + 1
        if name := fields.get(b"P"):
            yield Package(name, fields.get(b"V") or None, maker(fields.get(b"m")))
