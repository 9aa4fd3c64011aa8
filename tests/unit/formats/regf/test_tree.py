"""Keys and values of hives, whole and damaged: what can be read is, and what cannot is said."""

from __future__ import annotations

import contextlib
import struct
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.formats.regf.forge import BLOCK, Hive, poked, summed
from vedette.errors import Unreadable
from vedette.formats.regf.packed import PackedKey
from vedette.formats.regf.tree import Tree

SERVICES = {
    "Services": {
        "Tool": {"=Start": 2, "=ImagePath": "tool.exe", "Parameters": {"=List": ["a", "b"]}},
        "Other": {"=Start": 4},
    }
}


def told(content: bytes, path: str = "", depth: int = 9) -> PackedKey:
    tree = Tree(content)
    found = tree.find(path)
    assert found is not None
    return tree.told(found[0], depth)


def values(key: PackedKey) -> dict[str, Any]:
    return {v.name: v.data if v.raw is None else v.raw for v in key.values}


@pytest.mark.parametrize("lists", [b"lh", b"lf", b"li"])
@pytest.mark.parametrize("split", [0, 1])
@pytest.mark.parametrize("narrow", [True, False])
def test_keys_of_every_form_are_found(lists: Any, split: int, narrow: bool) -> None:
    content = Hive(SERVICES, lists=lists, split=split, narrow=narrow).build()
    key = told(content, r"services\TOOL")
    assert key.name == "Tool"
    assert values(key) == {"Start": 2, "ImagePath": "tool.exe"}
    assert [below.name for below in key.keys] == ["Parameters"]
    assert values(key.keys[0]) == {"List": ("a", "b")}
    assert not key.damage
    assert [below.name for below in told(content, "Services").keys] == ["Tool", "Other"]


def test_no_deeper_than_asked() -> None:
    content = Hive(SERVICES).build()
    assert told(content, "", 0).keys == ()
    (services,) = told(content, "", 1).keys
    assert services.keys == ()


def test_what_is_not_there_is_absent() -> None:
    assert Tree(Hive(SERVICES).build()).find(r"Services\Nothing\There") is None


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("text", "text"),
        ("", ""),
        ((1, b""), ""),
        ((2, "%A%\0rest".encode("utf-16-le")), "%A%"),
        ((1, b"a\0b"), "a"),  # an odd number of bytes
        ((1, b"\x00\xd8"), "\ufffd"),  # half a character
        (7, 7),
        ((4, b""), b""),
        ((4, b"\x05"), 5),
        ((4, bytes(9)), bytes(9)),
        ((11, struct.pack("<Q", 1 << 63)), 1 << 63),
        (["a", "", "b"], ("a", "", "b")),
        ((7, b""), ()),
        ((7, "a".encode("utf-16-le")), ("a",)),
        (b"four", b"four"),
        (b"and more", b"and more"),
        ((0xFFFF0012, b"property"), b"property"),
        (b"x" * 40_000, b"x" * 40_000),
    ],
)
def test_data(content: object, expected: object) -> None:
    assert values(told(Hive({"=Value": content}).build())) == {"Value": expected}


def test_large_data_of_old_hives_is_in_one_piece() -> None:
    assert values(told(Hive({"=Value": b"x" * 40_000}, minor=3).build()))["Value"] == b"x" * 40_000


def test_a_value_without_end_is_named_and_left_out() -> None:
    key = told(Hive({"=Huge": b"x" * (1 << 21), "=Small": 1}).build())
    assert values(key) == {"Huge": None, "Small": 1}
    assert key.damage == ("a value in the hive is too large",)


def test_names_in_other_scripts() -> None:
    content = Hive({"Привет": {"=имя": "x"}, "Größe": {}}).build()
    assert values(told(content, "ПРИВЕТ")) == {"имя": "x"}
    assert told(content, "GRÖßE").name == "Größe"


def test_a_link_leads_to_where_it_says() -> None:
    target = (6, r"\Registry\Machine\SOFTWARE\Classes".encode("utf-16-le"))
    hive = Hive({"Here": {"=SymbolicLinkValue": target}}, links=["Here"])
    found = Tree(hive.build()).find(r"Here\CLSID\{1}")
    assert found is not None
    assert found[1] == r"\Registry\Machine\SOFTWARE\Classes\CLSID\{1}"


LISTED, KEY, VALUE, VALUES = (
    "a list of keys in the hive is damaged",
    "a key in the hive is damaged",
    "a value in the hive is damaged",
    "a list of values in the hive is damaged",
)


def _forged() -> tuple[Hive, bytes]:
    hive = Hive(SERVICES)
    return hive, hive.build()


@pytest.mark.parametrize(
    ("where", "form", "value", "expected"),
    [
        (lambda hive: hive.keys["Tool"], "<H", 0, KEY),  # its mark
        (lambda hive: hive.keys["Tool"] - 4, "<i", 80, KEY),  # a cell that is free
        (lambda hive: hive.keys["Tool"] - 4, "<i", -(1 << 30), KEY),
        (lambda hive: hive.keys["Tool"] - 4, "<i", -(1 << 31), KEY),
        (lambda hive: hive.keys["Tool"] + 72, "<H", 0xFFFF, KEY),  # the length of its name
        (lambda hive: hive.lists_at["Services"], "<H", 0, LISTED),
        (lambda hive: hive.lists_at["Services"] + 2, "<H", 0xFFFF, LISTED),
        (lambda hive: hive.lists_at["Services"] + 4, "<I", 0xFFFFFFF0, KEY),
        (lambda hive: hive.lists_at["Services"] + 4, "<I", 33, KEY),
        (lambda hive: hive.keys["Services"] + 28, "<I", 0x7FFFFFF8, LISTED),
        (lambda hive: hive.keys["Services"] + 20, "<I", 5, LISTED),  # more than it lists
        (lambda hive: hive.keys["Tool"] + 36, "<I", 0xFFFFFFFF, VALUES),
        (lambda hive: hive.keys["Tool"] + 40, "<I", 8, VALUES),
        (lambda hive: hive.values["ImagePath"], "<H", 0, VALUE),
        (lambda hive: hive.values["ImagePath"] + 4, "<I", 0x80000005, VALUE),
        (lambda hive: hive.values["ImagePath"] + 4, "<I", 1 << 19, VALUE),
        (lambda hive: hive.values["ImagePath"] + 8, "<I", 0xFFFFFFF8, VALUE),
    ],
)
def test_damage_costs_only_what_it_is_in(where: Any, form: str, value: int, expected: str) -> None:
    hive, content = _forged()
    key = told(poked(content, where(hive), form, value), "Services")
    assert expected in key.damage
    if expected != LISTED:
        assert "Other" in [below.name for below in key.keys]


