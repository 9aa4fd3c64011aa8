"""Reading ASN.1 as signatures have it: distinguished and basic encoding (ITU-T X.690), nothing written back.

Real signatures are not always DER: lengths are longer than they need be, or indefinite. So the reader is
lenient in form and strict in bounds: every length lies inside what surrounds it, tags have one byte, and nothing
is read deeper or wider than the limits below. Bytes that are hashed or compared are always those of the file.

Why not ``asn1crypto`` or ``cryptography``: docs/adr/0012.
"""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from vedette.errors import EncodingInvalid

BOOLEAN: Final = 0x01
INTEGER: Final = 0x02
BIT_STRING: Final = 0x03
OCTET_STRING: Final = 0x04
OBJECT_IDENTIFIER: Final = 0x06
UTC_TIME: Final = 0x17
GENERALIZED_TIME: Final = 0x18
SEQUENCE: Final = 0x30
SET: Final = 0x31
_CONSTRUCTED: Final = 0x20

MAX_CHILDREN: Final = 4096
MAX_DEPTH: Final = 16
_TIME: Final = re.compile(rb"(\d{2}|\d{4})(\d{2})(\d{2})(\d{2})(\d{2})(\d{2})(?:\.\d{1,9})?Z")
_ENCODINGS: Final = {0x0C: "utf-8", 0x1E: "utf-16-be", 0x1C: "utf-32-be"}


def context(number: int, *, constructed: bool = True) -> int:
    """The identifier octet of context-specific tag ``number``."""
    return 0x80 | number | (_CONSTRUCTED if constructed else 0)


@dataclass(frozen=True, slots=True)
class Element:
    """One value: its identifier octet, its whole encoding and the octets of its content alone."""

    tag: int
    whole: bytes
    content: bytes

    def children(self) -> list[Element]:
        """The values inside. Raises ``EncodingInvalid`` where they are not whole, or too many."""
        if not self.tag & _CONSTRUCTED:
            raise EncodingInvalid("a simple value stands where a structure is expected")
        found: list[Element] = []
        place = 0
        while place < len(self.content):
            if len(found) == MAX_CHILDREN:
                raise EncodingInvalid("a structure has too many parts")
            element, place = _read(self.content, place, 0)
            found.append(element)
        return found

    def only(self) -> Element:
        """The one value inside."""
        children = self.children()
        if len(children) != 1:
            raise EncodingInvalid("a structure has not the one part it must have")
        return children[0]

    def fields(self) -> Fields:
        return Fields(self.children())

    def integer(self) -> int:
        return int.from_bytes(self._simple(INTEGER, 1024), "big", signed=True)

    def boolean(self) -> bool:
        return self._simple(BOOLEAN, 1) != b"\0"

    def oid(self) -> str:
        """An object identifier in dotted decimals."""
        return _dotted(self._simple(OBJECT_IDENTIFIER, 64))

    def octets(self) -> bytes:
        """The content of an octet string, whatever its tag; one in parts is put together (X.690, 8.7.3)."""
        if not self.tag & _CONSTRUCTED:
            return self.content
        return b"".join(child.content for child in self.children())

    def bits(self) -> bytes:
        """The content of a bit string, without its count of unused bits."""
        content = self._simple(BIT_STRING, 1 << 20)
        if content[0] > 7:
            raise EncodingInvalid("a bit string has too many unused bits")
        return content[1:]

    def time(self) -> datetime:
        """A UTCTime or GeneralizedTime, aware (RFC 5280, 4.1.2.5); parts of a second are left out."""
        match = _TIME.fullmatch(self.content)
        if match is None or self.tag not in (UTC_TIME, GENERALIZED_TIME):
            raise EncodingInvalid("a time is not written as one")
        year, month, day, hour, minute, second = map(int, match.groups())
        if self.tag == UTC_TIME:
            year += 1900 if year >= 50 else 2000
        try:
            return datetime(year, month, day, hour, minute, second, tzinfo=UTC)
        except ValueError as error:
            raise EncodingInvalid("a time is none that there is") from error

    def text(self) -> str:
        """A character string of any kind; what is not text in its own encoding reads as Latin-1."""
        try:
            return self.content.decode(_ENCODINGS.get(self.tag, "utf-8"))
        except UnicodeDecodeError:
            return self.content.decode("latin-1")

    def _simple(self, tag: int, limit: int) -> bytes:
        if self.tag != tag or not 1 <= len(self.content) <= limit:
            raise EncodingInvalid("a value is not of the type it must have")
        return self.content


