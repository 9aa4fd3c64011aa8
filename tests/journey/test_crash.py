"""``kill -9`` of the network at random moments under load: an acknowledged report is neither lost nor counted
twice, whatever is killed when.
"""

from __future__ import annotations

import random
from collections import Counter
from pathlib import Path

import pytest

from tests.conftest import Tell
from tests.journey.audit import audited
from tests.journey.killing import RESETS, KilledNetwork, Part, killed_network
from tests.journey.machines import CLOCK
from tests.journey.reporters import Fleet

# The pipeline commits often, so that many moments fall into a commit; what is consumed is trimmed at each start.
SETTINGS = """
[pipeline]
derive_every = 0.01
lake_every = 0.05
keep_log = 0.00001
"""
REPORTERS = 6

pytestmark = [RESETS, pytest.mark.slow]


def test_what_is_acknowledged_is_kept_once(
    tmp_path: Path, chance: random.Random, moments: int, tell: Tell
) -> None:
    with killed_network(tmp_path / "network", SETTINGS) as network:
        fleet = Fleet(network, REPORTERS, chance)
        killed: Counter[Part] = Counter()
        with fleet.reporting():
            for _ in range(moments):
                killed[kill_once(network, chance)] += 1
                fleet.check()
        network.settle()
        received = audited(network, fleet)
        assert trimmed(network) > 0
    acknowledged = sum(1 for _ in fleet.acknowledged())
    assert acknowledged > moments
    tell(
        f"killed at {moments} moments ({', '.join(f'{n} {p}' for p, n in sorted(killed.items()))}):"
        f" {acknowledged} envelopes acknowledged, {fleet.duplicates(received)} duplicates answered,"
        f" longest restart {network.longest_start:.2f} s"
    )


def test_a_first_start_can_be_cut_off_at_any_moment(
    tmp_path: Path, chance: random.Random, moments: int
) -> None:
    for number in range(max(1, moments // 4)):
        network = KilledNetwork(tmp_path / f"network {number}")
        try:
            network.spawn()
            CLOCK.sleep(chance.uniform(0.1, 0.8))
            network.kill(Part.ALL)
            network.start()
            Fleet(network, 1, chance).close()
        finally:
            network.stop()


def trimmed(network: KilledNetwork) -> int:
    """How many of the first envelopes are gone from the log."""
    log = network.data.log()
    try:
        return next((entry.offset for entry in log.read(0, 1)), log.end() + 1) - 1
    finally:
        log.close()


def kill_once(network: KilledNetwork, chance: random.Random) -> Part:
    """Kills a part of the network at some moment, mostly while it works, now and then while it starts."""
    part = chance.choices(list(Part), weights=(11, 3, 3, 3))[0]
    CLOCK.sleep(chance.uniform(0.0, 1.0))
    network.kill(part)
    if part in {Part.ALL, Part.PARENT}:
        network.spawn()
        if chance.random() < 0.3:
            CLOCK.sleep(chance.uniform(0.0, 0.7))
            return part
    network.await_answer()
    return part
