"""Joining, granting and withdrawing: what is sent when, and what is kept."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from tests.unit.endpoint.computer import Computer
from tests.unit.endpoint.network import INSTALL, FakeNetwork, problem
from tests.unit.endpoint.test_spool import add
from vedette.endpoint.identity import Standing
from vedette.endpoint.state_folder import ANNOUNCED, KEY, LEDGER
from vedette.errors import (
    CertificateInvalid,
    ConfigurationError,
    ConsentMissing,
    LedgerBroken,
    NetworkRefused,
    NotJoined,
    StatementMismatch,
    Unreachable,
)
from vedette.statement.clauses import Tier
from vedette.statement.consent import GrantedBy, open_receipt
from vedette.wire.refusals import Refusal


def announced(computer: Computer) -> bool:
    return computer.membership.announced


def protected(computer: Computer) -> bool:
    return computer.switch.on


def standing(computer: Computer) -> Standing | None:
    return computer.membership.identity.standing


def asks_for_a_client(computer: Computer) -> None:
    computer.membership.client()


def test_joining_sends_nothing_and_makes_no_key(computer: Computer) -> None:
    joined = computer.membership.join(f"  {computer.net.join_string().encode()}\n")
    assert joined == computer.net.join_string()
    assert computer.net.connections == 0
    assert computer.sent.entries() == []
    assert not computer.folder.has(KEY)
    assert computer.membership.consent().tiers == frozenset()
    assert announced(computer)


def test_what_is_no_join_string_is_not_kept(computer: Computer) -> None:
    with pytest.raises(ConfigurationError):
        computer.membership.join("vedette1.abc")
    with pytest.raises(NotJoined):
        _ = computer.network.join


@pytest.mark.parametrize("act", [Computer.grant, Computer.withdraw, asks_for_a_client])
def test_who_has_not_joined_is_told_so(
    computer: Computer, act: Callable[[Computer], object]
) -> None:
    with pytest.raises(NotJoined):
        act(computer)
    assert computer.net.connections == 0


def test_the_first_grant_registers_and_announces(computer: Computer) -> None:
    computer.join()
    receipt = computer.grant()
    assert computer.net.paths() == ["/v1/authority", "/v1/installs", "/v1/consent"]
    sent = open_receipt(computer.net.got[-1].body, computer.net.keys[INSTALL])
    assert sent == receipt
    assert (receipt.install, receipt.controller, receipt.tiers) == (
        INSTALL,
        "Example",
        (Tier.BASIC,),
    )
    assert computer.membership.consent().allows(Tier.BASIC)
    assert not computer.membership.consent().allows(Tier.ADDITIONAL)
    assert announced(computer)


def test_only_the_authority_is_fetched_unverified(computer: Computer) -> None:
    computer.join()
    computer.grant()
    assert computer.net.trusted[0] is None
    assert set(computer.net.trusted[1:]) == {computer.net.authority.pem}


def test_another_authority_than_the_join_string_names_is_not_believed(computer: Computer) -> None:
    other = FakeNetwork(computer.clock)
    computer.membership.join(other.join_string().encode())
    with pytest.raises(CertificateInvalid):
        computer.grant()
    assert computer.net.paths() == ["/v1/authority"]


def test_the_second_grant_registers_no_more(computer: Computer) -> None:
    computer.join()
    computer.grant()
    computer.net.got.clear()
    receipt = computer.grant(Tier.ADDITIONAL)
    assert computer.net.paths() == ["/v1/consent"]
    assert receipt.tiers == (Tier.BASIC, Tier.ADDITIONAL)


def test_other_terms_than_the_current_are_not_agreed_to(computer: Computer) -> None:
    computer.join()
    with pytest.raises(StatementMismatch, match="consent show"):
        computer.membership.grant(Tier.BASIC, "0" * 64, GrantedBy.PERSON)
    assert computer.net.connections == 0


def test_additional_needs_basic(computer: Computer) -> None:
    computer.join()
    with pytest.raises(ConsentMissing):
        computer.grant(Tier.ADDITIONAL)
    assert not computer.folder.has(LEDGER)


def test_a_registration_that_failed_goes_on_with_the_same_key(computer: Computer) -> None:
    computer.join()
    computer.net.script = [Unreachable("gone", "try again")]
    with pytest.raises(Unreachable):
        computer.grant()
    key = computer.folder.read(KEY)
    assert not computer.folder.has(LEDGER)
    computer.grant()
    assert computer.folder.read(KEY) == key


@pytest.mark.parametrize(
    "trouble", [Unreachable("gone", "try again"), problem(Refusal.BUSY, Retry_After="1")]
)
def test_a_grant_that_cannot_be_announced_now_is_announced_later(
    computer: Computer, trouble: Exception | tuple[int, dict[str, str], bytes]
) -> None:
    computer.join()
    computer.grant()
    computer.net.script = [trouble]
    receipt = computer.grant(Tier.ADDITIONAL)
    assert computer.membership.consent().receipt == receipt
    assert not announced(computer)
    computer.membership.announce()
    assert announced(computer)
    assert computer.folder.read(ANNOUNCED) == receipt.id.encode()


def test_a_grant_that_the_network_does_not_take_says_so(computer: Computer) -> None:
    computer.join()
    computer.grant()
    computer.net.script = [problem(Refusal.UNKNOWN_TERMS)]
    with pytest.raises(NetworkRefused, match="unknown_terms"):
        computer.grant(Tier.ADDITIONAL)
    assert not announced(computer)


def test_a_withdrawal_holds_at_once_whatever_the_network_says(computer: Computer) -> None:
    computer.join()
    computer.grant()
    add(computer.spool, "a")
    computer.net.reachable = False
    computer.withdraw()
    assert not computer.membership.consent().allows(Tier.BASIC)
    assert computer.spool.waiting() == 0
    assert not announced(computer)
    computer.net.reachable = True
    computer.membership.announce()
    assert announced(computer)


def test_withdrawing_additional_leaves_basic(computer: Computer) -> None:
    computer.join()
    computer.grant()
    computer.grant(Tier.ADDITIONAL)
    add(computer.spool, "a")
    add(computer.spool, "b", tier=Tier.ADDITIONAL)
    assert computer.withdraw(Tier.ADDITIONAL).tiers == (Tier.BASIC,)
    assert computer.spool.waiting() == 1
    with pytest.raises(ConsentMissing):
        computer.withdraw(Tier.ADDITIONAL)


def test_another_process_sees_a_change_at_its_next_look(computer: Computer) -> None:
    computer.join()
    computer.grant()
    other = Computer(computer.folder.path, computer.clock, computer.net)
    assert other.membership.consent().allows(Tier.BASIC)
    computer.withdraw()
    assert not other.membership.consent().allows(Tier.BASIC)
    other.close()


def test_an_edited_ledger_allows_nothing(computer: Computer) -> None:
    computer.join()
    computer.grant()
    content = computer.folder.read(LEDGER)
    assert content is not None
    computer.folder.write(LEDGER, content.replace(b'"previous":""', b'"previous":"a"'))
    assert computer.membership.consent().tiers == frozenset()
    with pytest.raises(LedgerBroken):
        computer.membership.identity.ledger()


def test_a_line_torn_by_a_crash_is_written_over(computer: Computer) -> None:
    computer.join()
    computer.grant()
    with computer.folder.file(LEDGER).open("ab") as out:
        out.write(b'{"digest":"tor')
    assert computer.membership.consent().allows(Tier.BASIC)
    computer.withdraw()
    ledger = computer.membership.identity.ledger()
    assert len(ledger.entries) == 2
    assert not ledger.torn


def test_every_receipt_follows_the_one_before(computer: Computer) -> None:
    computer.join()
    for act in (computer.grant, computer.withdraw, computer.grant):
        act()
        computer.clock.advance(60)
    content = computer.folder.read(LEDGER)
    assert content is not None
    lines = [json.loads(line) for line in content.splitlines()]
    assert len({line["previous"] for line in lines}) == 3


class TestAnotherNetwork:
    def test_who_reports_to_one_does_not_join_another(self, computer: Computer) -> None:
        computer.join()
        computer.grant()
        other = FakeNetwork(computer.clock).join_string().encode()
        with pytest.raises(ConfigurationError, match="withdraw"):
            computer.membership.join(other)

    def test_who_withdrew_begins_anew(self, computer: Computer) -> None:
        computer.join()
        computer.grant()
        computer.withdraw()
        key = computer.folder.read(KEY)
        other = FakeNetwork(computer.clock)
        computer.membership.join(other.join_string().encode())
        assert computer.membership.identity.install is None
        assert computer.folder.has(f"consent.{INSTALL}.jsonl")
        moved = Computer(computer.folder.path, computer.clock, other)
        moved.grant()
        assert moved.folder.read(KEY) != key
        assert len(moved.membership.identity.ledger().entries) == 1
        moved.close()

    def test_the_same_join_string_again_changes_nothing(self, computer: Computer) -> None:
        computer.join()
        receipt = computer.grant()
        computer.join()
        assert computer.membership.consent().receipt == receipt

    def test_who_was_turned_away_joins_again_with_a_new_token(self, computer: Computer) -> None:
        computer.join()
        computer.grant()
        computer.membership.turned_away(Refusal.ERASED_INSTALL)
        computer.join()
        assert standing(computer) is not None
        computer.membership.join(computer.net.join_string(token="new").encode())
        assert standing(computer) is None
        assert computer.membership.consent().tiers == frozenset()
        computer.grant()
        assert computer.membership.consent().allows(Tier.BASIC)


def test_who_has_no_right_to_the_folder_is_told_so(computer: Computer) -> None:
    from vedette.errors import NotPermitted

    computer.folder.path.chmod(0o755)
    with pytest.raises(NotPermitted):
        computer.join()


def test_protection_needs_a_network_and_no_consent(computer: Computer) -> None:
    with pytest.raises(NotJoined):
        computer.switch.turn_on()
    computer.join()
    computer.switch.turn_on()
    assert protected(computer)
    computer.switch.turn_off()
    assert not protected(computer)
    assert computer.net.connections == 0
