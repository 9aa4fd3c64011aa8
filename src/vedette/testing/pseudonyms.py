"""Other names for the people and computers that a recording tells of."""

from __future__ import annotations

import re
from typing import Any, Final

from vedette.facts.privacy import PrivateNames

# What stands in the place of a person's name in a path, except folders that every Windows has.
_PROFILE: Final = re.compile(
    r"((?:[\\/]Users|[\\/]Documents and Settings)[\\/]+)"
    r"(?!(?:Public|All Users|Default|Default User)(?:[\\/]|$))([^\\/\n\r\"<>|:*?,;]+)",
    re.IGNORECASE,
)
_MAIL: Final = re.compile(r"[^\s@\"'<>\\/=:;,]+@[\w-]+(?:\.[\w-]+)+")
# The part of an account's number that tells whose computer or domain gave it.
_ISSUER: Final = re.compile(r"\b(S-1-(?:5-21|12-1))((?:-\d{1,10}){3})\b", re.IGNORECASE)
_SHORT: Final = 4  # a shorter name is only one where it stands alone


class Pseudonyms:
    """Replaces the names in ``private``, and whatever else tells who somebody is: called with a text."""

    def __init__(self, private: PrivateNames) -> None:
        self._others: dict[str, str] = {}
        names = {}
        for kind, group in (("person", private.users), ("computer", private.computers)):
            for name in sorted(group):
                if name.strip():
                    names[name.casefold()] = name
                    self._other(kind, name)
        self._names = re.compile(
            "|".join(map(_pattern, sorted(names.values(), key=len, reverse=True))) or r"(?!)",
            re.IGNORECASE,
        )

    def __call__(self, text: str) -> str:
        text = _ISSUER.sub(lambda found: f"{found[1]}-1-2-{self._issuer(found[2])}", text)
        text = _MAIL.sub("<mail>", text)
        text = self._names.sub(lambda found: self._others[found[0].casefold()], text)
        return _PROFILE.sub(
            lambda found: (
                found[1]
                + (found[2] if self._is_other(found[2]) else self._other("person", found[2]))
            ),
            text,
        )

    def inside(self, value: Any) -> Any:
        """``value``, made of lists, mappings and plain values, with all texts in it replaced."""
        match value:
            case str():
                return self(value)
            case bytes():
                return self.in_bytes(value) or b""
            case dict():
                return {self(key): self.inside(each) for key, each in value.items()}
            case list() | tuple():
                return [self.inside(each) for each in value]
        return value

    def in_text(self, data: bytes) -> str | None:
        """``data`` replaced, where it is text in UTF-8."""
        try:
            text = data.decode()
        except UnicodeDecodeError:
            return None
        return None if "\0" in text else self(text)

    def in_bytes(self, data: bytes) -> bytes | None:
        """``data``, replaced where it is UTF-16 with its mark; as it is where no name is in it, else ``None``."""
        if data.startswith(b"\xff\xfe"):
            return self(data.decode("utf-16-le", "replace")).encode("utf-16-le", "replace")
        # Texts may begin at any byte.
        seen = (
            data.decode("latin-1"),
            data.decode("utf-8", "replace"),
            data.decode("utf-16-le", "replace"),
            data[1:].decode("utf-16-le", "replace"),
        )
        return data if all(self(text) == text for text in seen) else None

    def _other(self, kind: str, name: str) -> str:
        number = 1 + sum(other.startswith(kind) for other in self._others.values())
        return self._others.setdefault(name.casefold(), f"{kind}{number}")

    def _is_other(self, name: str) -> bool:
        return name in self._others.values()

    def _issuer(self, numbers: str) -> str:
        return self._other("issuer", numbers).removeprefix("issuer")


def _pattern(name: str) -> str:
    escaped = re.escape(name)
    return escaped if len(name) >= _SHORT else rf"(?<![^\W_]){escaped}(?![^\W_])"
