"""What the smaller structures of a portable executable say: the linker's own mark, callbacks, .NET, the overlay.

After "PE Format": The .tls Section (TLS Callback Functions), the CLR Runtime Header of ECMA-335, II.25.3.3. The rich
header is Microsoft's linker's and in no specification; the hash over it is pefile's: of the list of tools between
the DOS stub and the mark, with the key taken off.
"""

from __future__ import annotations

import hashlib
import struct
from typing import Final

from vedette.filefacts.facts import Overlay
from vedette.filefacts.pe.headers import Directory
from vedette.filefacts.pe.image import Image

_RICH_AT: Final = 0x80
_LONGEST_RICH: Final = 64 << 10  # the longest known are a thousandth of that
_MOST_CALLBACKS: Final = 1024
_CLR_HEADER: Final = 72  # bytes


def rich_hash(image: Image) -> str | None:
    """MD5 of the decoded rich header in hexadecimal, None where there is none."""
    before = min(image.headers.optional_offset, _RICH_AT + _LONGEST_RICH)
    end = image.content.find(b"Rich", _RICH_AT, before)
    if end < 0 or (end - _RICH_AT) % 4:
        return None
    key = image.content[end + 4 : end + 8]
    if len(key) < 4:
        return None
    masked = image.content[_RICH_AT:end]
    pad = int.from_bytes(key * (len(masked) // 4), "little")
    clear = (int.from_bytes(masked, "little") ^ pad).to_bytes(len(masked), "little")
    return hashlib.md5(clear, usedforsecurity=False).hexdigest()


def tls_callbacks(image: Image) -> int:
    """How many functions run before the entry point does."""
    address, _ = image.headers.directory(Directory.TLS)
    width, code = (8, "Q") if image.headers.plus else (4, "I")
    table = image.read(address, 4 * width) if address else b""
    if len(table) < 4 * width:
        return 0
    callbacks = struct.unpack(f"<4{code}", table)[3] - image.headers.image_base
    if callbacks <= 0:
        return 0
    count = 0
    while count < _MOST_CALLBACKS and image.read(callbacks + count * width, width).strip(b"\0"):
        count += 1
    return count


def is_dotnet(image: Image) -> bool:
    """Whether there is a CLR header of at least its first version's size."""
    address, _ = image.headers.directory(Directory.CLR)
    return bool(address) and int.from_bytes(image.read(address, 4), "little") >= _CLR_HEADER


def overlay(image: Image) -> Overlay | None:
    """What lies behind the headers, the sections and the directories.

    The certificate table is no part of the image: its directory is a place in the file, and it counts as overlay.
    What claims to reach beyond the end of the file does not count, so that it cannot hide what it does not hold.
    """
    headers = image.headers
    size = len(image.content)
    ends = [headers.optional_offset + headers.optional_size]
    ends += [section.raw_offset + section.raw_size for section in headers.sections]
    for which, (address, length) in enumerate(headers.directories):
        offset = image.offset_of(address)
        if which != Directory.CERTIFICATE and offset is not None:
            ends.append(offset + length)
    start = max((end for end in ends if end <= size), default=0)
    return Overlay(start, size - start) if start < size else None
