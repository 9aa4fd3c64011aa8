"""Shell links of Windows, ``.lnk`` files ([MS-SHLLINK]): what a link leads to, and the arguments it gives that."""

from __future__ import annotations

import os
import struct
from typing import Final

import msgspec

from vedette.errors import Unreadable

_LIMIT: Final = 1 << 20
_HEADER: Final = 0x4C
_CLASS: Final = bytes.fromhex("0114020000000000c000000000000046")
# Flags of the header: which parts follow. The texts are in this order.
_HAS_IDS, _HAS_INFO, _UNICODE = 0x1, 0x2, 0x80
_NAME, _RELATIVE, _FOLDER, _ARGUMENTS, _ICON = 0x4, 0x8, 0x10, 0x20, 0x40
_ON_A_VOLUME: Final = 1
_WIDE_INFO: Final = 0x24  # the least head of an info that has its paths in UTF-16 as well
# A block that holds the target with variables: after its size and this, 260 bytes of ANSI, then 260 units of UTF-16.
_VARIABLES: Final = 0xA0000001
_ANSI: Final = 260


class ShellLink(msgspec.Struct, frozen=True):
    """``path`` as Windows writes it, ``None`` where the link leads to no file."""

    path: str | None = None
    arguments: str = ""


def target(descriptor: int) -> ShellLink:
    """What the link open as ``descriptor`` says. Raises ``Unreadable`` where it is none, or damaged."""
    data = os.pread(descriptor, _LIMIT, 0)
    if len(data) < _HEADER or data[4:20] != _CLASS:
        raise Unreadable("not a shell link")
    try:
        return _target(data)
    except struct.error as error:
        raise Unreadable("a damaged shell link") from error


def _target(data: bytes) -> ShellLink:
    (flags,) = struct.unpack_from("<I", data, 20)
    at, path = _HEADER, None
    if flags & _HAS_IDS:
        at += 2 + struct.unpack_from("<H", data, at)[0]
    if flags & _HAS_INFO:
        (size,) = struct.unpack_from("<I", data, at)
        path = _local(data[at : at + size])
        at += size
    texts = {}
    for flag in (_NAME, _RELATIVE, _FOLDER, _ARGUMENTS, _ICON):
        if flags & flag:
            (length,) = struct.unpack_from("<H", data, at)
            at += 2
            encoding, width = ("utf-16-le", 2) if flags & _UNICODE else ("cp1252", 1)
            (raw,) = struct.unpack_from(f"{length * width}s", data, at)
            texts[flag] = raw.decode(encoding, "replace")
            at += length * width
    found = path or _with_variables(data, at) or texts.get(_RELATIVE)
    return ShellLink(found or None, texts.get(_ARGUMENTS, ""))


def _local(info: bytes) -> str | None:
    """The path of a target that lies on a volume of this computer."""
    _, head, flags, _, base, _, suffix = struct.unpack_from("<7I", info, 0)
    if not flags & _ON_A_VOLUME:
        return None
    if head >= _WIDE_INFO:
        base, suffix = struct.unpack_from("<2I", info, 28)
        return _wide(info[base:]) + _wide(info[suffix:])
    return _narrow(info[base:]) + _narrow(info[suffix:])


def _with_variables(data: bytes, at: int) -> str | None:
    while at + 8 <= len(data):
        size, signature = struct.unpack_from("<2I", data, at)
        if size < 8:
            break
        if signature == _VARIABLES:
            block = data[at + 8 : at + size]
            return _wide(block[_ANSI:]) or _narrow(block[:_ANSI])
        at += size
    return None


def _narrow(data: bytes) -> str:
    return data.partition(b"\0")[0].decode("cp1252", "replace")


def _wide(data: bytes) -> str:
    return data.decode("utf-16-le", "replace").partition("\0")[0]
