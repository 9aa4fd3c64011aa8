"""What waits is sent when it may be, once, and never when it may not."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from tests.unit.endpoint.computer import CATALOGUE, PRODUCT, Computer
from tests.unit.endpoint.network import Got, Reply, problem
from tests.unit.endpoint.test_spool import add
from vedette.endpoint.uplink import TURNED_AWAY
from vedette.errors import Unreachable
from vedette.statement.clauses import Tier
from vedette.wire import protocol
from vedette.wire.protocol import RefusedItem
from vedette.wire.refusals import Refusal

GONE = Unreachable("the network cannot be reached", "try again")


@pytest.fixture
def member(computer: Computer) -> Computer:
    """A computer that has granted basic reports; what it sent for that is forgotten."""
    computer.join()
    computer.grant()
    computer.net.got.clear()
    computer.net.connections = 0
    return computer


def nothing(computer: Computer) -> None:
    pass


def joined(computer: Computer) -> None:
    computer.join()


def protected(computer: Computer) -> None:
    computer.join()
    computer.switch.turn_on()


def withdrawn(computer: Computer) -> None:
    computer.join()
    computer.grant()
    computer.withdraw()


def turned_away(computer: Computer) -> None:
    computer.join()
    computer.grant()
    computer.membership.turned_away(Refusal.ERASED_INSTALL)


def broken_ledger(computer: Computer) -> None:
    computer.join()
    computer.grant()
    computer.folder.write("consent.jsonl", b"nonsense\n")


@pytest.mark.parametrize(
    "state", [nothing, joined, protected, withdrawn, turned_away, broken_ledger]
)
def test_without_consent_not_a_byte_is_sent(
    computer: Computer, state: Callable[[Computer], None]
) -> None:
    state(computer)
    computer.net.connections = 0
    add(computer.spool, "a")
    for _ in range(3):
        computer.uplink.round()
        computer.clock.advance(3600)
    assert computer.net.connections == 0


@pytest.mark.parametrize("tier", list(Tier))
def test_a_row_is_sent_with_its_tier_and_not_without(member: Computer, tier: Tier) -> None:
    add(member.spool, "a", tier=tier)
    member.uplink.round()
    assert len(member.net.envelopes()) == (1 if tier is Tier.BASIC else 0)
    assert member.spool.counters() == ({} if tier is Tier.BASIC else {"spool_dropped_consent": 1})


def test_nothing_waiting_means_no_connection(member: Computer) -> None:
    assert member.uplink.round().sent == 0
    assert member.net.connections == 0


def test_everything_that_waits_goes_over_one_connection(member: Computer) -> None:
    for number in range(3):
        add(member.spool, *(f"unit-{number}-{n}" for n in range(500)))
    done = member.uplink.round()
    assert (done.sent, done.done, done.wait) == (3, True, 60.0)
    assert [envelope.sequence for envelope in member.net.envelopes()] == [1, 2, 3]
    assert member.net.connections == 1
    assert member.spool.waiting() == 0


def test_each_attempt_is_signed_afresh(member: Computer) -> None:
    add(member.spool, "a")
    member.net.script = [problem(Refusal.BUSY)] * 2
    for _ in range(3):
        member.uplink.round()
    got = [g for g in member.net.got if g.target == protocol.ENVELOPES]
    assert len({g.body for g in got}) == 1
    assert len({g.headers["signature-input"] for g in got}) == 3


def test_a_withdrawal_between_two_envelopes_stops_the_second(member: Computer) -> None:
    add(member.spool, *(f"unit-{n}" for n in range(1000)))

    def withdraw(got: Got) -> Reply:
        other = Computer(member.folder.path, member.clock, member.net)
        other.withdraw()
        other.close()
        return 202, {}, b'{"sequence":1,"accepted":{},"refused":[]}'

    member.net.script = [withdraw]
    member.uplink.round()
    assert len(member.net.envelopes()) == 1


def test_a_withdrawal_while_connecting_stops_the_first(member: Computer) -> None:
    add(member.spool, "a")
    transport = member.net.transport

    class Slow:
        def __init__(self, ca: str | None) -> None:
            self.inner = transport(ca)

        def connect(self, origin: object) -> object:
            stream = self.inner.connect(origin)  # type: ignore[arg-type]
            other = Computer(member.folder.path, member.clock, member.net)
            other.net.script = []
            other.withdraw()
            other.close()
            return stream

    member.network._transports = Slow  # type: ignore[assignment]
    member.uplink.round()
    assert member.net.envelopes() == []
    assert "withheld" in {entry.failure for entry in member.sent.entries()}


def test_after_a_crash_between_ledger_and_spool_nothing_is_sent(member: Computer) -> None:
    add(member.spool, "sealed")
    member.spool.seal(member.membership.consent(), CATALOGUE.schemas, PRODUCT)
    add(member.spool, "loose")
    with member.folder.changing():
        ledger = member.membership.identity.ledger()
        from vedette.statement.consent import GrantedBy

        receipt = ledger.withdraw(Tier.BASIC, GrantedBy.PERSON, member.clock.now())
        member.membership.identity.write(ledger, receipt)
    member.uplink.round()
    assert member.net.envelopes() == []
    assert member.spool.waiting() == 0
    assert member.net.paths() == ["/v1/consent"]


def test_nothing_is_sent_before_the_receipt_is_acknowledged(member: Computer) -> None:
    member.net.script = [GONE]
    member.grant(Tier.ADDITIONAL)
    add(member.spool, "a")
    member.net.script = [GONE]
    member.net.got.clear()
    member.uplink.round()
    assert member.net.envelopes() == []
    member.uplink.round()
    assert member.net.paths()[-2:] == ["/v1/consent", "/v1/envelopes"]


def test_an_envelope_of_the_receipt_before_goes_before_the_next_is_announced(
    member: Computer,
) -> None:
    add(member.spool, "a")
    member.net.script = [GONE]
    member.uplink.round()
    member.net.script = [GONE]
    member.grant(Tier.ADDITIONAL)
    member.net.got.clear()
    member.uplink.round()
    assert member.net.paths() == ["/v1/envelopes", "/v1/consent"]


@pytest.mark.parametrize(
    "reason",
    [
        Refusal.MALFORMED,
        Refusal.TRUNCATED,
        Refusal.SEQUENCE_REUSED,
        Refusal.TOO_LARGE,
        Refusal.BOMB,
    ],
)
def test_what_is_never_taken_is_dropped_and_counted(member: Computer, reason: Refusal) -> None:
    add(member.spool, *(f"unit-{n}" for n in range(501)))
    member.net.script = [problem(reason)]
    done = member.uplink.round()
    assert (done.sent, done.done) == (1, True)
    assert member.spool.counters() == {f"spool_refused_{reason}": 500}


@pytest.mark.parametrize(
    "reason",
    [
        Refusal.BAD_SIGNATURE,
        Refusal.UNSIGNED,
        Refusal.UNKNOWN_TERMS,
        Refusal.NO_CONSENT,
        Refusal.BUSY,
    ],
)
def test_what_may_be_taken_later_stays(member: Computer, reason: Refusal) -> None:
    add(member.spool, "a")
    member.net.script = [problem(reason)]
    assert not member.uplink.round().done
    assert member.spool.waiting() == 1
    assert member.spool.counters() == {f"uplink_refused_{reason}": 1}
    assert member.uplink.round().sent == 1


@pytest.mark.parametrize("reason", [Refusal.NO_CONSENT, Refusal.RECEIPT_MISMATCH])
def test_a_receipt_that_the_network_lost_is_announced_again(
    member: Computer, reason: Refusal
) -> None:
    add(member.spool, "a")
    member.net.script = [problem(reason)]
    member.uplink.round()
    member.net.got.clear()
    member.uplink.round()
    assert member.net.paths() == ["/v1/consent", "/v1/envelopes"]


def test_an_envelope_of_a_receipt_long_gone_is_dropped(member: Computer) -> None:
    add(member.spool, "a")
    member.net.script = [GONE]
    member.uplink.round()
    member.grant(Tier.ADDITIONAL)
    member.net.script = [problem(Refusal.RECEIPT_MISMATCH)]
    assert member.uplink.round().done
    assert member.spool.waiting() == 0
    assert member.spool.counters()["spool_refused_receipt_mismatch"] == 1


@pytest.mark.parametrize("reason", sorted(TURNED_AWAY))
def test_who_is_turned_away_stops_and_says_so(member: Computer, reason: Refusal) -> None:
    add(member.spool, "a")
    member.net.script = [problem(reason)]
    member.uplink.round()
    standing = member.membership.identity.standing
    assert standing is not None
    assert standing.reason == reason
    member.net.connections = 0
    member.uplink.round()
    assert member.net.connections == 0


def test_a_wrong_clock_is_corrected_once(member: Computer) -> None:
    add(member.spool, "a")
    right = member.clock.now() + timedelta(hours=3)
    member.net.script = [problem(Refusal.STALE, server_time=right.isoformat())]
    assert member.uplink.round().sent == 1
    created = [
        g.headers["signature-input"].split("created=")[1].split(";")[0] for g in member.net.got
    ]
    assert int(created[1]) - int(created[0]) == 3 * 3600
    add(member.spool, "b")
    member.uplink.round()
    assert len(member.net.got) == 3


def test_a_clock_that_cannot_be_corrected_waits(member: Computer) -> None:
    add(member.spool, "a")
    now = member.clock.now().isoformat()
    member.net.script = [problem(Refusal.STALE, server_time=now)] * 2
    assert not member.uplink.round().done
    assert len(member.net.got) == 2
    assert member.spool.waiting() == 1


def test_a_nonce_used_up_by_an_attempt_that_broke_off_is_replaced(member: Computer) -> None:
    add(member.spool, "a")
    member.net.script = [problem(Refusal.REPLAYED)]
    assert member.uplink.round().sent == 1


@pytest.mark.parametrize(("asked", "least"), [("120", 120.0), ("99999999", 3600.0)])
def test_the_network_can_ask_for_time(member: Computer, asked: str, least: float) -> None:
    add(member.spool, "a")
    member.net.script = [problem(Refusal.BUSY, Retry_After=asked)]
    assert least <= member.uplink.round().wait <= least + 1


def test_unreachable_means_waiting_longer_and_longer_until_it_works(member: Computer) -> None:
    add(member.spool, "a")
    member.net.reachable = False
    waits = [member.uplink.round().wait for _ in range(14)]
    assert all(wait <= min(2.0**number, 3600) for number, wait in enumerate(waits))
    assert max(waits) > 60
    member.net.reachable = True
    assert member.uplink.round().wait == 60.0
    member.net.reachable = False
    add(member.spool, "b")
    assert member.uplink.round().wait <= 1.0
    assert member.spool.counters()["uplink_unreached"] == 15


def test_an_answer_lost_means_the_same_bytes_again(member: Computer) -> None:
    add(member.spool, "a")
    member.net.script = [GONE]
    member.uplink.round()
    add(member.spool, "b")
    member.uplink.round()
    bodies = [got.body for got in member.net.got]
    assert bodies[0] == bodies[1]
    assert [envelope.sequence for envelope in member.net.envelopes()] == [1, 1, 2]


def test_what_the_network_left_out_is_counted_by_reason(member: Computer) -> None:
    add(member.spool, "a", "b", "c")
    member.net.refused = [
        RefusedItem("services", "private_name", 2),
        RefusedItem("services", "a word of its own", 1 << 70),
    ]
    member.uplink.round()
    assert member.spool.counters() == {
        "network_refused_private_name": 2,
        "network_refused_other": 3,
    }


@pytest.mark.parametrize("reply", [(202, {}, b"?"), (200, {}, b"{}")])
def test_what_is_taken_is_taken_whatever_else_the_answer_says(
    member: Computer, reply: Reply
) -> None:
    add(member.spool, "a")
    member.net.script = [reply]
    assert member.uplink.round().sent == 1
    assert member.spool.waiting() == 0


def test_an_answer_that_says_neither_is_no_acknowledgement(member: Computer) -> None:
    add(member.spool, "a")
    member.net.script = [(302, {"location": "http://elsewhere.test"}, b"")]
    assert not member.uplink.round().done
    assert member.spool.waiting() == 1
