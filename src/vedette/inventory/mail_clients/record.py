"""What is told of a mail client."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Final

from vedette.facts.kinds import Name, Version
from vedette.facts.record import Record

MAIL_CLIENTS: Final = "mail_clients"


@dataclass(frozen=True, slots=True, kw_only=True)
class MailClient(Record):
    name: Annotated[Name, "its name"]
    id: Annotated[Name | None, "the name that the system knows it by: its package or registration"]
    version: Annotated[Version | None, "the version that is installed"] = None
    publisher: Annotated[Name | None, "who made it"] = None
