"""Metainfo files, in which programs describe themselves to those who would install them (AppStream specification 1.0).

What is looked for stands near the beginning, in elements that hold plain text. They are found as text: nothing has to
be believed about the rest of the file.
"""

from __future__ import annotations

import html
import re
from typing import Final

from vedette.formats.package import Package
from vedette.formats.text import decoded

_LONGEST: Final = 260
_VERSION: Final = re.compile(
    r"<release\b[^<>]{0,500}?\bversion\s*=\s*(?:\"([^\"<>]*)\"|'([^'<>]*)')"
)
# Elements with xml:lang are translations.
_DEVELOPER: Final = re.compile(r"<developer_name>([^<>]*)</developer_name>")
_DEVELOPER_BLOCK: Final = re.compile(r"<developer\b[^<>]*>\s*<name>([^<>]*)</name>")


def described(identifier: str, data: bytes) -> Package:
    """The program ``identifier`` as ``data`` describes it: the version of its latest release, and who develops it."""
    text = decoded(data)
    version = _VERSION.search(text)
    developer = _DEVELOPER_BLOCK.search(text) or _DEVELOPER.search(text)
    return Package(
        identifier,
        _plain(version[1] or version[2] or "") if version else None,
        _plain(developer[1]) if developer else None,
    )


def _plain(text: str) -> str | None:
    return html.unescape(" ".join(text.split()))[:_LONGEST] or None
