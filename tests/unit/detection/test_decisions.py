from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import perf_counter

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from vedette.crypto.keys import SigningKey
from vedette.detection.decisions import Decisions
from vedette.detection.journal import revoke
from vedette.detection.voters import registered
from vedette.detection.votes import Policy, Voter
from vedette.errors import VerdictError
from vedette.store.registry import Registry
from vedette.store.state import State
from vedette.store.state_schema import DETECTIONS
from vedette.testing.clock import ManualClock
from vedette.verdicts.verdict import Verdict, open_verdict

KEY = SigningKey.generate()
FILE, OTHER = b"\xaa" * 32, b"\xbb" * 32
DAY = 86_400.0


class Network:
    """The decisions under test on a real state.db, and the installs that it knows."""

    def __init__(self, path: Path) -> None:
        self.state = State.open(path)
        self.clock = ManualClock(datetime(2026, 11, 24, 12, tzinfo=UTC))
        self.known: dict[int, Voter] = {n: Voter(None, n, None) for n in range(1, 20)}
        self._decisions = Decisions(self._voters, Policy(), KEY, self.clock)

    def _voters(self, numbers: Collection[int]) -> Mapping[int, Voter]:
        return {number: self.known[number] for number in numbers if number in self.known}

    def report(self, *installs: int, files: tuple[bytes | None, ...] = (FILE,)) -> list[int]:
        """Each of ``installs`` reports ``files``, now and in one batch."""
        self.clock.advance(1)
        return self.take([(install, self.clock.now(), "EICAR", files) for install in installs])

    def take(self, rows: list[tuple[int, datetime, str, tuple[bytes | None, ...]]]) -> list[int]:
        found = pa.struct([("name", pa.string()), ("hash", pa.binary())])
        table = pa.table(
            {
                "install": pa.array([row[0] for row in rows], pa.int64()),
                "received": pa.array([row[1] for row in rows], pa.timestamp("us", "UTC")),
                "threat": pa.array([row[2] for row in rows], pa.string()),
                "files": pa.array(
                    [[{"name": "x", "hash": file} for file in row[3]] for row in rows],
                    pa.list_(found),
                ),
            }
        )
        with self.state.transaction() as connection:
            return self._decisions.take(connection, table)

    def revoke(self, file: bytes = FILE, reason: str = "a false alarm") -> int:
        self.clock.advance(1)
        return revoke(self.state, file.hex(), reason, KEY, self.clock)

    def journal(self) -> list[Verdict]:
        keys = {KEY.public.thumbprint: KEY.public}
        entries = self.state.journal_after(0, 1000)
        verdicts = [open_verdict(entry.document, keys, self.clock.now()) for entry in entries]
        for entry, verdict in zip(entries, verdicts, strict=True):
            assert entry.serial == verdict.serial
            assert (entry.subject, entry.verdict) == (verdict.subject, verdict.verdict)
        return verdicts


@pytest.fixture
def network(tmp_path: Path) -> Iterator[Network]:
    network = Network(tmp_path / "state.db")
    yield network
    network.state.close()


def test_the_second_independent_report_blocks(network: Network) -> None:
    assert network.report(1) == []
    assert network.report(2) == [1]
    (verdict,) = network.journal()
    assert (verdict.subject, verdict.verdict, verdict.serial) == (FILE.hex(), "block", 1)
    assert [evidence.kind for evidence in verdict.evidence] == [
        "votes",
        "computers",
        "threat",
        "flip",
    ]


def test_both_reports_may_come_in_one_batch(network: Network) -> None:
    assert network.report(1, 2) == [1]


def test_each_file_is_decided_by_itself(network: Network) -> None:
    network.report(1, files=(FILE, OTHER, None))
    assert network.report(2, files=(OTHER,)) == [1]
    assert network.journal()[0].subject == OTHER.hex()
    assert network.report(3, files=(OTHER, FILE)) == [2]


def test_a_block_that_holds_is_not_published_again(network: Network) -> None:
    network.report(1, 2)
    assert network.report(3, 4, 1) == []


def test_a_block_comes_back_with_the_next_report_after_it_expired(network: Network) -> None:
    network.report(1, 2)
    network.clock.advance(30 * DAY)
    assert network.report(1) == [2]


def test_one_install_or_organisation_is_not_enough(network: Network) -> None:
    assert network.report(1, 1, 1) == []
    assert network.report(1) == []
    network.known |= {n: Voter("Example", n, None) for n in (11, 12, 13)}
    assert network.report(11, 12, 13, files=(OTHER,)) == []
    assert network.report(4, files=(OTHER,)) == [1]


def test_a_revoked_or_erased_install_has_no_vote(network: Network) -> None:
    network.report(1)
    del network.known[1]
    assert network.report(2) == []
    assert network.report(3) == [1]


