"""The strings of a version resource.

After Microsoft's "Version Information" reference: VS_VERSIONINFO holds StringFileInfo, that holds StringTable, that
holds String; each begins with its length, its value's length, its type and its key, and is padded to 32 bits.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Final, NamedTuple

MAX_STRINGS: Final = 256
_HEADER: Final = struct.Struct("<HHH")  # length, length of the value, 1 where the value is text
_ROOT: Final = "VS_VERSION_INFO"
_STRINGS: Final = "StringFileInfo"


class _Block(NamedTuple):
    key: str
    value: bytes
    children: bytes


def read_version(resource: bytes) -> dict[str, str]:
    """Key and value of up to ``MAX_STRINGS`` strings, whatever their language; of equal keys the last one holds."""
    strings: dict[str, str] = {}
    left = MAX_STRINGS
    for root in _blocks(resource, wide=False):
        for info in _blocks(root.children) if root.key == _ROOT else ():
            for table in _blocks(info.children) if info.key == _STRINGS else ():
                for string in _blocks(table.children):
                    if left and string.key:
                        left -= 1
                        text = string.value.decode("utf-16-le", "replace")
                        strings[string.key] = text.partition("\0")[0]
    return strings


def _blocks(data: bytes, *, wide: bool = True) -> Iterator[_Block]:
    """The blocks that stand one behind the other in ``data``; ``wide`` where a value's length counts characters."""
    place = 0
    while place + _HEADER.size <= len(data):
        length, value_length, _ = _HEADER.unpack_from(data, place)
        block = data[place : place + length]
        key, end = _key(block)
        start = _aligned(end)
        stop = start + value_length * (2 if wide else 1)
        if length < _HEADER.size:
            return
        yield _Block(key, block[start:stop], block[_aligned(stop) :])
        place += _aligned(length)


def _key(block: bytes) -> tuple[str, int]:
    """The key behind the block's header and where it ends."""
    end = _HEADER.size
    while end + 2 <= len(block) and block[end : end + 2] != b"\0\0":
        end += 2
    return block[_HEADER.size : end].decode("utf-16-le", "replace"), end + 2


def _aligned(offset: int) -> int:
    return (offset + 3) & ~3
