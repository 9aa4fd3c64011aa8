"""How a collected thing is declared: a record of kinds, and the item that says under which clause it may leave.

::

    @dataclass(frozen=True, slots=True, kw_only=True)
    class Service(Record):
        name: Annotated[Name, "the unit's name"]
        image: Annotated[Path | None, "the program it starts"] = None

Codec, lake columns, documents and terms are derived from this; nothing restates it.
"""

from __future__ import annotations

import re
import types
import typing
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from functools import cached_property
from typing import Annotated, Any, ClassVar, Union

from vedette.errors import DeclarationError
from vedette.facts.kinds import Kind
from vedette.statement.clauses import Clause, Purpose, Tier
from vedette.statement.terms import Term

_ITEM_NAME = re.compile(r"[a-z][a-z0-9_]{1,39}")
# What ``vedette inventory`` says of an item that could not be read.
_TAKEN = frozenset({"unread"})
# What the network adds to every row; a field of this name could not be told from it.
RESERVED = frozenset({"install", "sequence", "row", "received", "day", "change", "item"})


class Platform(StrEnum):
    LINUX = "linux"
    WINDOWS = "windows"


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """The base of all records: frozen dataclasses whose fields are kinds."""


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a record, as declared."""

    name: str
    kind: type[Kind]
    nullable: bool
    description: str


def fields_of(record: type[Record]) -> tuple[Field, ...]:
    """The fields of ``record`` in order. Raises ``DeclarationError`` for a field without a kind or a description."""
    hints = typing.get_type_hints(record, include_extras=True)
    return tuple(_field(record, name, hints[name]) for name in record.__dataclass_fields__)


def _field(record: type[Record], name: str, hint: Any) -> Field:
    if typing.get_origin(hint) is not Annotated:
        raise _wrong(record, name, "has no description", "write Annotated[Kind, 'what it is']")
    declared, *notes = typing.get_args(hint)
    kinds = (
        typing.get_args(declared)
        if typing.get_origin(declared) in {Union, types.UnionType}
        else (declared,)
    )
    nullable = types.NoneType in kinds
    (kind, *more) = [k for k in kinds if k is not types.NoneType] or [types.NoneType]
    if more or not (isinstance(kind, type) and issubclass(kind, Kind)):
        raise _wrong(
            record, name, "is not of one kind", "use a kind of vedette.facts.kinds, or it and None"
        )
    if not notes or not isinstance(notes[0], str) or not notes[0].strip():
        raise _wrong(record, name, "has no description", "say in one line what it is")
    if name in RESERVED:
        raise _wrong(record, name, "has a reserved name", "choose another")
    return Field(name, kind, nullable, notes[0])


def _wrong(record: type[Record], name: str, what: str, advice: str) -> DeclarationError:
    return DeclarationError(f"field {record.__name__}.{name} {what}", advice)


@dataclass(frozen=True, kw_only=True)
class Item:
    """One collected thing. ``period``: how often it is read again (``None``: as it happens); ``retention``: how
    long the network keeps it; after ``expires`` the agent no longer collects it, until somebody has reviewed it
    again.
    """

    name: str
    clause: Clause
    record: type[Record]
    purposes: frozenset[Purpose]
    owner: str
    reviewed: date
    expires: date
    platforms: frozenset[Platform]
    retention: timedelta
    period: timedelta | None = None
    standing: ClassVar[bool] = False
    """Whether the rows say how things stand, so that only what has changed is told again, or what happened."""

    def __post_init__(self) -> None:
        if not _ITEM_NAME.fullmatch(self.name) or self.name in _TAKEN:
            raise DeclarationError(
                "an item's name is taken, or not lower-case words joined by _", "rename it"
            )
        if not isinstance(self.clause, Clause):
            raise DeclarationError(
                f"item {self.name} rests on no clause", "name a clause of the statement"
            )
        if not self.purposes:
            raise DeclarationError(
                f"item {self.name} has no purpose", "name at least one of the statement's"
            )
        if self.expires <= self.reviewed:
            raise DeclarationError(
                f"item {self.name} expires before its review", "set a later expiry"
            )
        if not self.platforms or not self.owner.strip():
            raise DeclarationError(
                f"item {self.name} has no platform or no owner",
                "say where it is read and who answers",
            )
        spans = [self.retention] if self.period is None else [self.retention, self.period]
        if min(spans) <= timedelta():
            raise DeclarationError(
                f"item {self.name} is kept or read again after no time", "set a longer one"
            )
        if not self.fields:
            raise DeclarationError(f"item {self.name} has no field", "declare what it reports")

    @cached_property
    def fields(self) -> tuple[Field, ...]:
        return fields_of(self.record)

    @property
    def tier(self) -> Tier:
        return self.clause.tier

    def terms(self) -> tuple[Term, ...]:
        """The rows of the terms that this item asks people to agree to, one a field."""
        return tuple(
            Term(
                clause=self.clause.id,
                item=self.name,
                field=field.name,
                kind=field.kind.__name__,
                transform=field.kind.transform,
                purposes=tuple(sorted(self.purposes)),
                expires=self.expires.isoformat(),
            )
            for field in self.fields
        )
