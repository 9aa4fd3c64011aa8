"""Attacks: the first at once, the rest counted; none lost, none twice, and never too much."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.unit.endpoint.computer import Computer
from vedette.activity.attacks import ATTACKS, attack
from vedette.endpoint.attack_counts import AttackCounts
from vedette.endpoint.settings import AttackSettings
from vedette.errors import ConsentMissing
from vedette.testing.clock import ManualClock

MINUTE = 60.0


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def computer(tmp_path: Path, clock: ManualClock) -> Computer:
    computer = Computer(tmp_path / "computer", clock)
    computer.join()
    computer.grant()
    return computer


def counts(computer: Computer, most: int = 4096) -> AttackCounts:
    return AttackCounts(
        computer.intake, computer.spool.database, computer.clock, AttackSettings(most=most)
    )


def rows(computer: Computer) -> list[dict[str, Any]]:
    found = computer.spool.database.rows(
        "SELECT body FROM rows WHERE item = ? ORDER BY id", ATTACKS
    )
    return [msgspec.msgpack.decode(body) for (body,) in found]


def dropped(computer: Computer) -> int:
    return computer.spool.counters().get("attacks_dropped", 0)


def test_the_first_is_reported_at_once_and_the_rest_as_one(
    computer: Computer, clock: ManualClock
) -> None:
    taken = counts(computer)
    for _ in range(5):
        taken.take(attack("203.0.113.7", 22, "tcp", "login_failed", clock.now(), "sshd"))
        clock.advance(1)
    assert [row["count"] for row in rows(computer)] == [1]
    clock.advance(MINUTE)
    taken.flush()
    assert [row["count"] for row in rows(computer)] == [1, 4]
    first, rest = rows(computer)
    assert rest["time"] - first["time"] == 4
    assert {name: first[name] for name in ("source", "port", "product")} == {
        name: rest[name] for name in ("source", "port", "product")
    }


def test_what_comes_no_more_is_forgotten_and_reported_at_once_when_it_comes_again(
    computer: Computer, clock: ManualClock
) -> None:
    taken = counts(computer)
    for _ in range(3):
        taken.take(attack("203.0.113.7", 22, "tcp", "scan", clock.now()))
        clock.advance(2 * MINUTE)
        taken.flush()
    assert [row["count"] for row in rows(computer)] == [1, 1, 1]


def test_a_thousand_from_one_address_are_one_row_a_minute(
    computer: Computer, clock: ManualClock
) -> None:
    taken = counts(computer)
    for _ in range(3):
        for _ in range(1000):
            taken.take(attack("203.0.113.7", 22, "tcp", "scan", clock.now()))
        clock.advance(2 * MINUTE)
        taken.flush()
    assert [row["count"] for row in rows(computer)] == [1, 999, 1000, 1000]


def test_more_addresses_than_can_be_told_apart_are_counted_as_dropped(
    computer: Computer, clock: ManualClock
) -> None:
    taken = counts(computer, most=10)
    for number in range(100):
        taken.take(attack(f"203.0.113.{number + 1}", 22, "tcp", "scan", clock.now()))
    assert len(rows(computer)) == 10
    assert dropped(computer) == 90


def test_without_consent_nothing_is_kept(tmp_path: Path, clock: ManualClock) -> None:
    computer = Computer(tmp_path / "silent", clock)
    taken = counts(computer)
    one = attack("203.0.113.7", 22, "tcp", "scan", clock.now())
    taken.take(one)
    assert computer.spool.database.rows("SELECT * FROM attack_counts") == []
    with pytest.raises(ConsentMissing, match="attacks"):
        taken.observed(one)


def test_a_withdrawal_empties_what_was_counted(computer: Computer, clock: ManualClock) -> None:
    taken = counts(computer)
    for _ in range(2):
        taken.take(attack("203.0.113.7", 22, "tcp", "scan", clock.now()))
    computer.spool.clear()
    clock.advance(2 * MINUTE)
    taken.flush()
    assert rows(computer) == []


def test_a_clock_set_back_does_not_stop_the_reports(computer: Computer, clock: ManualClock) -> None:
    taken = counts(computer)
    clock.advance(400 * 86_400)
    for _ in range(2):
        taken.take(attack("203.0.113.7", 22, "tcp", "scan", clock.now()))
    clock.advance(-400 * 86_400)
    taken.flush()
    assert [row["count"] for row in rows(computer)] == [1, 1]


STEPS = st.lists(
    st.one_of(
        st.tuples(st.integers(1, 6), st.integers(1, 3), st.integers(1, 50)),
        st.integers(0, 90),
        st.just("restart"),
    ),
    max_size=40,
)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
def test_every_attack_is_reported_or_counted_as_dropped_once(
    steps: list[Any], tmp_path_factory: pytest.TempPathFactory
) -> None:
    clock = ManualClock()
    computer = Computer(tmp_path_factory.mktemp("attacks") / "computer", clock)
    computer.join()
    computer.grant()
    taken, sent = counts(computer, most=4), Counter[tuple[str, int]]()
    for step in steps:
        match step:
            case "restart":
                taken = counts(computer, most=4)
            case int(seconds):
                clock.advance(seconds)
                taken.flush()
            case (host, port, count):
                source = f"203.0.113.{host}"
                taken.take(attack(source, port, "tcp", "scan", clock.now(), count=count))
                sent[source, port] += count
    for _ in range(3):
        clock.advance(2 * MINUTE)
        taken.flush()
    told = Counter[tuple[str, int]]()
    for row in rows(computer):
        told[row["source"], row["port"]] += row["count"]
    assert told.total() + dropped(computer) == sent.total()
    assert all(told[key] <= sent[key] for key in told)
    assert computer.spool.database.rows("SELECT * FROM attack_counts") == []
