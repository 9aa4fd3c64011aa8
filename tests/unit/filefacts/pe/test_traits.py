"""The smaller structures: rich header, callbacks, .NET, overlay."""

from __future__ import annotations

import struct

import pefile
import pytest

from tests.unit.filefacts.forge import ADDRESS, SECTION_AT, Forge
from vedette.filefacts.facts import Overlay
from vedette.filefacts.pe import traits
from vedette.filefacts.pe.headers import read_headers, signature_offset
from vedette.filefacts.pe.image import Image


def image(content: bytes) -> Image:
    offset = signature_offset(content)
    assert offset is not None
    return Image(content, read_headers(content, offset))


def with_rich_header(mark: bytes = b"Rich") -> bytes:
    """Moves the headers behind a rich header, as Microsoft's linker lays them out."""
    whole = Forge(b"x").build()
    key = 0x1234ABCD
    clear = [0x536E6144, 0, 0, 0, 0x00FF0102, 7, 0x01040103, 2]
    rich = struct.pack("<8I", *(word ^ key for word in clear)) + mark + struct.pack("<I", key)
    stub = b"MZ" + bytes(58) + struct.pack("<I", 0x100)
    return stub.ljust(0x80, b"\0") + rich.ljust(0x80, b"\0") + whole[64:]


def test_the_rich_hash_is_pefiles() -> None:
    content = with_rich_header()
    assert traits.rich_hash(image(content)) == pefile.PE(data=content).get_rich_header_hash()


def test_no_rich_header() -> None:
    assert traits.rich_hash(image(with_rich_header(b"Poor"))) is None


@pytest.mark.parametrize("plus", [True, False])
def test_callbacks_are_counted(plus: bool) -> None:
    code, width = ("<Q", 8) if plus else ("<I", 4)
    base = 0x400000
    callbacks = ADDRESS + 4 * width
    body = b"".join(struct.pack(code, n) for n in (0, 0, 0, base + callbacks, 5, 6, 7, 0))
    content = Forge(body, plus=plus, image_base=base, directories={9: (ADDRESS, 40)}).build()
    assert traits.tls_callbacks(image(content)) == 3


def test_callbacks_without_an_end_are_bounded() -> None:
    body = struct.pack("<QQQQ", 0, 0, 0, 0x400000 + ADDRESS + 32) + b"\1" * 100_000
    content = Forge(body, directories={9: (ADDRESS, 40)}).build()
    assert traits.tls_callbacks(image(content)) == 1024


@pytest.mark.parametrize("address", [0, 0x7F000000])
def test_no_callbacks(address: int) -> None:
    assert traits.tls_callbacks(image(Forge(b"x", directories={9: (address, 40)}).build())) == 0


def test_dotnet_needs_its_header() -> None:
    header = struct.pack("<I", 72)
    assert traits.is_dotnet(image(Forge(header, directories={14: (ADDRESS, 72)}).build()))
    assert not traits.is_dotnet(image(Forge(b"\1", directories={14: (ADDRESS, 72)}).build()))
    assert not traits.is_dotnet(image(Forge(header).build()))


def test_the_overlay_follows_the_last_section() -> None:
    content = Forge(b"code", behind=b"payload").build()
    assert traits.overlay(image(content)) == Overlay(SECTION_AT + 4, 7)
    assert traits.overlay(image(Forge(b"code").build())) is None


def test_a_certificate_table_is_overlay() -> None:
    place = SECTION_AT + 4
    content = Forge(b"code", behind=b"signature", directories={4: (place, 9)}).build()
    assert traits.overlay(image(content)) == Overlay(place, 9)


def test_what_claims_to_reach_beyond_the_file_hides_nothing() -> None:
    content = Forge(b"code", behind=b"payload", directories={6: (ADDRESS, 1 << 31)}).build()
    assert traits.overlay(image(content)) == Overlay(SECTION_AT + 4, 7)
