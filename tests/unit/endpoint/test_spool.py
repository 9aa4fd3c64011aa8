"""The spool loses nothing unsaid, and never gives a number to two contents."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from tests.unit.endpoint.computer import CATALOGUE, PRODUCT
from vedette.endpoint.settings import SpoolSettings
from vedette.endpoint.spool import Sealed, Spool
from vedette.endpoint.spool_tables import open_spool_database
from vedette.facts.codec import decode
from vedette.statement.clauses import Purpose, Tier
from vedette.statement.consent import Action, Consent, GrantedBy, Receipt
from vedette.statement.terms import Terms
from vedette.testing.clock import ManualClock

SCHEMAS = CATALOGUE.schemas
ALL = CATALOGUE.terms()


def consent(*tiers: Tier, terms: Terms = ALL, number: int = 1) -> Consent:
    receipt = Receipt(
        id=f"{number:032x}",
        install="0123456789abcdef" * 2,
        controller="Example",
        contact="mail@example.test",
        products=(PRODUCT,),
        purposes=(Purpose.DETECT,),
        terms=terms.digest,
        wording="0" * 64,
        tiers=tiers or (Tier.BASIC,),
        granted_by=GrantedBy.PERSON,
        action=Action.GRANT,
        time=ManualClock().now(),
        previous="",
    )
    return Consent.of(receipt, {terms.digest: terms})


BASIC = consent(Tier.BASIC)


def service(name: str) -> dict[str, Any]:
    return {"name": name, "kind": "own_process", "start": "auto", "account_kind": "system"}


def add(spool: Spool, *names: str, tier: Tier = Tier.BASIC) -> None:
    spool.add("services", tier, [service(name) for name in names])


def names(sealed: Sealed | None) -> list[str]:
    assert sealed is not None
    return [
        name
        for batch in decode(sealed.body).batches
        for name in SCHEMAS[batch.item].decode(batch)["name"]
    ]


def test_rows_leave_in_the_order_in_which_they_came(tmp_path: Path, clock: ManualClock) -> None:
    spool = Spool(open_spool_database(tmp_path / "s.db"), clock, SpoolSettings(rows_per_envelope=2))
    add(spool, "a", "b", "c")
    found = []
    while spool.seal(BASIC, SCHEMAS, PRODUCT):
        sealed = spool.pending()
        assert sealed is not None
        found.append((sealed.sequence, names(sealed)))
        spool.acknowledge(sealed.sequence)
    assert found == [(1, ["a", "b"]), (2, ["c"])]
    assert (spool.waiting(), spool.size()) == (0, 0)
    spool.database.close()


def test_an_envelope_says_on_what_it_rests(spool: Spool) -> None:
    add(spool, "a")
    assert spool.seal(BASIC, SCHEMAS, PRODUCT)
    sealed = spool.pending()
    assert sealed is not None
    envelope = decode(sealed.body)
    assert (envelope.install, envelope.product) == (BASIC.install, PRODUCT)
    assert (envelope.receipt, envelope.terms) == (BASIC.receipt_id, ALL.digest)
    assert (envelope.sequence, sealed.receipt) == (1, BASIC.receipt_id)


def test_an_envelope_stays_until_it_is_settled(spool: Spool) -> None:
    add(spool, "a")
    spool.seal(BASIC, SCHEMAS, PRODUCT)
    first = spool.pending()
    assert first == spool.pending()
    spool.refuse(1, "malformed")
    assert spool.pending() is None
    assert spool.counters() == {"spool_refused_malformed": 1}


@pytest.mark.parametrize(
    ("given", "why"),
    [
        (Consent.none(), "nothing is granted"),
        (
            consent(terms=Terms(r for r in ALL.rows if r.item != "services")),
            "the terms lack the item",
        ),
        (
            consent(terms=Terms(r for r in ALL.rows if (r.item, r.field) != ("services", "name"))),
            "the terms lack a field that a row cannot do without",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_consent_does_not_cover_is_dropped_and_counted(
    spool: Spool, given: Consent, why: str
) -> None:
    add(spool, "a", "b")
    assert not spool.seal(given, SCHEMAS, PRODUCT)
    assert spool.waiting() == 0
    assert spool.counters() == {"spool_dropped_consent": 2}


def test_fields_beyond_the_terms_stay_behind(spool: Spool) -> None:
    nullable = next(field for field in SCHEMAS["services"].item.fields if field.nullable)
    rows = (row for row in ALL.rows if (row.item, row.field) != ("services", nullable.name))
    add(spool, "a")
    assert spool.seal(consent(terms=Terms(rows)), SCHEMAS, PRODUCT)
    sealed = spool.pending()
    assert sealed is not None
    (batch,) = decode(sealed.body).batches
    assert nullable.name not in batch.fields


def test_rows_of_an_item_that_is_gone_are_dropped(spool: Spool) -> None:
    spool.add("of_another_version", Tier.BASIC, [{"a": 1}])
    add(spool, "a")
    assert spool.seal(BASIC, SCHEMAS, PRODUCT)
    assert names(spool.pending()) == ["a"]
    assert spool.counters() == {"spool_dropped_consent": 1}


def test_tiers_do_not_share_an_envelope(spool: Spool) -> None:
    both = consent(Tier.BASIC, Tier.ADDITIONAL)
    add(spool, "a")
    add(spool, "b", tier=Tier.ADDITIONAL)
    add(spool, "c")
    spool.seal(both, SCHEMAS, PRODUCT)
    spool.seal(both, SCHEMAS, PRODUCT)
    spool.clear([Tier.ADDITIONAL])
    assert names(spool.pending()) == ["a", "c"]
    assert spool.waiting() == 2


def test_it_tells_what_it_holds(spool: Spool) -> None:
    add(spool, "a")
    assert spool.holds(["detections", "services"])
    assert not spool.holds(["detections"])
    assert not spool.holds([])
    spool.seal(BASIC, SCHEMAS, PRODUCT)
    assert not spool.holds(["services"])


def test_emptying_leaves_nothing_but_the_numbers(spool: Spool) -> None:
    add(spool, "a")
    spool.seal(BASIC, SCHEMAS, PRODUCT)
    add(spool, "b")
    spool.clear()
    assert (spool.waiting(), spool.size(), spool.pending()) == (0, 0, None)
    add(spool, "c")
    spool.seal(BASIC, SCHEMAS, PRODUCT)
    sealed = spool.pending()
    assert sealed is not None
    assert sealed.sequence == 2


def test_what_is_too_old_goes(spool: Spool, clock: ManualClock) -> None:
    add(spool, "sealed")
    spool.seal(BASIC, SCHEMAS, PRODUCT)
    add(spool, "old")
    clock.advance(timedelta(days=8).total_seconds())
    add(spool, "new")
    assert spool.counters() == {"spool_dropped_age": 2}
    spool.seal(BASIC, SCHEMAS, PRODUCT)
    assert names(spool.pending()) == ["new"]


def test_what_is_too_much_goes_oldest_first(tmp_path: Path, clock: ManualClock) -> None:
    spool = Spool(open_spool_database(tmp_path / "s.db"), clock, SpoolSettings(max_bytes=60_000))
    for number in range(1000):
        add(spool, f"unit-{number}")
        assert spool.size() <= 60_000
    spool.seal(BASIC, SCHEMAS, PRODUCT)
    kept = names(spool.pending())
    assert kept == [f"unit-{number}" for number in range(1000 - len(kept), 1000)]
    assert spool.counters() == {"spool_dropped_size": 1000 - len(kept)}
    spool.database.close()


def test_rows_that_are_too_large_together_travel_apart(tmp_path: Path, clock: ManualClock) -> None:
    spool = Spool(open_spool_database(tmp_path / "s.db"), clock, SpoolSettings())
    noise = iter(range(10**9))

    def large() -> dict[str, Any]:
        files = [
            {
                "name": "".join(chr(0x4E00 + hash((next(noise), i)) % 20000) for i in range(260)),
                "size": 1,
                "hash": None,
                "place": None,
            }
            for _ in range(64)
        ]
        return {"threat": "EICAR", "time": 1, "files": files}

    spool.add("detections", Tier.BASIC, [large() for _ in range(60)])
    rows = 0
    while spool.seal(BASIC, SCHEMAS, PRODUCT):
        sealed = spool.pending()
        assert sealed is not None
        rows += sealed.rows
        spool.acknowledge(sealed.sequence)
    assert rows == 60
    assert spool.counters() == {}
    spool.database.close()


def test_counting_is_seen_by_all_who_share_the_spool(tmp_path: Path, clock: ManualClock) -> None:
    one, other = (
        Spool(open_spool_database(tmp_path / "s.db"), clock, SpoolSettings()) for _ in range(2)
    )
    one.count("launches_gone", 2)
    other.count("launches_gone", 3)
    assert one.counters() == {"launches_gone": 2}
    assert other.counters() == {"launches_gone": 5}
    one.database.close()
    other.database.close()


class SpoolMachine(RuleBasedStateMachine):
    """Whatever is done in whatever order: every row is in one place, or counted, and numbers only grow."""

    folder: Path
    serial = 0

    @initialize()
    def begin(self) -> None:
        self.clock = ManualClock()
        type(self).serial += 1
        self.path = self.folder / f"{type(self).serial}.db"
        self.spool = self.opened()
        self.added = self.acknowledged = self.cleared = 0
        self.bodies: dict[int, bytes] = {}

    def opened(self) -> Spool:
        settings = SpoolSettings(max_bytes=2000, max_age=timedelta(hours=1), rows_per_envelope=3)
        return Spool(open_spool_database(self.path), self.clock, settings)

    @rule(number=st.integers(1, 5), tier=st.sampled_from(Tier))
    def add(self, number: int, tier: Tier) -> None:
        add(self.spool, *(f"unit-{self.added + n}" for n in range(number)), tier=tier)
        self.added += number

    @rule(given=st.sampled_from([BASIC, consent(Tier.BASIC, Tier.ADDITIONAL), Consent.none()]))
    def seal(self, given: Consent) -> None:
        before = max(self.bodies, default=0)
        if self.spool.seal(given, SCHEMAS, PRODUCT):
            (sequence, body) = self.spool.database.row(
                "SELECT sequence, body FROM outbox ORDER BY sequence DESC LIMIT 1"
            )
            assert sequence > before
            self.bodies[sequence] = body

    @precondition(lambda self: self.spool.pending() is not None)
    @rule(refused=st.booleans())
    def settle(self, refused: bool) -> None:
        sealed = self.spool.pending()
        assert sealed is not None
        assert self.bodies[sealed.sequence] == sealed.body
        if refused:
            self.spool.refuse(sealed.sequence, "malformed")
        else:
            self.spool.acknowledge(sealed.sequence)
            self.acknowledged += sealed.rows

    @rule(tiers=st.sampled_from([list(Tier), [Tier.ADDITIONAL]]))
    def clear(self, tiers: list[Tier]) -> None:
        before = self.spool.waiting()
        self.spool.clear(tiers)
        self.cleared += before - self.spool.waiting()

    @rule(minutes=st.integers(1, 45))
    def wait(self, minutes: int) -> None:
        self.clock.advance(minutes * 60)

    @rule()
    def reopen(self) -> None:
        self.spool.counters()
        self.spool.database.close()
        self.spool = self.opened()

    @invariant()
    def every_row_is_accounted_for(self) -> None:
        if not hasattr(self, "spool"):
            return
        dropped = sum(self.spool.counters().values())
        settled = self.acknowledged + self.cleared + dropped
        assert self.spool.waiting() == self.added - settled
        assert self.spool.size() <= 2000

    def teardown(self) -> None:
        if hasattr(self, "spool"):
            self.spool.database.close()


@pytest.fixture
def machine(tmp_path: Path) -> type[SpoolMachine]:
    SpoolMachine.folder = tmp_path
    return SpoolMachine


def test_every_row_is_accounted_for(machine: type[SpoolMachine]) -> None:
    from hypothesis import settings
    from hypothesis.stateful import run_state_machine_as_test

    run_state_machine_as_test(
        machine, settings=settings(max_examples=40, stateful_step_count=30, deadline=None)
    )
