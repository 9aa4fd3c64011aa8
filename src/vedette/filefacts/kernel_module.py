"""What a Linux kernel module says of itself: its ``.modinfo`` section, and the signature behind its last byte.

A module is an ELF object, often compressed as a whole (gzip, xz, Zstandard). The signature is that of
scripts/sign-file.c and include/linux/module_signature.h of the kernel: a PKCS #7 message or a bare signature, twelve
bytes that describe it, and a mark.

The signature is not verified, since the keys to do so lie in the kernel: the signer is who the module claims.
"""

from __future__ import annotations

import lzma
import struct
import zlib
from dataclasses import dataclass
from typing import Final

import zstandard

from vedette.errors import EncodingInvalid, Unreadable
from vedette.filefacts.authenticode import der
from vedette.filefacts.authenticode.cms import read_signed_data
from vedette.filefacts.authenticode.names import spoken
from vedette.filefacts.content import Content

LONGEST: Final = 128 << 20
"""Bytes of the largest module that is looked at; debugging symbols make them large."""

_MARK: Final = b"~Module signature appended~\n"
# algorithm, hash, kind of identifier, lengths of the signer's name and key identifier, padding, length of the signature
_DESCRIPTION: Final = struct.Struct(">BBBBB3xI")
_X509, _PKCS7 = 1, 2
_MEMORY: Final = 128 << 20
_BITE: Final = 512  # bytes, of which Zstandard can make 128 KiB each four
_MOST_SECTIONS: Final = 4096
_LONGEST_INFO: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class KernelModule:
    """``version`` is the module's own, or else that of the kernel it was built for; ``signer`` the name in its
    signature, and ``signed`` whether there is one at all.
    """

    version: str | None
    signed: bool
    signer: str | None


def read_module(content: Content) -> KernelModule:
    """What the module ``content`` says. Raises ``Unreadable`` for what is none, or cannot be decompressed."""
    module = _plain(content)
    if module[:4] != b"\x7fELF":
        raise Unreadable("it is no kernel module")
    info = _modinfo(module)
    built_for = info.get("vermagic", "").partition(" ")[0]
    signed, signer = _signature(module)
    return KernelModule(info.get("version") or built_for or None, signed, signer)


def _plain(content: Content) -> bytes:
    """The module itself, out of what compresses it."""
    try:
        match content[:4]:
            case b"\xfd7zX":
                xz = lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=_MEMORY)
                plain, ended = xz.decompress(content[:], LONGEST), xz.eof
            case b"\x28\xb5\x2f\xfd":
                plain, ended = _from_zstandard(content)
            case magic if magic[:2] == b"\x1f\x8b":
                gzip = zlib.decompressobj(wbits=31)
                plain, ended = gzip.decompress(content[:], LONGEST), gzip.eof
            case _:
                plain, ended = content[:LONGEST], len(content) <= LONGEST
    except (lzma.LZMAError, zlib.error, zstandard.ZstdError) as error:
        raise Unreadable("it cannot be decompressed") from error
    if not ended:
        raise Unreadable("it is cut off, or too large")
    return plain


def _from_zstandard(content: Content) -> tuple[bytes, bool]:
    """In small bites, as there is no other bound for what comes of one."""
    frame = zstandard.ZstdDecompressor(max_window_size=_MEMORY).decompressobj()
    pieces: list[bytes] = []
    size = 0
    for place in range(0, len(content), _BITE):
        pieces.append(frame.decompress(content[place : place + _BITE]))
        size += len(pieces[-1])
        if frame.eof or size > LONGEST:
            break
    return b"".join(pieces), frame.eof and size <= LONGEST


def _modinfo(module: bytes) -> dict[str, str]:
    """The ``name=value`` strings of the module; of one name the first."""
    info: dict[str, str] = {}
    for line in _section(module, b".modinfo").split(b"\0"):
        name, equals, value = line.partition(b"=")
        if equals:
            info.setdefault(name.decode("ascii", "replace"), value.decode("utf-8", "replace"))
    return info


def _section(module: bytes, wanted: bytes) -> bytes:
    """The content of the section named ``wanted``, empty where there is none (elf(5))."""
    wide, order = module[4:5] == b"\x02", ">" if module[5:6] == b"\x02" else "<"
    header = struct.Struct(order + ("16s2HI3QI6H" if wide else "16s2HI3II6H"))
    entry = struct.Struct(order + ("2I4Q2I2Q" if wide else "10I"))
    try:
        *_, start, _flags, _size, _psize, _pcount, size, count, names = header.unpack_from(module)
        end = start + count * size
        if size < entry.size or not names < count <= _MOST_SECTIONS or end > len(module):
            return b""
        sections = [entry.unpack_from(module, start + index * size) for index in range(count)]
    except struct.error:
        return b""
    # Of a section header: 0 is where its name stands, 4 where its content begins, 5 how long that is.
    table = sections[names][4]
    for found in sections:
        if module[table + found[0] : table + found[0] + len(wanted) + 1] == wanted + b"\0":
            return module[found[4] : found[4] + min(found[5], _LONGEST_INFO)]
    return b""


def _signature(module: bytes) -> tuple[bool, str | None]:
    """Whether the module is signed, and by whom."""
    end = len(module) - len(_MARK) - _DESCRIPTION.size
    if end < 0 or not module.endswith(_MARK):
        return False, None
    _, _, kind, name_length, key_length, length = _DESCRIPTION.unpack_from(module, end)
    start = end - length
    if start < 0:
        return False, None
    if kind == _PKCS7:
        return True, _signer(module[start:end])
    name = start - key_length - name_length
    if kind == _X509 and name >= 0 and name_length:
        return True, module[name : name + name_length].decode("utf-8", "replace")
    return True, None


def _signer(message: bytes) -> str | None:
    """Who signed a PKCS #7 message: the subject of the signer's certificate, mostly left out, or else its issuer, which
    is the same for keys that sign for themselves.
    """
    try:
        data = read_signed_data(der.parse(message))
    except EncodingInvalid:
        return None
    for signer in data.signers:
        certificate = signer.certificate(data.certificates)
        name = certificate.subject if certificate else signer.issuer
        if name and (said := spoken(name)):
            return said
    return None
