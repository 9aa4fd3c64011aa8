"""``kill -9`` of the agent at random moments while things are observed: what ``observe`` has taken arrives exactly
once, and no sequence number ever has two contents.
"""

from __future__ import annotations

import random
import subprocess
import sys
from collections import Counter, defaultdict
from pathlib import Path

import pytest

from tests.conftest import Tell
from tests.journey.conftest import MakeComputer
from tests.journey.machines import CLOCK, Computer, Network, await_that
from vedette.facts import codec

SETTINGS = """
backoff_first = 0.05
backoff_most = 0.5
[spool]
rows_per_envelope = 2
[launches]
source = "polling"
polling_interval = 3600.0
"""
APART = 1_000_000  # between the numbers of two observers


@pytest.mark.slow
def test_what_is_observed_arrives_once(
    network: Network,
    make_computer: MakeComputer,
    chance: random.Random,
    moments: int,
    tell: Tell,
    tmp_path: Path,
) -> None:
    computer = make_computer("computer", SETTINGS)
    computer.join(network.invite())
    kills = max(1, moments // 2)
    with (tmp_path / "observed.txt").open("wb") as said:
        observer, observers = observing(computer, tmp_path, said.fileno(), 0), 1
        try:
            for _ in range(kills):
                kill_once(computer, chance)
                if chance.random() < 0.2:
                    observer.kill()
                    observer.wait()
                    observer = observing(computer, tmp_path, said.fileno(), observers)
                    observers += 1
            computer.start_agent()
        finally:
            observer.kill()
            observer.wait()
    await_that(lambda: computer.endpoint.spool.waiting() == 0, "the spool is empty")
    await_that(network.settled, "the network has settled")
    tried, kept = told(tmp_path / "observed.txt")
    there = arrived(network)
    assert {mark: there[mark] for mark in kept} == dict.fromkeys(kept, 1)
    assert there.keys() <= tried | {mark for mark in there if not synthetic(mark)}
    assert max(there[mark] for mark in tried) == 1
    assert len(tried - kept) <= observers
    duplicates = sent_once(computer, network)
    tell(
        f"the agent was killed at {kills} moments, its observer at {observers - 1}: {len(kept)} observations"
        f" kept, {duplicates} envelopes answered as duplicates"
    )


def observing(computer: Computer, folder: Path, said: int, number: int) -> subprocess.Popen[bytes]:
    """A process that observes, and says so in the file ``said``."""
    arguments = [str(computer.config), str(folder), str(number * APART)]
    return subprocess.Popen(
        [sys.executable, "-m", "tests.journey.observer", *arguments],
        cwd=Path(__file__).parents[2],
        stdin=subprocess.DEVNULL,
        stdout=said,
    )


def kill_once(computer: Computer, chance: random.Random) -> None:
    """Lets the agent start, and mostly work, then kills it."""
    computer.start_agent()
    CLOCK.sleep(chance.uniform(0.1, 1.5))
    assert computer.agent is not None
    assert computer.agent.poll() is None, computer.log.read_text()
    computer.agent.kill()
    computer.agent.wait()


def told(path: Path) -> tuple[set[str], set[str]]:
    """What the observers tried, and what of it they were promised."""
    lines = [line.split(" ") for line in path.read_text().splitlines()]
    tried, kept = (
        {mark for word, mark in lines if word == wanted} for wanted in ("trying", "kept")
    )
    return tried, kept


def synthetic(mark: str) -> bool:
    return mark.startswith("Synthetic.")


def arrived(network: Network) -> Counter[str]:
    """How often each launched file and each threat is in the lake."""
    launches = network.lake.read("launches", ["sha256"])["sha256"].to_pylist()
    threats = network.lake.read("detections", ["threat"])["threat"].to_pylist()
    return Counter([digest.hex() for digest in launches] + threats)


def sent_once(computer: Computer, network: Network) -> int:
    """Checks, from the computer's own ledger and from the network, that each number had one content and was new
    once; returns how many duplicates were answered.
    """
    bodies: dict[int, list[bytes]] = defaultdict(list)
    for entry in computer.sent("report"):
        raw = computer.endpoint.sent.raw(entry.number)
        assert raw is not None
        body = raw.partition(b"\r\n\r\n")[2]
        bodies[codec.decode(body, max_body=len(body)).sequence].append(body)
    assert all(len(set(contents)) == 1 for contents in bodies.values())
    assert sorted(bodies) == list(range(1, len(bodies) + 1))
    log = network.data.log()
    entries = log.read(0, 1 << 30)
    log.close()
    assert sorted(entry.sequence for entry in entries) == sorted(bodies)
    assert {entry.payload for entry in entries} == {contents[0] for contents in bodies.values()}
    assert network.metric("vedette_requests_refused_total", reason="sequence_reused") == 0
    assert network.metric("vedette_envelopes_total", outcome="accepted") == len(bodies)
    duplicates = network.metric("vedette_envelopes_total", outcome="duplicate")
    assert duplicates <= sum(len(contents) - 1 for contents in bodies.values())
    return int(duplicates)
