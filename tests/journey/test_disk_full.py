"""A full disk: the network says that it is unavailable, keeps what it acknowledged, and goes on once there is space."""

from __future__ import annotations

import contextlib
import random
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import Tell
from tests.journey.audit import audited
from tests.journey.killing import RESETS, Part, killed_network
from tests.journey.machines import CLOCK, Computer, await_that
from tests.journey.reporters import Fleet
from tests.journey.test_crash import SETTINGS
from vedette.wire.refusals import Refusal

MEGABYTES = 64

pytestmark = [RESETS, pytest.mark.root, pytest.mark.slow]

QUICK = """
backoff_first = 0.1
backoff_most = 1.0
"""


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A folder with a small file system of its own."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={MEGABYTES}m", "tmpfs", str(folder)]
    if subprocess.run(mount, capture_output=True, check=False).returncode != 0:
        pytest.skip("no file system can be mounted here")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


@contextlib.contextmanager
def filled(folder: Path) -> Iterator[None]:
    """Not a byte is free inside."""
    ballast = folder / "ballast"
    try:
        with ballast.open("wb", buffering=0) as file, contextlib.suppress(OSError):
            while True:
                file.write(bytes(4096))
        yield
    finally:
        ballast.unlink()


def test_a_full_disk_is_told_and_survived(
    small_disk: Path, chance: random.Random, tell: Tell
) -> None:
    with killed_network(small_disk / "network", SETTINGS) as network:
        fleet = Fleet(network, 4, chance)
        with fleet.reporting():
            for killed in (False, False, True):
                await_progress(fleet)
                with filled(small_disk):
                    before = unavailable(fleet)
                    await_that(lambda: unavailable(fleet) > before + 8, "503 is answered")  # noqa: B023
                    CLOCK.sleep(chance.uniform(0.5, 2.0))
                    if killed:
                        network.kill(Part.ALL)
                if killed:
                    network.start()
            await_progress(fleet)
        network.settle()
        audited(network, fleet)
    acknowledged = sum(1 for _ in fleet.acknowledged())
    tell(
        f"the disk was full three times: {acknowledged} envelopes acknowledged,"
        f" {unavailable(fleet)} times unavailable"
    )


def test_an_agent_goes_on_when_there_is_space_again(small_disk: Path, tmp_path: Path) -> None:
    with killed_network(tmp_path / "network") as network, contextlib.ExitStack() as stack:
        computer = Computer(small_disk / "computer", QUICK)
        computer.log = tmp_path / "agent.log"
        computer.join(network.invite())
        computer.start_agent()
        stack.callback(computer.stop)
        network.kill(Part.ALL)
        detected(computer, "Synthetic.Before")  # tried again and again from now on
        with filled(small_disk):
            refused = computer.run("observe", "detection", sys.executable, "--threat", "X")
            assert refused.returncode == 1
            assert refused.stderr.count("\n") == 1
            await_that(lambda: b"is begun again" in computer.log.read_bytes(), "the agent fails")
        network.start()
        detected(computer, "Synthetic.After")
        await_that(lambda: network.lake.count("detections") == 2, "both have arrived")
        assert computer.stop() == 0


def detected(computer: Computer, threat: str) -> None:
    computer.command("observe", "detection", sys.executable, "--threat", threat)


def await_progress(fleet: Fleet) -> None:
    """Every install has something acknowledged that was begun after this was called."""
    before = {one.install.install: one.install.sequence + 1 for one in fleet.reporters}

    def heard() -> bool:
        fleet.check()
        return all(one.install.sequence > before[one.install.install] for one in fleet.reporters)

    await_that(heard, "reports are acknowledged again", most=60)


def unavailable(fleet: Fleet) -> int:
    return sum(one.refused[Refusal.UNAVAILABLE] for one in fleet.reporters)
