"""The attribute certificate table: WIN_CERTIFICATE entries at the end of a PE file.

Nothing in the table is under the image's digest, so whatever is there beside the signatures could have been put
there afterwards (MS13-098). It is named, not judged: installers are known to keep data of their own there.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from vedette.errors import EncodingInvalid
from vedette.filefacts.authenticode import der
from vedette.filefacts.authenticode.der import Element
from vedette.filefacts.authenticode.image import Image

MAX_TABLE: Final = 4 << 20
MAX_ENTRIES: Final = 8
_HEADER: Final = 8
_REVISIONS: Final = frozenset({0x0100, 0x0200})
_PKCS_SIGNED_DATA: Final = 2


@dataclass(slots=True)
class Table:
    """The signatures in the table, in order, and what is odd about it.

    ``broken`` are faults for which Windows does not accept a signature at all, ``remarks`` are the others.
    """

    signatures: list[Element] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)


def read_table(image: Image) -> Table:
    """The certificate table of ``image``, which says that it has one."""
    table = Table()
    start, end = image.table_offset, image.table_offset + image.table_size
    if start < image.entry + 8 or start >= len(image.view):
        table.broken.append("certificate table lies where it cannot be")
        return table
    if any(
        section.offset < end and start < section.offset + section.size
        for section in image.sections
        if section.size
    ):
        table.broken.append("certificate table overlaps a section")
    if end > len(image.view):
        table.broken.append("certificate table is cut off")
    if end < len(image.view):
        table.broken.append(f"{len(image.view) - end} bytes after the certificate table")
    if start % 8:
        table.remarks.append("certificate table is not aligned")
    if image.table_size > MAX_TABLE:
        table.broken.append("certificate table is too large to be looked at")
    _read_entries(bytes(image.view[start : min(end, start + MAX_TABLE)]), table)
    return table


def _read_entries(data: bytes, table: Table) -> None:
    place = count = 0
    while place < len(data):
        rest = len(data) - place
        if rest < _HEADER:
            table.remarks.append(f"{rest} bytes after the last entry of the certificate table")
            break
        if count == MAX_ENTRIES:
            table.remarks.append("certificate table has too many entries")
            break
        length = int.from_bytes(data[place : place + 4], "little")
        if length < _HEADER and not any(data[place:]):
            table.remarks.append(
                f"{rest} bytes of padding after the last entry of the certificate table"
            )
            break
        count += 1
        if not _HEADER <= length <= rest:
            table.broken.append("entry of the certificate table is cut off")
        _read_entry(data[place : place + max(_HEADER, length)], table)
        if length < _HEADER:
            break
        place += length + -length % 8
    if count > 1:
        table.remarks.append(f"certificate table has {count} entries")


def _read_entry(entry: bytes, table: Table) -> None:
    revision = int.from_bytes(entry[4:6], "little")
    kind = int.from_bytes(entry[6:8], "little")
    if revision not in _REVISIONS:
        table.remarks.append("entry of the certificate table has an unknown revision")
    if kind != _PKCS_SIGNED_DATA:
        table.remarks.append(f"entry of the certificate table is of type {kind}, not a signature")
        return
    try:
        message, padding = der.read(entry[_HEADER:])
    except EncodingInvalid as error:
        table.broken.append(f"signature cannot be read: {error.what}")
        return
    table.signatures.append(message)
    if len(padding) >= 8 or any(padding):
        what = "" if any(padding) else " of padding"
        table.remarks.append(
            f"{len(padding)} bytes{what} after the signature in the certificate table"
        )
