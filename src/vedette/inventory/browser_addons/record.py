"""What is told of an add-on of a browser."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Final

from vedette.facts.kinds import Name, Names, Path, Version, Word
from vedette.facts.privacy import PrivateNames
from vedette.facts.record import Record

BROWSER_ADDONS: Final = "browser_addons"
WEBEXTENSION: Final = "webextension"


@dataclass(frozen=True, slots=True, kw_only=True)
class BrowserAddon(Record):
    role: Annotated[Word, "bho, toolbar, extension, url_search_hook or webextension"]
    id: Annotated[Name, "its CLSID, or the extension's identifier, in which (at) stands for @"]
    name: Annotated[Name | None, "its name"] = None
    version: Annotated[Version | None, "its version"] = None
    library: Annotated[
        Path | None, "its program library, or where it lies if not among the profile's extensions"
    ] = None
    permissions: Annotated[Names | None, "what it asks to be allowed, also on which pages"] = None
    browser: Annotated[Name, "the browser that it extends"]


def addon(
    role: str,
    browser: str,
    identifier: str,
    private: PrivateNames,
    *,
    name: str | None = None,
    version: str | None = None,
    library: str | None = None,
    permissions: Sequence[str] | None = None,
) -> BrowserAddon:
    """The record of an add-on; what is empty is not known."""
    return BrowserAddon(
        role=Word(role),
        id=Name(identifier, private),
        name=Name(name, private) if name else None,
        version=Version(version, private) if version else None,
        library=Path(library, private) if library else None,
        permissions=Names(permissions, private) if permissions is not None else None,
        browser=Name(browser, private),
    )
