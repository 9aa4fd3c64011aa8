"""How many functions are exported."""

from __future__ import annotations

import struct

import pefile
import pytest

from tests.unit.filefacts.forge import Body, Forge
from vedette.filefacts.pe.exports import count_exports
from vedette.filefacts.pe.headers import read_headers
from vedette.filefacts.pe.image import Image


def count(content: bytes) -> int:
    return count_exports(Image(content, read_headers(content, 64)))


def forged(addresses: list[int], named: list[tuple[bytes, int]]) -> bytes:
    body = Body()
    functions = body.add(struct.pack(f"<{len(addresses)}I", *addresses))
    names = [body.add(name + b"\0") for name, _ in named]
    names_at = body.add(struct.pack(f"<{len(names)}I", *names))
    ordinals = body.add(struct.pack(f"<{len(named)}H", *(ordinal for _, ordinal in named)))
    directory = body.add(
        struct.pack("<16xI", 1)
        + struct.pack("<IIIII", len(addresses), len(named), functions, names_at, ordinals)
    )
    return Forge(bytes(body.data), directories={0: (directory, 40)}).build()


@pytest.mark.parametrize(
    ("addresses", "named", "expected"),
    [
        ([0x1000, 0x1001], [(b"a", 0), (b"b", 1)], 2),
        ([0x1000, 0, 0x1002], [(b"a", 0)], 2),  # one by number alone, one place empty
        ([0x1000], [(b"a", 0), (b"alias", 0)], 2),
        ([], [], 0),
    ],
)
def test_names_and_numbers(
    addresses: list[int], named: list[tuple[bytes, int]], expected: int
) -> None:
    content = forged(addresses, named)
    exports = getattr(pefile.PE(data=content), "DIRECTORY_ENTRY_EXPORT", None)
    assert count(content) == expected == (len(exports.symbols) if exports else 0)


def test_no_directory() -> None:
    assert count(Forge(b"x").build()) == 0


def test_a_directory_out_of_the_file() -> None:
    assert count(Forge(b"x", directories={0: (0x7F000000, 40)}).build()) == 0


def test_numbers_beyond_the_table_do_not_count() -> None:
    assert count(forged([0x1000], [(b"a", 0), (b"b", 9)])) == 1


def test_what_a_header_claims_is_bounded() -> None:
    body = Body()
    at = body.add(b"\1" * 64)
    directory = body.add(bytes(20) + struct.pack("<IIIII", 2**32 - 1, 2**32 - 1, at, at, at))
    assert count(Forge(bytes(body.data), directories={0: (directory, 40)}).build()) <= 65536
