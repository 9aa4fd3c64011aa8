"""Damages files as transmission, bad disks and hostile people do. What is done follows from ``chance`` alone."""

from __future__ import annotations

import random
import struct
from collections.abc import Callable, Sequence

_EXTREMES = (
    0,
    1,
    2,
    0x7F,
    0x80,
    0xFF,
    0x7FFF,
    0xFFFF,
    0x7FFFFFFF,
    0x80000000,
    0xFFFFFFFE,
    0xFFFFFFFF,
)
_HEADERS = 1024
_SECURITY = 4  # IMAGE_DIRECTORY_ENTRY_SECURITY

Damage = Callable[[bytearray, random.Random], None]


def truncate(data: bytearray, chance: random.Random) -> None:
    """Cuts the end off; more often within the headers than chance would have it."""
    longest = min(len(data), _HEADERS) if chance.random() < 0.3 else len(data)
    del data[chance.randrange(longest + 1) :]


def flip_bits(data: bytearray, chance: random.Random) -> None:
    """Flips up to 64 bits, near each other or anywhere."""
    if not data:
        return
    middle, reach = chance.randrange(len(data)), chance.choice((64, 4096, len(data)))
    for _ in range(chance.randint(1, 64)):
        place = (middle + chance.randrange(reach)) % len(data)
        data[place] ^= 1 << chance.randrange(8)


def overwrite_headers(data: bytearray, chance: random.Random) -> None:
    """Puts extreme and random values into fields of the headers: of the file, the sections, the directories."""
    start = _headers_at(data)
    for _ in range(chance.randint(1, 8)):
        _put(data, start + chance.randrange(_HEADERS) // 2 * 2, chance)


def overwrite_structures(data: bytearray, chance: random.Random) -> None:
    """The same anywhere: import tables, resource trees and version blocks are full of offsets and counts."""
    for _ in range(chance.randint(1, 32)):
        _put(data, chance.randrange(len(data) or 1) // 4 * 4, chance)


def damage_certificates(data: bytearray, chance: random.Random) -> None:
    """Changes the certificate table: lengths, bytes of the message, where it lies, what is appended to it."""
    entry = _headers_at(data) + 24 + _directories(data) + 8 * _SECURITY
    if entry + 8 > len(data):
        flip_bits(data, chance)
        return
    offset, size = struct.unpack_from("<II", data, entry)
    match chance.randrange(4):
        case 0:
            _put(data, entry + chance.choice((0, 4)), chance)
        case 1 if 0 < offset < len(data):
            _put(data, offset, chance)
        case 2:
            tail = chance.randbytes(chance.randint(1, 64))
            data += tail
            if chance.random() < 0.5:
                struct.pack_into("<I", data, entry + 4, (size + len(tail)) & 0xFFFFFFFF)
        case _ if 0 < offset < len(data) and size:
            for _ in range(chance.randint(1, 16)):
                data[offset + chance.randrange(min(size, len(data) - offset))] = chance.randrange(
                    256
                )
        case _:
            flip_bits(data, chance)


def repeat(data: bytearray, chance: random.Random) -> None:
    """Writes a piece of the file over another: structures that are well-formed, and where none belongs."""
    if not data:
        return
    start, length = chance.randrange(len(data)), chance.randint(1, 4096)
    piece = data[start : start + length]
    place = chance.randrange(len(data))
    data[place : place + len(piece)] = piece


DAMAGES: Sequence[Damage] = (
    truncate,
    flip_bits,
    overwrite_headers,
    overwrite_structures,
    damage_certificates,
    repeat,
)


def damaged(content: bytes, chance: random.Random) -> tuple[bytes, str]:
    """``content`` damaged in one to three ways, and which."""
    data = bytearray(content)
    done = chance.choices(DAMAGES, k=chance.choice((1, 1, 2, 3)))
    for damage in done:
        damage(data, chance)
    return bytes(data), ", ".join(damage.__name__ for damage in done)


def _headers_at(data: bytearray) -> int:
    offset = int.from_bytes(data[60:64], "little")
    return offset if offset < len(data) else 0


def _directories(data: bytearray) -> int:
    magic = int.from_bytes(data[_headers_at(data) + 24 :][:2], "little")
    return 112 if magic == 0x20B else 96


def _put(data: bytearray, place: int, chance: random.Random) -> None:
    value = chance.choice(_EXTREMES) if chance.random() < 0.6 else chance.getrandbits(32)
    size = chance.choice((2, 4, 4, 8))
    data[place : place + size] = value.to_bytes(8, "little")[: max(0, min(size, len(data) - place))]
