"""Marvin32, the hash that Windows puts on what it logs of a hive (US patent 8,555,396; the seed is Windows' own)."""

from __future__ import annotations

import struct
from typing import Final

SEED: Final = 0x82EF4D887A4E55C5
_MASK: Final = 0xFFFFFFFF


def marvin32(data: bytes, seed: int = SEED) -> int:
    """The hash of ``data``, 64 bits."""
    low, high = seed & _MASK, seed >> 32
    whole = len(data) // 4 * 4
    rest = data[whole:] + b"\x80"
    words = (*struct.unpack_from(f"<{whole // 4}I", data), int.from_bytes(rest, "little"), 0)
    for word in words:
        low = (low + word) & _MASK
        high ^= low
        low = (low << 20 | low >> 12) & _MASK
        low = (low + high) & _MASK
        high = (high << 9 | high >> 23) & _MASK
        high ^= low
        low = (low << 27 | low >> 5) & _MASK
        low = (low + high) & _MASK
        high = (high << 19 | high >> 13) & _MASK
    return high << 32 | low
