"""Readers that look at each view of the Windows registry."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated

from vedette.errors import Unreadable
from vedette.facts.kinds import Name
from vedette.facts.record import Platform, Record
from vedette.host import Host
from vedette.host.com_classes import View
from vedette.host.registry import Hive
from vedette.inventory import Unread, views
from vedette.testing.host import FakeHost
from vedette.testing.registry import FakeHive, FakeRegistry


@dataclass(frozen=True, slots=True, kw_only=True)
class Thing(Record):
    name: Annotated[Name, "its name"]


def things(host: Host, view: View) -> Iterator[Record | Unread]:
    key = view.hive.key(rf"{view.software}\Things")
    for value in key.values if key else ():
        yield Thing(name=Name(value.name, host.private))


def found(machine: FakeHive, people: Sequence[Hive] = ()) -> list[str]:
    host = FakeHost(platform=Platform.WINDOWS, registry=FakeRegistry(machine, people))
    return [
        each.name.value if isinstance(each, Thing) else each.reason
        for each in views("things", host, things)
        if isinstance(each, Thing | Unread)
    ]


MACHINE = FakeHive(
    {
        r"SOFTWARE\Things": {"both": 1, "native": 1},
        r"SOFTWARE\WOW6432Node\Things": {"both": 1, "small": 1},
    }
)
PERSON = FakeHive({r"Software\Things": {"both": 1, "own": 1}})
LOCKED = FakeHive(refused=["Software"])


def test_each_view_is_looked_at_and_each_thing_told_once() -> None:
    assert found(MACHINE, [PERSON, PERSON]) == ["both", "native", "small", "own"]


def test_a_hive_that_cannot_be_read_costs_only_itself() -> None:
    assert found(MACHINE, [LOCKED, LOCKED, PERSON]) == [
        "both",
        "native",
        "small",
        "not permitted",
        "own",
    ]


def test_users_that_cannot_be_told() -> None:
    class Locked(FakeRegistry):
        def users(self) -> Sequence[Hive]:
            raise Unreadable("not permitted")

    host = FakeHost(platform=Platform.WINDOWS, registry=Locked(MACHINE))
    first, *rest = views("things", host, things)
    assert first == Unread("things", "not permitted")
    assert len(rest) == 3
