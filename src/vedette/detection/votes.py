"""Whether the computers that call a file a threat are enough to block it everywhere. Pure.

A computer has one vote. Votes of one organisation, of one join token and, where configured, from one network prefix
count together only up to a limit, so that who controls many computers does not control the network
(:mod:`vedette.detection.independence`). A decision rests on the votes alone: without the votes of a computer that was
erased or revoked it is what it would have been had that computer never voted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import msgspec

from vedette.clock import micros
from vedette.detection.independence import Path, largest_flow
from vedette.verdicts.verdict import LONGEST_LIFE, Evidence

# Beyond what is needed votes are counted up to this many more; a verdict does not become better after that.
_FURTHER: Final = 8
_MAX_NAME = 100  # characters


class Policy(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``votes_to_block``: independent votes that block a file; ``per_organisation``, ``per_token``, ``per_prefix``: how
    many of one organisation, join token and prefix count, ``None`` for all; ``verdict_days``: how long a verdict holds.
    """

    votes_to_block: int = 2
    per_organisation: int | None = 1
    per_token: int | None = 1
    per_prefix: int | None = None
    verdict_days: float = 30.0

    def __post_init__(self) -> None:
        limits = (self.per_organisation, self.per_token, self.per_prefix)
        if self.votes_to_block < 1 or any(limit is not None and limit < 1 for limit in limits):
            raise ValueError("a number of votes in [detection] is less than 1")
        if not 0 < self.verdict_days <= LONGEST_LIFE / timedelta(days=1):
            raise ValueError("verdict_days in [detection] is out of its range")

    @property
    def verdict_lifetime(self) -> timedelta:
        """``verdict_days`` as a time span."""
        return timedelta(days=self.verdict_days)


@dataclass(frozen=True, slots=True)
class Voter:
    """What is known of an install when it votes: the organisation that its token was made for, the token, the keyed
    hash of the prefix it joined from; ``None`` where it has none. A token belongs to one organisation.
    """

    organisation: str | None
    token: int | None
    prefix: bytes | None


@dataclass(frozen=True, slots=True)
class Vote:
    """``install`` (its number) called a file a threat by the name ``threat``, first received at ``time``."""

    install: int
    voter: Voter
    threat: str
    time: datetime


@dataclass(frozen=True, slots=True)
class Decision:
    """To block ``file`` (its SHA-256) until ``expires``; ``score`` 0 to 1."""

    file: bytes
    score: float
    evidence: tuple[Evidence, ...]
    expires: datetime


def decide(file: bytes, votes: Iterable[Vote], policy: Policy, now: datetime) -> Decision | None:
    """What ``votes`` about ``file`` come to, in whatever order they are given: to block it, or nothing yet."""
    by_install = {vote.install: vote for vote in sorted(votes, key=_latest_first)}
    counted = list(by_install.values())
    if len(counted) < policy.votes_to_block:
        return None
    independent = independent_votes(counted, policy, most=policy.votes_to_block + _FURTHER)
    if independent < policy.votes_to_block:
        return None
    return Decision(
        file=file,
        # Each independent vote halves the doubt that the others left.
        score=1 - 0.5**independent,
        evidence=tuple(_evidence(counted, independent, policy)),
        expires=now + policy.verdict_lifetime,
    )


def independent_votes(votes: Sequence[Vote], policy: Policy, *, most: int) -> int:
    """The size of a largest set of ``votes``, one an install, that exceeds no limit of ``policy``; counted up to
    ``most``.
    """
    return largest_flow([_path(vote, policy) for vote in votes], most=most)


def _path(vote: Vote, policy: Policy) -> Path:
    """The limited groups that a vote counts in; those that contain each other from the widest to the vote itself."""
    voter = vote.voter
    groups = (
        ("organisation", voter.organisation, policy.per_organisation),
        ("token", voter.token, policy.per_token),
        ("install", vote.install, 1),
        ("prefix", voter.prefix, policy.per_prefix),
    )
    return [
        ((kind, name), limit)
        for kind, name, limit in groups
        if name is not None and limit is not None
    ]


def _evidence(votes: Sequence[Vote], independent: int, policy: Policy) -> Iterator[Evidence]:
    """Reasons that anybody may read: no organisation, and no name that only one computer gave."""
    needed = policy.votes_to_block
    counted = f"{independent} or more" if independent == needed + _FURTHER else str(independent)
    yield Evidence(
        "votes", f"{counted} independent reports of a threat; {needed} block a file", independent
    )
    yield Evidence("computers", f"reported by {_computers(len(votes))}", len(votes))
    names = Counter(vote.threat for vote in votes)
    threat, times = min(names.items(), key=lambda item: (-item[1], item[0]))
    if times > 1:
        yield Evidence("threat", f"called {_shown(threat)} by {_computers(times)}", times)
    spare = independent - needed
    yield Evidence(
        "flip",
        f"{_fewer(spare)}, or a revocation by the operator, and the file is not blocked",
        spare + 1,
    )


def _fewer(spare: int) -> str:
    if spare == _FURTHER:
        return f"more than {spare} independent reports less"
    return f"{spare + 1} independent report{'s' if spare else ''} less"


def _computers(number: int) -> str:
    return f"{number} computer{'s' if number != 1 else ''}"


def _shown(name: str) -> str:
    """``name``, which somebody else's product gave, as a verdict may carry it."""
    return "".join(c if c.isprintable() else "\ufffd" for c in name[:_MAX_NAME])


def _latest_first(vote: Vote) -> tuple[int, str]:
    return -micros(vote.time), vote.threat
