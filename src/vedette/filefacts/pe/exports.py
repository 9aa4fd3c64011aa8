"""How many functions a library offers.

After "PE Format", The .edata Section: Export Directory Table, Export Address Table, Export Ordinal Table.
"""

from __future__ import annotations

import struct
from typing import Final

from vedette.filefacts.pe.headers import Directory
from vedette.filefacts.pe.image import Image

_DIRECTORY: Final = struct.Struct(
    "<20xIIIII"
)  # addresses and names: counts; addresses, names, ordinals: where
_MOST: Final = 65536  # an ordinal has 16 bits


def count_exports(image: Image) -> int:
    """Each name counts, and each function without one; places in the table that hold nothing do not."""
    address, _ = image.headers.directory(Directory.EXPORT)
    row = image.read(address, _DIRECTORY.size) if address else b""
    if len(row) < _DIRECTORY.size:
        return 0
    functions, names, functions_at, _, ordinals_at = _DIRECTORY.unpack(row)
    addresses = _numbers(image.read(functions_at, min(functions, _MOST) * 4), "I")
    offered = {number for number, place in enumerate(addresses) if place}
    ordinals = _numbers(image.read(ordinals_at, min(names, _MOST) * 2), "H")
    named = [number for number in ordinals if number in offered]
    return len(named) + len(offered.difference(named))


def _numbers(table: bytes, code: str) -> tuple[int, ...]:
    width = struct.calcsize(code)
    return struct.unpack(f"<{len(table) // width}{code}", table[: len(table) // width * width])
