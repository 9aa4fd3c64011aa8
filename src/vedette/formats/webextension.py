"""The manifest of a browser's extension (developer.chrome.com, "Manifest file format"; MDN, "manifest.json")."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from vedette.formats.text import decoded

# Chromium passes over comments of this form in manifests.
_COMMENT: Final = re.compile(r"^\s*//.*$", re.MULTILINE)
_LOCALISED: Final = re.compile(r"__MSG_([A-Za-z0-9_@]+)__")
_LOCALE: Final = re.compile(r"[A-Za-z]{2,3}(?:[_-][A-Za-z0-9]{2,8})*")
_MOST: Final = 1024


@dataclass(frozen=True, slots=True)
class Manifest:
    """``name`` may be a reference to a message in the language ``locale``; see ``message``."""

    name: str | None
    version: str | None
    permissions: tuple[str, ...]
    locale: str | None

    @property
    def message(self) -> str | None:
        """The name of the message that ``name`` refers to."""
        found = _LOCALISED.fullmatch(self.name or "")
        return found[1] if found else None


def manifest(data: bytes) -> Manifest | None:
    """What ``data`` says; ``None`` where it is no manifest."""
    found = _object(data)
    if found is None:
        return None
    locale = _text(found.get("default_locale"))
    return Manifest(
        _text(found.get("name")),
        _text(found.get("version")),
        tuple(dict.fromkeys(_permissions(found)))[:_MOST],
        locale if locale and _LOCALE.fullmatch(locale) else None,
    )


def message(data: bytes, name: str) -> str | None:
    """The text of the message ``name`` in the file of messages ``data``. Names compare without regard to case."""
    for key, value in (_object(data) or {}).items():
        if key.casefold() == name.casefold() and isinstance(value, dict):
            return _text(value.get("message"))
    return None


def texts(values: object) -> Iterator[str]:
    """Those of the list ``values`` that are texts, and the names of those that have settings of their own."""
    for value in values if isinstance(values, list) else ():
        if isinstance(value, str):
            yield value
        elif isinstance(value, dict):
            yield from (str(key) for key in value)


def _permissions(found: dict[str, Any]) -> Iterator[str]:
    """What it asks for when it is installed: also the pages into which it puts scripts of its own."""
    yield from texts(found.get("permissions"))
    yield from texts(found.get("host_permissions"))
    scripts = found.get("content_scripts")
    for script in scripts if isinstance(scripts, list) else ():
        if isinstance(script, dict):
            yield from texts(script.get("matches"))


def _object(data: bytes) -> dict[str, Any] | None:
    text = decoded(data)
    for attempt in (text, _COMMENT.sub("", text)):
        try:
            found = msgspec.json.decode(attempt)
        except (msgspec.DecodeError, UnicodeEncodeError, RecursionError):
            continue
        return found if isinstance(found, dict) else None
    return None


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None
