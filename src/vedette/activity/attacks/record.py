"""What is told of an attack over the network."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Final

from vedette.errors import ValueRefused
from vedette.facts.kinds import Count, Moment, Name, Word
from vedette.facts.privacy import NOTHING_PRIVATE, PrivateNames
from vedette.facts.record import Record
from vedette.facts.remote import RemoteAddress

ATTACKS: Final = "attacks"
_PORTS: Final = 65_535


@dataclass(frozen=True, slots=True, kw_only=True)
class Attack(Record):
    source: Annotated[RemoteAddress, "the address of the attacking computer"]
    port: Annotated[
        Count | None, "the port attacked; of a service known only by its name, its usual one"
    ] = None
    protocol: Annotated[Word, "tcp, udp, icmp or another"]
    kind: Annotated[Word, "what kind of attack, in the words of what noticed it"]
    time: Annotated[Moment, "when; of several, when the last of them was"]
    count: Annotated[Count, "how many of the same kind"]
    product: Annotated[Name | None, "what noticed it"] = None


def attack(
    source: str,
    port: int | None,
    protocol: str,
    kind: str,
    time: datetime,
    product: str | None = None,
    count: int = 1,
    private: PrivateNames = NOTHING_PRIVATE,
) -> Attack:
    """The record of an attack; ``private`` are the names that must not be in that of a ``product`` that somebody gave.

    Raises ``ValueRefused`` for an address, a port, a protocol or a kind that is none.
    """
    if port is not None and not 0 < port <= _PORTS:
        raise ValueRefused("a port is out of range", "give one from 1 to 65535")
    if count < 1:
        raise ValueRefused("there is no attack", "count at least one")
    return Attack(
        source=RemoteAddress(source),
        port=None if port is None else Count(port),
        protocol=Word(protocol.lower()),
        kind=Word(kind),
        time=Moment(time),
        count=Count(count),
        product=Name(product, private) if product else None,
    )