def test_what_may_have_been_lost_is_not_said_to_be_absent() -> None:
    hive, content = _forged()
    tree = Tree(poked(content, hive.keys["Tool"], "<H", 0))
    with pytest.raises(Unreadable, match="a key in the hive is damaged"):
        tree.find(r"Services\Tool")
    assert tree.find(r"Services\Other") is not None


def test_a_key_below_itself_ends() -> None:
    hive, content = _forged()
    content = poked(content, hive.lists_at["Tool"] + 4, "<I", hive.keys["Services"])
    key = told(content, "Services", 60)
    assert "a key in the hive is below itself" in key.damage
    assert "Other" in [below.name for below in key.keys]


def test_lists_that_lead_to_each_other_end() -> None:
    hive = Hive(SERVICES, split=1)
    content = hive.build()
    content = poked(content, hive.lists_at["Services"] + 4, "<I", hive.lists_at["Services"])
    assert LISTED in told(content, "Services").damage


def test_a_tree_that_multiplies_is_bounded() -> None:
    """Each of sixty levels lists the next one many times over."""
    tree: dict[str, Any] = {}
    for level in range(30):
        tree = {f"{level}a": tree, f"{level}b": {}}
    hive = Hive(tree)
    content = hive.build()
    for level in range(29, 0, -1):
        content = poked(content, hive.keys[f"{level}b"] + 20, "<I", 2)
        content = poked(content, hive.keys[f"{level}b"] + 28, "<I", hive.lists_at[f"{level}a"])
    assert "more is below a key than can be told" in told(content, "", 60).damage


def _headed(place: int, number: int) -> bytes:
    """A hive whose header says something else, with the sum that belongs to it."""
    content = bytearray(Hive(SERVICES).build())
    struct.pack_into("<I", content, place, number)
    return summed(content[:BLOCK]) + bytes(content[BLOCK:])


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "the hive is empty"),
        (b"regf", "the hive is cut off in its header"),
        (b"CREG" + bytes(5000), "a registry of Windows 95, 98 or Me"),
        (b"MZ" + bytes(5000), "not a registry hive"),
        (_headed(20, 2), "a hive of an unknown version"),
        (_headed(28, 6), "the log of a hive, and no hive"),
        (bytes(4096), "not a registry hive"),
        (Hive(SERVICES).build()[:BLOCK], "the root of the hive is damaged"),
    ],
)
def test_what_is_no_hive_is_told_by_what_it_is(content: bytes, reason: str) -> None:
    with pytest.raises(Unreadable) as refused:
        Tree(content)
    assert refused.value.reason == reason


def test_a_hive_that_is_cut_off_says_so() -> None:
    content = Hive(SERVICES | {"=Much": b"x" * 12_000}).build()
    assert "the hive is cut off" in told(content[:-4096]).damage


@pytest.mark.parametrize("place", [20, 28, 36, 40, 44, 508])
def test_a_damaged_header_costs_nothing_else(place: int) -> None:
    content = bytearray(Hive(SERVICES).build())
    struct.pack_into("<I", content, place, 0x7FFFFFF0)
    key = told(bytes(content))
    assert [below.name for below in key.keys] == ["Services"]
    assert "the hive's header is damaged" in key.damage


names = st.text(
    st.characters(exclude_characters="\0\\", codec="utf-16-le"), min_size=1, max_size=20
)
contents = st.one_of(
    st.text(st.characters(exclude_characters="\0", codec="utf-16-le"), max_size=50),
    st.integers(0, (1 << 32) - 1),
    st.binary(max_size=100),
)


@given(st.dictionaries(names, st.dictionaries(names, contents, max_size=5), max_size=8))
def test_what_was_written_is_read(keys: dict[str, dict[str, Any]]) -> None:
    tree = {
        name: {f"={value}": data for value, data in held.items()}
        for name, held in keys.items()
        if not name.startswith("=")
    }
    root = told(Hive(tree).build())
    assert {key.name: values(key) for key in root.keys} == {
        name: {value[1:]: data for value, data in held.items()} for name, held in tree.items()
    }
    assert not root.damage


@given(st.data())
def test_whatever_the_bytes_are_there_is_an_answer(data: st.DataObject) -> None:
    content = bytearray(Hive(SERVICES).build())
    for _ in range(data.draw(st.integers(1, 20))):
        place = data.draw(st.integers(0, 1200)) + (BLOCK if data.draw(st.booleans()) else 0)
        content[place] = data.draw(st.integers(0, 255))
    with contextlib.suppress(Unreadable):
        tree = Tree(bytes(content))
        found = tree.find("Services")
        assert found is None or tree.told(found[0], 9).name == found[0].name
