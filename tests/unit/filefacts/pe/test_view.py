"""What the packers' rules get to see, and that damaged files get through."""

from __future__ import annotations

import random

import pytest

from tests.unit.filefacts.forge import ADDRESS, SECTION_AT, Body, Forge, section
from vedette.filefacts.packers.view import ENTRY, HEAD, TAIL, PackerView
from vedette.filefacts.pe import packer_view, read_pe


def view(content: bytes) -> PackerView:
    return packer_view(read_pe(content, 64), 5.0)


def forged() -> Forge:
    body = Body()
    directory = body.imports([(b"KERNEL32.dll", [b"Sleep", 7]), (b"kernel32.DLL", [b"Beep"])])
    entry = body.add(b"\x60\xbe code")
    return Forge(bytes(body.data), entry=entry, directories={1: (directory, 60)}, behind=b"PK" * 99)


def test_what_a_rule_sees() -> None:
    content = forged().build()
    seen = view(content)
    assert (seen.size, seen.machine, seen.entropy) == (len(content), "AMD64", 5.0)
    assert seen.entry_bytes.startswith(b"\x60\xbe code")
    assert len(seen.entry_bytes) <= ENTRY
    assert seen.entry is not None
    assert (seen.entry.name, seen.entry.executable, seen.entry.writable) == (".text", True, False)
    assert seen.entry.head == content[SECTION_AT : SECTION_AT + 64]
    assert seen.imports == {"kernel32.dll": ("Sleep", "ord7", "Beep")}
    assert seen.functions == 3
    assert seen.head == content[:HEAD]
    assert seen.overlay is not None
    assert (seen.overlay.head, seen.overlay.tail) == (b"PK" * 99, b"PK" * 99)
    assert seen.overlay.entropy == 1.0


def test_an_entry_point_out_of_all_sections() -> None:
    seen = view(Forge(b"x", entry=0x7F000000).build())
    assert (seen.entry, seen.entry_bytes) == (None, b"")


@pytest.mark.parametrize(
    ("behind", "table", "expected"),
    [
        (b"data" + b"cert", (4, 4), b"data"),
        (b"cert" + b"data", (0, 4), b"data"),
        (b"cert", (0, 4), None),
        (b"data", (-2, 1), b"data"),
        (b"", (0, 4), None),
    ],
)
def test_the_certificate_table_is_left_out(
    behind: bytes, table: tuple[int, int], expected: bytes | None
) -> None:
    place = (SECTION_AT + 1 + table[0], table[1])
    seen = view(Forge(b"x", behind=behind, directories={4: place}).build())
    assert (seen.overlay and seen.overlay.head) == expected


def test_a_long_overlay_is_seen_at_both_ends() -> None:
    overlay = view(Forge(b"x", behind=b"a" * HEAD + b"b" * TAIL).build()).overlay
    assert overlay is not None
    assert (overlay.head, overlay.tail) == (b"a" * HEAD, b"b" * TAIL)


def test_sections_that_claim_everything_over_and_over() -> None:
    rows = [section(b".s", 1, ADDRESS * n, 4000, SECTION_AT + 512 * n) for n in range(1, 99)]
    pe = read_pe(Forge(bytes(60_000), sections=rows).build(), 64)
    assert pe.problems == ("sections claim the same bytes over and over",)
    assert [one.entropy for one in pe.facts.sections or ()].count(None) > 0


def test_damaged_files_get_through() -> None:
    chance = random.Random(3)
    whole = forged().build()
    for _ in range(2000):
        content = bytearray(whole)
        for _ in range(chance.choice((1, 4, 20))):
            at = chance.randrange(64, len(content) - 8)
            value = chance.choice((0, 0xFFFF, 1 << 31, (1 << 32) - 1, chance.getrandbits(32)))
            content[at : at + 4] = value.to_bytes(4, "little")
        content = content[: chance.randrange(68, len(whole))] if chance.random() < 0.2 else content
        view(bytes(content))
