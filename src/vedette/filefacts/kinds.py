"""What kind of file it is, by content alone. The signatures are those of the formats' own specifications."""

from __future__ import annotations

import re
from typing import Final, Literal

from vedette.filefacts.content import Content
from vedette.filefacts.facts import Kind
from vedette.filefacts.pe import signature_offset
from vedette.filefacts.scripts import EXAMINED, is_script

_ARCHIVES: Final = (
    (0, b"PK\x03\x04"),  # zip, APPNOTE 4.3.7
    (0, b"PK\x05\x06"),  # a zip without members
    (0, b"PK\x07\x08"),  # a zip in parts
    (0, b"\x1f\x8b\x08"),  # gzip, RFC 1952
    (0, b"\xfd7zXZ\x00"),
    (0, b"\x28\xb5\x2f\xfd"),  # Zstandard, RFC 8878
    (0, b"7z\xbc\xaf\x27\x1c"),
    (0, b"Rar!\x1a\x07"),
    (0, b"MSCF\x00\x00\x00\x00"),  # cabinet, [MS-CAB]
    (0, b"!<arch>\n"),  # ar, and so a Debian package
    (0, b"070701"),  # cpio in its three forms of text
    (0, b"070702"),
    (0, b"070707"),
    (257, b"ustar"),  # tar, POSIX.1
    (0x8001, b"CD001"),  # ISO 9660
)
_BZIP2: Final = re.compile(rb"BZh[1-9](1AY&SY|\x17rE8P\x90)")
_TAR_SUM: Final = slice(148, 156)
_TAR_NUMBER: Final = re.compile(rb" *([0-7]{1,6})[\x00 ]")
_CPIO_ORDERS: Final[dict[bytes, Literal["little", "big"]]] = {
    b"\xc7\x71": "little",
    b"\x71\xc7": "big",
}


def kind_of(content: Content) -> Kind:
    """The kind of the file whose bytes are ``content``."""
    if signature_offset(content) is not None:
        return "pe"
    if content[:4] == b"\x7fELF":
        return "elf"
    if _is_archive(content):
        return "archive"
    return "script" if is_script(content[:EXAMINED]) else "other"


def _is_archive(content: Content) -> bool:
    if any(content[at : at + len(magic)] == magic for at, magic in _ARCHIVES):
        return True
    head = content[:512]
    return bool(_BZIP2.match(head)) or _is_old_tar(head) or _is_binary_cpio(content[:4096])


def _is_old_tar(head: bytes) -> bool:
    """A header from before POSIX has no magic but its checksum: all bytes of the block, its own eight as spaces."""
    field = head[_TAR_SUM]
    number = _TAR_NUMBER.match(field)
    if len(head) < 512 or number is None:
        return False
    return int(number[1], 8) == sum(head) - sum(field) + 8 * 0x20


def _is_binary_cpio(head: bytes) -> bool:
    """Two bytes are too few to go by: the name behind the header must end where the header says."""
    order = _CPIO_ORDERS.get(head[:2])
    if order is None:
        return False
    length = int.from_bytes(head[20:22], order)
    name = head[26 : 26 + length]
    return len(name) == length > 1 and name.find(0) == length - 1
