"""Configuration files of Vedette itself, in TOML. Unlike what is found on a computer they are read to the letter: what
is wrong with one is told to whoever wrote it.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from vedette.errors import ConfigurationError

T = TypeVar("T")


def read(path: Path | None) -> dict[str, Any]:
    """The values in the file at ``path``; none where there is to be no file. Raises ``ConfigurationError``."""
    if path is None:
        return {}
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ConfigurationError(
            "the configuration file cannot be read", "check that it is TOML"
        ) from error


def settings(values: Mapping[str, Any], kind: type[T]) -> T:
    """``values`` as an object of ``kind``. Raises ``ConfigurationError`` for what that does not know or allow."""
    try:
        return msgspec.convert(values, kind)
    except (msgspec.ValidationError, ValueError) as error:
        raise ConfigurationError(
            f"the configuration is not usable ({error})", "correct it"
        ) from error
