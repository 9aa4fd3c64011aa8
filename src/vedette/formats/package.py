"""What the databases of package managers say of an installed package."""

from __future__ import annotations

from typing import Final

import msgspec

_LONGEST: Final = 260


class Package(msgspec.Struct, frozen=True):
    """``version`` as the package manager writes it, with epoch and release; ``publisher`` is who made the package."""

    name: str
    version: str | None = None
    publisher: str | None = None


class Packages(msgspec.Struct, frozen=True):
    """What a database holds; ``whole`` is false where parts of it are damaged."""

    found: list[Package]
    whole: bool = True


def maker(contact: str | None) -> str | None:
    """The name in a contact such as "Some Team <team@example.org>"; ``None`` where there is only an address."""
    name = (contact or "").partition("<")[0].strip().strip('"').strip()
    return name[:_LONGEST] if name and "@" not in name else None
