"""Who made a program, and which version of it this is: the version resource of a portable executable."""

from __future__ import annotations

from vedette.errors import Unreadable
from vedette.filefacts.content import content_of
from vedette.filefacts.maker_facts import MakerFacts
from vedette.filefacts.pe import read_pe, signature_offset

__all__ = ["maker"]

_LONGEST = 260


def maker(descriptor: int) -> MakerFacts:
    """What the regular file open as ``descriptor`` says. Raises ``Unreadable`` where it is no portable executable."""
    with content_of(descriptor) as content:
        offset = signature_offset(content)
        if offset is None:
            raise Unreadable("not a program of Windows")
        said = read_pe(content, offset).facts.version or {}

    def text(*keys: str) -> str | None:
        found = (said.get(key, "").strip()[:_LONGEST] for key in keys)
        return next(filter(None, found), None)

    return MakerFacts(
        version=text("ProductVersion", "FileVersion"),
        product=text("ProductName"),
        company=text("CompanyName"),
    )
