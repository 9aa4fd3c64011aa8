"""From detections that arrive to verdicts in the journal.

Each detection is a vote of its computer against the files it names; of several, the first to be received stays. Where
the votes about a file come to a decision, and no block of it holds already, a signed verdict is published.

A block that has expired comes back with the next detection of the file, if the votes still suffice. After the operator
has taken a verdict back, the votes received up to then do not count about that file any more, ever: only computers that
had not voted can have it blocked again, and as many of them as for a new file. A computer votes once, so what was
revoked is not blocked again by the same ones.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Final

import pyarrow as pa
from sqlalchemy import Connection, func, select, tuple_
from sqlalchemy.dialects.sqlite import insert as upsert

from vedette.clock import Clock, from_micros, micros
from vedette.crypto.keys import SigningKey
from vedette.detection.journal import DRAFT, FILE, blocked, last_revocation, publish
from vedette.detection.votes import Decision, Policy, Vote, Voter, decide
from vedette.store.state_schema import DETECTIONS
from vedette.verdicts.verdict import Verdict

Voters = Callable[[Collection[int]], Mapping[int, Voter]]
"""Who the installs with these numbers are. Those that are left out (revoked, erased) have no vote."""

_AT_ONCE: Final = 500  # values in one query


class Decisions:
    """Decides about files under ``policy`` and signs with ``key``."""

    def __init__(self, voters: Voters, policy: Policy, key: SigningKey, clock: Clock) -> None:
        self._voters = voters
        self._policy = policy
        self._key = key
        self._clock = clock

    def take(self, connection: Connection, detections: pa.Table) -> list[int]:
        """Takes in rows of the item ``detections``; returns the serials of the verdicts that were published.

        ``connection`` is in the transaction on state.db that notes the offset the rows came from. They have the columns
        ``install`` (int64) and ``received`` (microseconds) beside the item's own.
        """
        votes = _votes_in(detections)
        if not votes:
            return []
        _keep(connection, votes)
        files = sorted({file for file, _ in votes})
        return [
            serial
            for file in self._with_enough_votes(connection, files)
            if (serial := self._reconsider(connection, file)) is not None
        ]

    def _with_enough_votes(self, connection: Connection, files: list[bytes]) -> list[bytes]:
        """Those of ``files`` that could be blocked at all: one computer that names very many costs little."""
        found: list[bytes] = []
        for start in range(0, len(files), _AT_ONCE):
            query = (
                select(DETECTIONS.c.file)
                .where(DETECTIONS.c.file.in_(files[start : start + _AT_ONCE]))
                .group_by(DETECTIONS.c.file)
                .having(func.count() >= self._policy.votes_to_block)
            )
            found += connection.execute(query).scalars()
        return found

    def _reconsider(self, connection: Connection, file: bytes) -> int | None:
        subject, now = file.hex(), self._clock.now()
        if blocked(connection, subject, now):
            return None
        decision = decide(file, self._votes(connection, file), self._policy, now)
        return None if decision is None else self._publish(connection, decision)

    def _votes(self, connection: Connection, file: bytes) -> list[Vote]:
        """The votes about ``file`` that count."""
        revoked = last_revocation(connection, file.hex())
        query = select(DETECTIONS.c.install, DETECTIONS.c.threat, DETECTIONS.c.first).where(
            DETECTIONS.c.file == file,
            DETECTIONS.c.first > (micros(revoked) if revoked else -1),
        )
        rows = connection.execute(query).all()
        voters = self._voters([row.install for row in rows])
        return [
            Vote(row.install, voters[row.install], row.threat, from_micros(row.first))
            for row in rows
            if row.install in voters
        ]

    def _publish(self, connection: Connection, decision: Decision) -> int:
        draft = Verdict(
            subject_kind=FILE,
            subject=decision.file.hex(),
            verdict="block",
            score=decision.score,
            evidence=decision.evidence,
            stage="all",
            issued=micros(self._clock.now()),
            expires=micros(decision.expires),
            serial=DRAFT,
        )
        return publish(connection, draft, self._key)


_Votes = Mapping[tuple[bytes, int], tuple[int, str]]
"""By file and install: when first received (microseconds), under which name."""


def _votes_in(detections: pa.Table) -> _Votes:
    """The votes in rows of the item; of several by one install about one file, the first."""
    votes: dict[tuple[bytes, int], tuple[int, str]] = {}
    columns = detections.select(["install", "received", "threat", "files"])
    for row in columns.to_pylist():
        vote = (micros(row["received"]), row["threat"])
        for file in row["files"] or ():
            if file["hash"] is not None:
                pair = (file["hash"], row["install"])
                votes[pair] = min(vote, votes.get(pair, vote))
    return votes


def _keep(connection: Connection, votes: _Votes) -> None:
    statement = upsert(DETECTIONS)
    new = statement.excluded
    connection.execute(
        statement.on_conflict_do_update(
            index_elements=list(DETECTIONS.primary_key),
            set_={"first": new.first, "threat": new.threat},
            where=tuple_(new.first, new.threat) < tuple_(DETECTIONS.c.first, DETECTIONS.c.threat),
        ),
        [
            {"file": file, "install": install, "threat": threat, "first": first}
            for (file, install), (first, threat) in sorted(votes.items())
        ],
    )
