"""The tree of resources, the version in it, and the languages."""

from __future__ import annotations

import struct

import pytest

from tests.unit.filefacts.forge import ADDRESS, Forge
from vedette.filefacts.pe.headers import read_headers
from vedette.filefacts.pe.image import Image
from vedette.filefacts.pe.languages import tag, tags
from vedette.filefacts.pe.resources import MAX_ENTRIES, Resource, Resources, read_resources
from vedette.filefacts.pe.version import read_version

HIGH = 1 << 31


def table(entries: list[tuple[int, int]], named: int = 0) -> bytes:
    rows = b"".join(struct.pack("<II", *entry) for entry in entries)
    return struct.pack("<12xHH", named, len(entries) - named) + rows


def read(tree: bytes, at: int = ADDRESS) -> Resources:
    content = Forge(tree, directories={2: (at, len(tree))}).build()
    return read_resources(Image(content, read_headers(content, 64)))


def tree(language: int = 0x409) -> bytes:
    """Type 16, a named resource, one language: each level 24 bytes, then the leaf, then the name."""
    text = "NAME".encode("utf-16-le")
    return (
        table([(16, HIGH | 24)])
        + table([(HIGH | 88, HIGH | 48)], named=1)
        + table([(language, 72)])
        + struct.pack("<II8x", 0x1234, 7)
        + struct.pack("<H", 4)
        + text
    )


def test_a_leaf() -> None:
    assert read(tree()) == Resources((Resource(16, "NAME", 0x409, 0x1234, 7),))


def test_no_resources() -> None:
    content = Forge(b"x").build()
    assert read_resources(Image(content, read_headers(content, 64))) == Resources(())


def test_resources_out_of_the_file() -> None:
    assert read(b"x", at=0x7F000000).problem == "the resources lie out of the file"


def test_a_tree_that_leads_into_itself_ends() -> None:
    found = read(table([(n, HIGH) for n in range(200)]))
    assert found.problem == f"of more than {MAX_ENTRIES} resources the first were read"


def test_a_leaf_above_the_third_level_is_none() -> None:
    assert read(table([(16, 24)]) + struct.pack("<II8x", 1, 1)).leaves == ()


@pytest.mark.parametrize("length", range(0, 98, 5))
def test_a_tree_that_is_cut_off(length: int) -> None:
    assert len(read(tree()[:length]).leaves) <= 1


def block(key: str, value: bytes = b"", children: bytes = b"", wide: bool = True) -> bytes:
    head = key.encode("utf-16-le") + b"\0\0"
    head += bytes(-(6 + len(head)) % 4) + value
    head += bytes(-(6 + len(head)) % 4)
    size = len(value) // (2 if wide else 1)
    return struct.pack("<HHH", 6 + len(head) + len(children), size, wide) + head + children


def string(key: str, text: str) -> bytes:
    made = block(key, text.encode("utf-16-le") + b"\0\0")
    return made + bytes(-len(made) % 4)


def version(*tables: bytes) -> bytes:
    info = block("StringFileInfo", children=b"".join(block("040904b0", children=t) for t in tables))
    return block("VS_VERSION_INFO", bytes(52), info, wide=False)


def test_strings_of_a_version() -> None:
    made = version(string("CompanyName", "Müller & Söhne") + string("FileVersion", "1.2"))
    assert read_version(made) == {"CompanyName": "Müller & Söhne", "FileVersion": "1.2"}


def test_an_empty_string() -> None:
    assert read_version(version(block("FileVersion"))) == {"FileVersion": ""}


def test_of_equal_keys_the_last_holds() -> None:
    assert read_version(version(string("A", "1"), string("A", "2"))) == {"A": "2"}


def test_what_is_no_version() -> None:
    assert read_version(block("SOMETHING", bytes(52), b"", wide=False)) == {}
    assert read_version(b"") == {}


def test_a_version_cut_off_anywhere() -> None:
    made = version(string("CompanyName", "Somebody") + string("FileVersion", "1.2"))
    for length in range(len(made)):
        assert set(read_version(made[:length])) <= {"CompanyName", "FileVersion"} | {
            "CompanyName"[:n] for n in range(12)
        } | {"FileVersion"[:n] for n in range(12)}


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        (0x409, "en-US"),
        (0x809, "en-GB"),
        (0x407, "de-DE"),
        (0x411, "ja-JP"),
        (0x804, "zh-CN"),
        (0x9, "en"),
        (0x0, None),
        (0x400, None),
        (0x7F, None),
        (0x3FE, None),
        (0xFFFFFFFF, None),
    ],
)
def test_language_tags(number: int, expected: str | None) -> None:
    assert tag(number) == expected


def test_tags_are_listed_once_and_in_order() -> None:
    assert tags([0x409, 0, 0x407, 0x409]) == ["de-DE", "en-US"]
