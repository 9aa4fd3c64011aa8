"""What a program's file says of its maker, and how to ask for it. What looks at the file lies in ``maker.py``, and is
imported by nobody but the shut-in worker: it is large.
"""

from __future__ import annotations

from typing import Final

import msgspec

from vedette.host import Parser


class MakerFacts(msgspec.Struct, frozen=True, kw_only=True):
    """The strings ProductVersion (or else FileVersion), ProductName and CompanyName of a version resource."""

    version: str | None = None
    product: str | None = None
    company: str | None = None


MAKER: Final = Parser("vedette.filefacts.maker:maker", MakerFacts)
"""Answers for a portable executable, and is ``Unreadable`` for anything else."""
