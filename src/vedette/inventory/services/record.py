"""What is reported of a service."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from vedette.errors import ValueRefused
from vedette.facts.kinds import Name, Path, Word
from vedette.facts.privacy import PrivateNames
from vedette.facts.record import Record

SERVICES = "services"


@dataclass(frozen=True, slots=True, kw_only=True)
class Service(Record):
    name: Annotated[Name, "its name, without the part that names a user or instance"]
    kind: Annotated[
        Word | None, "how its process runs, in the words of the service's own system"
    ] = None
    start: Annotated[Word | None, "auto, demand or disabled; of Windows also boot or system"] = None
    image: Annotated[Path | None, "the program that it starts, without arguments"] = None
    library: Annotated[
        Path | None, "the library that holds it, where its program is one that runs services"
    ] = None
    account_kind: Annotated[
        Word, "system, service or user: what kind of account it runs as, never which"
    ]


def word(raw: str) -> Word | None:
    """``raw`` as a word; none where a file says something that is no word."""
    try:
        return Word(raw)
    except ValueRefused:
        return None


def account_kind(account: str, private: PrivateNames) -> str:
    """The kind of the Linux account with the name or number ``account``; an empty one is root."""
    if account in {"", "root", "0"}:
        return "system"
    # "%i" and the like take the account from an instance's name, which names a person.
    person = "%" in account or account in private.users
    return "user" if person or (account.isdecimal() and int(account) >= 1000) else "service"