class Fields:
    """The parts of a structure, taken one by one in the order of its definition."""

    def __init__(self, parts: list[Element]) -> None:
        self._parts = parts
        self._place = 0

    def take(self, tag: int | None = None) -> Element:
        """The next part. Raises ``EncodingInvalid`` where it is missing or has another tag."""
        found = self.maybe(tag)
        if found is None:
            raise EncodingInvalid("a structure lacks a part")
        return found

    def maybe(self, tag: int | None = None) -> Element | None:
        """The next part, if there is one and it has that tag."""
        if self._place == len(self._parts):
            return None
        part = self._parts[self._place]
        if tag is not None and part.tag != tag:
            return None
        self._place += 1
        return part

    def left(self) -> list[Element]:
        """What nobody took."""
        return self._parts[self._place :]


def read(data: bytes) -> tuple[Element, bytes]:
    """The value at the start of ``data`` and what follows it. Raises ``EncodingInvalid``."""
    element, end = _read(data, 0, 0)
    return element, data[end:]


def parse(data: bytes) -> Element:
    """The one value that ``data`` is. Raises ``EncodingInvalid``."""
    element, rest = read(data)
    if rest:
        raise EncodingInvalid("something follows a value")
    return element


def _read(data: bytes, start: int, depth: int) -> tuple[Element, int]:
    """The value at ``start`` and the place after it."""
    try:
        tag, length = data[start], data[start + 1]
    except IndexError as error:
        raise EncodingInvalid("a value is cut off") from error
    if tag & 0x1F == 0x1F:
        raise EncodingInvalid("a tag has more than one byte")
    begin = start + 2
    if length == 0x80:
        end = _end_of_contents(data, begin, tag, depth)
        return Element(tag, data[start : end + 2], data[begin:end]), end + 2
    if length > 0x80:
        size = length - 0x80
        if size > 4 or begin + size > len(data):
            raise EncodingInvalid("a length has too many bytes")
        length = int.from_bytes(data[begin : begin + size], "big")
        begin += size
    end = begin + length
    if end > len(data):
        raise EncodingInvalid("a value is cut off")
    return Element(tag, data[start:end], data[begin:end]), end


def _end_of_contents(data: bytes, place: int, tag: int, depth: int) -> int:
    """Where the two zero bytes lie that close a value of indefinite length (X.690, 8.1.5)."""
    if not tag & _CONSTRUCTED or depth == MAX_DEPTH:
        raise EncodingInvalid("a length is indefinite where it may not be")
    for _ in range(MAX_CHILDREN):
        if data[place : place + 2] == b"\0\0":
            return place
        _, place = _read(data, place, depth + 1)
    raise EncodingInvalid("a structure has too many parts")


@functools.lru_cache(maxsize=1024)
def _dotted(content: bytes) -> str:
    arcs: list[int] = []
    value = 0
    for byte in content:
        value = value << 7 | byte & 0x7F
        if not byte & 0x80:
            arcs.append(value)
            value = 0
    if content[-1] & 0x80 or not arcs:
        raise EncodingInvalid("an object identifier is cut off")
    first = min(arcs[0] // 40, 2)
    return ".".join(map(str, (first, arcs[0] - 40 * first, *arcs[1:])))
