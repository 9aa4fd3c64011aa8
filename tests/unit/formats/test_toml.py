"""A configuration is taken as it was meant, or not at all."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from vedette.errors import ConfigurationError
from vedette.formats import toml


class Kettle(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    litres: int = 1
    names: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.litres < 0:
            raise ValueError("a kettle holds something")


def test_no_file_is_no_values() -> None:
    assert toml.read(None) == {}
    assert toml.settings({}, Kettle) == Kettle()


def test_a_file_is_read_whole(tmp_path: Path) -> None:
    path = tmp_path / "kettle.toml"
    path.write_text('litres = 3\nnames = ["ä"]\n', encoding="utf-8")
    assert toml.settings(toml.read(path), Kettle) == Kettle(3, ("ä",))


@pytest.mark.parametrize("content", [b"litres = ", b"a = 1\na = 2", b"\xff", b"a = '\x00'"])
def test_what_is_no_toml_is_told(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "kettle.toml"
    path.write_bytes(content)
    with pytest.raises(ConfigurationError, match="TOML"):
        toml.read(path)


def test_a_file_that_is_not_there_is_told_without_its_name(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError) as told:
        toml.read(tmp_path / "anna.toml")
    assert "anna" not in str(told.value)


@pytest.mark.parametrize("values", [{"litres": "x"}, {"colour": 1}, {"litres": -1}])
def test_what_is_not_meant_is_told(values: dict[str, object]) -> None:
    with pytest.raises(ConfigurationError, match="not usable"):
        toml.settings(values, Kettle)
