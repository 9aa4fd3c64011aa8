"""Registry keys as values."""

from __future__ import annotations

import pytest

from vedette.errors import Unreadable
from vedette.host.registry import NO_REGISTRY, REG_DWORD, REG_SZ, Key, Value
from vedette.testing.registry import FakeHive, FakeRegistry

KEY = Key(
    name="Spooler",
    values=(
        Value("", REG_SZ, "the default"),
        Value("Start", REG_DWORD, 2),
        Value("START", REG_DWORD, 4),
        Value("Empty", REG_SZ, ""),
        Value("Many", 7, ("a", "", "b")),
        Value("Bytes", 3, b"\x01"),
    ),
    keys=(Key("Parameters", keys=(Key("Deep"),)),),
)


def test_names_compare_without_regard_to_case_and_the_first_counts() -> None:
    assert KEY.number("sTaRt") == 2
    assert KEY.text("") == "the default"
    assert KEY.key("PARAMETERS\\deep") == Key("Deep")
    assert KEY.key("Parameters\\Missing\\Deep") is None


def test_a_value_of_another_kind_is_none() -> None:
    assert KEY.text("Start") is None
    assert KEY.number("Empty") is None
    assert KEY.text("Empty") is None
    assert KEY.text("missing") is None
    assert KEY.value("Bytes") == b"\x01"


def test_texts_are_those_that_say_something() -> None:
    assert KEY.texts("Many") == ("a", "b")
    assert KEY.texts("") == ("the default",)
    assert KEY.texts("Start") == KEY.texts("missing") == KEY.texts("Empty") == ()


def test_a_fake_hive_reads_as_deep_as_it_is_asked() -> None:
    hive = FakeHive({r"A\B\C": {"v": 1}, r"a\B": {"": "x"}})
    assert hive.key("A\\b") == Key("B", values=(Value("", REG_SZ, "x"),))
    deep = hive.key("A", depth=2)
    assert deep is not None
    assert deep.key(r"B\C") == Key("C", values=(Value("v", REG_DWORD, 1),))
    assert hive.key("A\\none") is None


def test_a_fake_hive_refuses_what_it_is_told_to() -> None:
    hive = FakeHive({r"A\B": {}}, refused=[r"a\b"], damage=["torn"])
    with pytest.raises(Unreadable, match="not permitted"):
        hive.key(r"A\B")
    found = hive.key("A")
    assert found is not None
    assert found.damage == ("torn",)


def test_a_system_without_a_registry_has_no_key() -> None:
    for registry in (NO_REGISTRY, FakeRegistry()):
        assert registry.machine.key("SYSTEM", 3) is None
        assert not registry.users()
