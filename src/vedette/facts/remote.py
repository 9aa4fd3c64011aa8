"""The address of somebody who attacks: what others must be warned of, if it is a public one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Final

from msgspec import Meta

from vedette.facts.addresses import Scope, parsed, scope
from vedette.facts.kinds import Column, Kind, unchanged

_WORDS: Final = frozenset(str(each) for each in Scope if each is not Scope.PUBLIC)


class RemoteAddress(Kind):
    """A public address of IPv4 or IPv6 in its shortest form; of any other, the word for how far it reaches, such as
    ``private`` or ``loopback``. Raises ``ValueRefused`` for what is neither.
    """

    __slots__ = ()
    wire = Annotated[str, Meta(max_length=64)]
    column = Column.TEXT
    transform = "a public address in full; of any other only how far it reaches, such as private or loopback"
    value: str

    def __init__(self, raw: str) -> None:
        if raw in _WORDS:
            self.value = raw
            return
        address = parsed(raw)
        reach = scope(address)
        self.value = str(address) if reach is Scope.PUBLIC else str(reach)

    @classmethod
    def fits(cls, texts: Sequence[str]) -> bool:
        return unchanged(cls, texts)
