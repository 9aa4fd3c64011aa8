"""Declarations: what an item needs, and every way in which one is refused."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Annotated, Any, Optional

import pytest

from vedette.errors import DeclarationError
from vedette.facts.kinds import Count, Name, Path, Word
from vedette.facts.privacy import NOTHING_PRIVATE
from vedette.facts.record import RESERVED, Field, Item, Platform, Record, fields_of
from vedette.statement.clauses import Purpose, clause


@dataclass(frozen=True, slots=True, kw_only=True)
class Service(Record):
    name: Annotated[Name, "the unit's name"]
    image: Annotated[Path | None, "the program that it starts"] = None
    kind: Annotated[Optional[Word], "how its process runs"] = None  # noqa: UP045 - either spelling


SERVICES = Item(
    name="services",
    clause=clause("computer.services"),
    record=Service,
    purposes=frozenset({Purpose.PROTECT, Purpose.DETECT}),
    owner="endpoint",
    reviewed=date(2026, 11, 24),
    expires=date(2028, 11, 24),
    platforms=frozenset({Platform.LINUX}),
    retention=timedelta(days=30),
)


def record(*fields: Any) -> type[Record]:
    """A record of these annotations, called a, b, … or as (name, annotation) says."""
    named = [each if isinstance(each, tuple) else ("abc"[i], each) for i, each in enumerate(fields)]
    made = type("Made", (Record,), {"__annotations__": dict(named)})
    return dataclass(frozen=True, kw_only=True)(made)


def test_fields_are_read_off_the_record_in_order() -> None:
    assert fields_of(Service) == (
        Field("name", Name, False, "the unit's name"),
        Field("image", Path, True, "the program that it starts"),
        Field("kind", Word, True, "how its process runs"),
    )


BAD_FIELDS: dict[str, Any] = {
    "no annotation but a kind": Name,
    "no kind": Annotated[str, "text"],
    "not a class": Annotated[list[Name], "several"],
    "nothing": Annotated[None, "nothing"],
    "anything": Annotated[Any, "anything"],
    "two kinds": Annotated[Name | Path, "either"],
    "two kinds or none": Annotated[Name | Path | None, "either or neither"],
    "a kind or text": Annotated[Name | str, "either"],
    "no description": Annotated[Name, Count],
    "an empty description": Annotated[Name, ""],
    "a blank description": Annotated[Name, "  "],
}


@pytest.mark.parametrize("case", BAD_FIELDS)
def test_refuses_a_field_with(case: str) -> None:
    with pytest.raises(DeclarationError):
        fields_of(record(BAD_FIELDS[case]))


@pytest.mark.parametrize("name", sorted(RESERVED))
def test_refuses_a_field_named_as_the_network_s_own_columns(name: str) -> None:
    with pytest.raises(DeclarationError):
        fields_of(record((name, Annotated[Name, "x"])))


@dataclass(frozen=True, slots=True, kw_only=True)
class Empty(Record):
    pass


class NotDecorated(Record):
    name: Annotated[Name, "x"]


BAD_ITEMS: dict[str, dict[str, Any]] = {
    "no name": {"name": ""},
    "a name in capitals": {"name": "Services"},
    "a name with a dash": {"name": "my-services"},
    "a name that begins with a digit": {"name": "7zip"},
    "a name of one letter": {"name": "s"},
    "a name too long": {"name": "s" * 41},
    "a name with a line": {"name": "services\n"},
    "the name that says what could not be read": {"name": "unread"},
    "no clause": {"clause": None},
    "a clause by its id": {"clause": "computer.services"},
    "no purpose": {"purposes": frozenset()},
    "no platform": {"platforms": frozenset()},
    "no owner": {"owner": " "},
    "an expiry before its review": {"expires": date(2026, 11, 24)},
    "no retention": {"retention": timedelta()},
    "a period of nothing": {"period": timedelta()},
    "a record without fields": {"record": Empty},
    "a record that is no dataclass": {"record": NotDecorated},
    "a field without a kind": {"record": record(Annotated[str, "text"])},
}


@pytest.mark.parametrize("case", BAD_ITEMS)
def test_refuses_an_item_with(case: str) -> None:
    with pytest.raises(DeclarationError):
        replace(SERVICES, **BAD_ITEMS[case])


def test_an_item_without_a_clause_cannot_be_written_down() -> None:
    given = {name: getattr(SERVICES, name) for name in SERVICES.__dataclass_fields__}
    del given["clause"]
    with pytest.raises(TypeError):
        Item(**given)


def test_the_terms_follow_from_the_declaration() -> None:
    name, image, kind = SERVICES.terms()
    assert (name.clause, name.item, name.field, name.kind) == (
        "computer.services",
        "services",
        "name",
        "Name",
    )
    assert name.purposes == (Purpose.DETECT, Purpose.PROTECT)
    assert name.transform == Name.transform
    assert image.transform == Path.transform
    assert kind.expires == "2028-11-24"
    assert SERVICES.tier == clause("computer.services").tier


def test_a_record_takes_nothing_back() -> None:
    made = Service(name=Name("x", NOTHING_PRIVATE))
    with pytest.raises(AttributeError):
        made.name = Name("y", NOTHING_PRIVATE)  # type: ignore[misc]
