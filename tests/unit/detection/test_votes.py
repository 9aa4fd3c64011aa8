from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vedette.detection.votes import Decision, Policy, Vote, Voter, decide, independent_votes
from vedette.verdicts.verdict import Evidence

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
FILE = b"f" * 32
DEFAULT = Policy()


def voter(install: int, organisation: str | None = None, prefix: bytes | None = None) -> Voter:
    return Voter(organisation, 1000 + install, prefix)


def vote(
    install: int, organisation: str | None = None, *, threat: str = "EICAR", minutes: int = 0
) -> Vote:
    return Vote(install, voter(install, organisation), threat, NOW + timedelta(minutes=minutes))


def decided(votes: list[Vote], policy: Policy = DEFAULT) -> Decision | None:
    return decide(FILE, votes, policy, NOW)


def texts(decision: Decision | None) -> dict[str, str]:
    assert decision is not None
    return {evidence.kind: evidence.text for evidence in decision.evidence}


# A world of twelve installs, each always with the same organisation, token and prefix.
WORLD = {
    number: Voter(
        organisation=(None, "a", "b", "c")[number % 4],
        token=100 * (number % 4) + number // 8,
        prefix=(None, b"p", b"q")[number % 3],
    )
    for number in range(12)
}
votes = st.builds(
    lambda number, threat, minutes: Vote(
        number, WORLD[number], threat, NOW + timedelta(minutes=minutes)
    ),
    st.sampled_from(sorted(WORLD)),
    st.sampled_from(["X", "Y"]),
    st.integers(0, 3),
)
policies = st.builds(
    Policy,
    votes_to_block=st.integers(1, 4),
    per_organisation=st.none() | st.integers(1, 3),
    per_token=st.none() | st.integers(1, 2),
    per_prefix=st.none() | st.integers(1, 2),
)


def test_two_independent_computers_block() -> None:
    decision = decided([vote(1, "a"), vote(2)])
    assert decision is not None
    assert decision.file == FILE
    assert decision.expires == NOW + timedelta(days=30)
    assert decision.score == 0.75
    assert decision.evidence == (
        Evidence("votes", "2 independent reports of a threat; 2 block a file", 2),
        Evidence("computers", "reported by 2 computers", 2),
        Evidence("threat", "called EICAR by 2 computers", 2),
        Evidence(
            "flip",
            "1 independent report less, or a revocation by the operator, and the file is not blocked",
            1,
        ),
    )


def test_one_computer_does_not() -> None:
    assert decided([]) is None
    assert decided([vote(1)]) is None
    assert decided([vote(1), vote(1, minutes=5, threat="Other")]) is None


@given(st.lists(st.integers(0, 50)))
def test_one_organisation_alone_never_blocks(installs: list[int]) -> None:
    assert decided([vote(install, "a") for install in installs]) is None


def test_one_token_or_prefix_alone_never_blocks_where_it_is_limited() -> None:
    shared = [Vote(n, Voter(None, 7, None), "X", NOW) for n in range(9)]
    assert decided(shared) is None
    assert decided(shared, Policy(per_token=2)) is not None
    near = [Vote(n, voter(n, prefix=b"p"), "X", NOW) for n in range(9)]
    assert decided(near) is not None
    assert decided(near, Policy(per_prefix=1)) is None


def test_limits_hold_together() -> None:
    """Two organisations, but whichever two votes are taken share an organisation or a prefix."""
    found = [
        Vote(1, voter(1, "a", b"p"), "X", NOW),
        Vote(2, voter(2, "a", b"q"), "X", NOW),
        Vote(3, voter(3, "b", b"p"), "X", NOW),
    ]
    strict = Policy(per_prefix=1)
    assert decided(found, strict) is not None
    assert decided([found[0], found[2]], strict) is None
    assert decided(found[:2], strict) is None


@given(st.lists(votes, max_size=12), policies)
def test_the_order_does_not_matter(found: list[Vote], policy: Policy) -> None:
    shuffled = list(found)
    random.Random(len(found)).shuffle(shuffled)
    assert decided(shuffled, policy) == decided(found, policy)


@given(st.lists(votes, max_size=12), votes, policies)
def test_one_more_vote_never_unblocks(found: list[Vote], more: Vote, policy: Policy) -> None:
    before, after = decided(found, policy), decided([*found, more], policy)
    assert before is None or (after is not None and after.score >= before.score)


@given(st.lists(votes, max_size=12), policies)
def test_the_votes_of_one_install_count_once(found: list[Vote], policy: Policy) -> None:
    installs = {one.install for one in found}
    decision = decided(found, policy)
    if decision is not None:
        assert len(installs) >= policy.votes_to_block
    one_each = {one.install: one for one in found}.values()
    assert (decided(list(one_each), policy) is None) == (decision is None)


@given(st.lists(votes, max_size=12), st.sets(st.sampled_from(sorted(WORLD))), policies)
def test_without_an_install_it_is_as_if_it_had_never_voted(
    found: list[Vote], erased: set[int], policy: Policy
) -> None:
    remaining = [one for one in found if one.install not in erased]
    decision = decided(remaining, policy)
    if len({one.install for one in remaining}) < policy.votes_to_block:
        assert decision is None
    count = independent_votes(list({v.install: v for v in remaining}.values()), policy, most=99)
    assert (decision is not None) == (count >= policy.votes_to_block)


def test_what_would_flip_it_is_true() -> None:
    found = [vote(n, f"organisation {n}") for n in range(4)]
    decision = decided(found)
    assert texts(decision)["flip"].startswith("3 independent reports less")
    assert decided(found[:2]) is not None
    assert decided(found[:1]) is None


def test_many_votes_are_counted_as_far_as_it_matters() -> None:
    said = texts(decided([vote(n) for n in range(500)]))
    assert said["votes"] == "10 or more independent reports of a threat; 2 block a file"
    assert said["computers"] == "reported by 500 computers"
    assert said["flip"].startswith("more than 8 independent reports less")


def test_evidence_names_nobody() -> None:
    found = [vote(1, "Secret Ltd", threat="only I say this"), vote(2, threat="Common")]
    decision = decided([*found, vote(3, threat="Common")])
    assert texts(decision)["threat"] == "called Common by 2 computers"
    whole = repr(decision)
    assert "Secret" not in whole
    assert "only I" not in whole
    assert "threat" not in texts(decided(found))


def test_a_hostile_name_can_be_published() -> None:
    name = "\x1b[2J\n" + "x" * 300
    said = texts(decided([vote(1, threat=name), vote(2, threat=name)]))
    assert said["threat"].isprintable()
    assert len(said["threat"]) < 150


@pytest.mark.parametrize(
    "settings",
    [
        {"votes_to_block": 0},
        {"per_organisation": 0},
        {"per_prefix": -1},
        {"verdict_days": 0},
        {"verdict_days": 401},
        {"votes": 2},
    ],
)
def test_a_policy_that_makes_no_sense_is_refused(settings: dict[str, float]) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(settings, Policy)
