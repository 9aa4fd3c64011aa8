"""From consent on some computers to protection on another: the demonstration, and the same path by commands."""

from __future__ import annotations

import errno
import os
import re
import shutil
import subprocess
from contextlib import closing
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Final

import pytest

from tests.conftest import Tell
from tests.journey.conftest import MakeComputer
from tests.journey.machines import CLOCK, PROGRAM, Computer, Network, await_that, run

_NUMBERS: Final = count()
_QUIET: Final = 1.0  # seconds in which a verdict would have come


@pytest.mark.slow
def test_the_demonstration(tell: Tell) -> None:
    done = run([*PROGRAM, "demo", "--exit"])
    assert done.returncode == 0, done.stderr
    assert re.search(r"Cleo's computer refuses the file, \d\.\d{3} s after the 202", done.stdout)
    assert "Dora has sent nothing: 0 requests" in done.stdout
    figures = re.search(
        r"refused (\S+) s after the deciding 202 in the median, (\S+) s at most", done.stdout
    )
    assert figures is not None, done.stdout
    tell(f"the demonstration: {figures[0]}")
    assert float(figures[1]) < 1.0


@dataclass
class Reporters:
    """Computers that report by one round of the agent each."""

    network: Network
    make: MakeComputer

    def join(self, name: str, organisation: str) -> Computer:
        computer = self.make(name)
        computer.join(self.network.invite(organisation))
        return computer

    def report(self, computer: Computer, file: Path) -> None:
        """``computer`` reports ``file``; returns once the network has drawn its conclusions."""
        computer.command("observe", "detection", str(file), "--threat", "Test.Story")
        acknowledged = len(computer.sent("report", 202))
        computer.round()
        assert len(computer.sent("report", 202)) > acknowledged
        await_that(lambda: self.network.health()["state_lag"] == 0, "the report is counted")


@pytest.fixture
def reporters(network: Network, make_computer: MakeComputer) -> Reporters:
    return Reporters(network, make_computer)


@pytest.fixture
def protected(network: Network, make_computer: MakeComputer, tmp_path: Path) -> Computer:
    """A computer with protection, in whose folder ``bin`` execution is controlled where the system lets it be."""
    programs = tmp_path / "bin"
    programs.mkdir()
    settings = f'[protection]\ndeny_in = ["{programs}"]\n' if os.geteuid() == 0 else ""
    computer = make_computer("protected", settings=settings)
    computer.join(network.invite("Gamma"))
    computer.command("protection", "on")
    computer.start_agent()
    await_that(lambda: computer.endpoint.verdicts.heard, "the network is heard")
    return computer


@pytest.fixture
def file(tmp_path: Path, protected: Computer) -> Path:
    """A program that nobody has seen before."""
    program = Path(shutil.copy("/bin/true", tmp_path / "bin" / "novelty"))
    with program.open("ab") as end:
        end.write(f"{os.getpid()} {next(_NUMBERS)}".encode())
    assert not refused(protected, program)
    return program


def refused(computer: Computer, program: Path) -> bool:
    """Whether ``program`` is refused: by the system itself, where we are root, else when asked."""
    if os.geteuid() != 0:
        return bool(computer.command("observe", "launch", str(program))["outcome"] == "denied")
    try:
        subprocess.run([program], check=True)
    except PermissionError as error:
        return error.errno == errno.EPERM
    return False


def stays_allowed(computer: Computer, program: Path) -> bool:
    CLOCK.sleep(_QUIET)
    return computer.command("why", str(program))["verdict"] is None and not refused(
        computer, program
    )


def kept_of(network: Network, install: str) -> int:
    """How many envelopes of ``install`` the network has taken."""
    with closing(network.data.log()) as log:
        return sum(entry.install == install for entry in log.read(0, 1 << 30))


def test_reports_become_a_refusal_until_it_is_revoked(
    network: Network, reporters: Reporters, protected: Computer, file: Path, tell: Tell
) -> None:
    first, second = (reporters.join(name, "Alpha") for name in ("first", "second"))
    other = reporters.join("other", "Beta")

    reporters.report(first, file)
    reporters.report(second, file)
    assert stays_allowed(protected, file), "one organisation alone has a file blocked"

    reporters.report(other, file)
    await_that(lambda: refused(protected, file), "the file is refused")
    why = protected.command("why", str(file))
    assert why["verdict"] == "block"
    assert "2 independent reports of a threat; 2 block a file" in [e[1] for e in why["evidence"]]
    assert "denied" in [outcome for outcome, _, _ in why["refusals"]]
    await_that(lambda: network.lake.count("refusals"), "the refusal is in the lake")
    told = network.lake.read("refusals").to_pylist()[0]
    assert told["file"].hex() == why["sha256"]
    assert (told["verdict"], told["outcome"], told["name"]) == ("block", "denied", "novelty")

    assert refused(protected, file)
    began = CLOCK.monotonic()
    network.command("revoke", why["sha256"], "--reason", "Nothing is wrong with it")
    revoked = CLOCK.monotonic()
    allowed = await_that(lambda: not refused(protected, file), "it is allowed again", most=10)
    tell(f"allowed again {allowed - began:.3f} s after `vedette network revoke` was entered")
    assert allowed - revoked < 2.0
    assert network.run("revoke", why["sha256"], "--reason", "Again").returncode == 1


def test_a_revoked_install_has_no_vote_and_no_say(
    network: Network, reporters: Reporters, protected: Computer, file: Path
) -> None:
    barred, one, two = (reporters.join(name, name) for name in ("barred", "one", "two"))
    reporters.report(barred, file)
    install = barred.command("consent", "show")["install"]
    network.command("installs", "revoke", install, "--reason", "It was sold")
    listed = {line["install"]: line["reason"] for line in network.lines("installs", "list")}
    assert listed[install] == "It was sold"
    assert list(listed.values()).count(None) == len(listed) - 1

    reporters.report(one, file)
    assert stays_allowed(protected, file), "the vote of a revoked install counts"

    kept = kept_of(network, install)
    barred.command("observe", "detection", str(file), "--threat", "Test.Story")
    barred.run("agent", "run", "--once")
    assert barred.sent("report")[0].status == 403
    assert barred.command("consent", "show")["turned_away"] == "revoked_install"
    assert network.metric("vedette_requests_refused_total", reason="revoked_install") == 1
    assert kept_of(network, install) == kept
    requests = len(barred.sent())
    barred.round()
    assert len(barred.sent()) == requests, "it goes on although it was turned away"

    reporters.report(two, file)
    await_that(lambda: refused(protected, file), "the file is refused")