def test_a_revocation_takes_the_block_back(network: Network) -> None:
    network.report(1, 2)
    assert network.revoke(reason="  a false alarm ") == 2
    block, taken_back = network.journal()
    assert (taken_back.verdict, taken_back.reason) == ("none", "a false alarm")
    assert taken_back.expires == block.expires, "it outlives what it takes back"


def test_the_same_computers_do_not_block_again_what_was_revoked(network: Network) -> None:
    network.report(1, 2, 3)
    network.revoke()
    assert network.report(1, 2, 3) == []
    assert network.report(4) == [], "one new computer is as little as for a new file"
    assert network.report(5) == [3]


def test_votes_from_before_a_revocation_never_count_again(network: Network) -> None:
    network.report(1, 2)
    network.revoke()
    network.report(4, 5)
    network.clock.advance(30 * DAY)
    del network.known[5]
    assert network.report(1, 2) == []
    assert network.report(6) == [4]


def test_a_vote_on_its_way_when_the_operator_revoked_counts_as_before(network: Network) -> None:
    network.report(1, 2)
    late = network.clock.now()
    network.revoke()
    assert network.take([(n, late, "EICAR", (FILE,)) for n in (4, 5)]) == []


def test_one_can_revoke_again(network: Network) -> None:
    network.report(1, 2)
    network.revoke()
    network.report(3, 4)
    assert network.revoke() == 4
    assert network.report(1, 2, 3, 4, 5) == []
    assert [verdict.verdict for verdict in network.journal()] == ["block", "none"] * 2


def test_there_may_be_nothing_to_revoke(network: Network) -> None:
    with pytest.raises(VerdictError, match="no verdict"):
        network.revoke()
    network.report(1, 2)
    network.revoke()
    with pytest.raises(VerdictError, match="no verdict"):
        network.revoke()
    network.report(3, 4)
    network.clock.advance(31 * DAY)
    with pytest.raises(VerdictError, match="no verdict"):
        network.revoke()


def test_a_revocation_needs_a_file_and_a_reason(network: Network) -> None:
    network.report(1, 2)
    with pytest.raises(VerdictError, match="SHA-256"):
        revoke(network.state, "notepad.exe", "wrong", KEY, network.clock)
    for reason in ("", "  ", "a\x1bb", "x" * 1001):
        with pytest.raises(VerdictError):
            network.revoke(reason=reason)
    assert len(network.journal()) == 1
    assert revoke(network.state, f" {FILE.hex().upper()} ", "wrong", KEY, network.clock) == 2


moments = st.integers(0, 3)
reports = st.lists(
    st.tuples(
        st.integers(1, 4),
        st.builds(lambda s: datetime(2026, 11, 24, 12, tzinfo=UTC) + timedelta(seconds=s), moments),
        st.sampled_from(["X", "Y"]),
        st.lists(st.none() | st.sampled_from([FILE, OTHER]), max_size=2).map(tuple),
    ),
    max_size=8,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(reports, st.integers(0, 8))
def test_batches_and_order_leave_the_same_votes(
    network: Network,
    rows: list[tuple[int, datetime, str, tuple[bytes | None, ...]]],
    cut: int,
) -> None:
    with network.state.transaction() as connection:
        connection.execute(DETECTIONS.delete())
    network.take(rows[cut:])
    network.take(rows[:cut])
    expected: dict[tuple[bytes, int], tuple[datetime, str]] = {}
    for install, received, threat, files in rows:
        for file in filter(None, files):
            vote = (received, threat)
            expected[file, install] = min(vote, expected.get((file, install), vote))
    with network.state.reading() as connection:
        kept = connection.execute(select(DETECTIONS)).all()
    assert {(row.file, row.install): row.threat for row in kept} == {
        pair: threat for pair, (_, threat) in expected.items()
    }


def test_a_flood_of_files_by_one_computer_is_taken_quickly(network: Network) -> None:
    files = tuple(n.to_bytes(32, "big") for n in range(20_000))
    started = perf_counter()
    assert network.report(1, files=files) == []
    assert perf_counter() - started < 5


def test_the_registry_says_who_votes(tmp_path: Path) -> None:
    registry = Registry.open(tmp_path / "registry.db")
    clock = ManualClock()
    soon = clock.now() + timedelta(days=1)
    first, second = (
        registry.register(
            registry.mint_token(organisation, False, soon), key, b"prefix", clock.now()
        )
        for organisation, key in (("Example", b"1" * 32), (None, b"2" * 32))
    )
    voters = registered(registry)
    assert voters([1, 2, 99]) == {
        1: Voter("Example", first.token, b"prefix"),
        2: Voter(None, second.token, b"prefix"),
    }
    registry.revoke(first.install, "it was stolen", clock.now())
    assert set(voters(range(2000))) == {2}
    registry.close()
