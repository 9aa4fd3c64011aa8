"""What fails is told in one line, with an exit status of one, and says what to do."""

from __future__ import annotations

import subprocess

from tests.journey.conftest import MakeComputer, MakeNetwork
from tests.journey.machines import Computer, Network
from vedette.statement.terms import current
from vedette.wire.join import JoinString


def fails(done: subprocess.CompletedProcess[str]) -> str:
    """What a command said that failed, in its one line."""
    assert done.returncode == 1
    assert done.stderr.startswith("vedette: ")
    assert done.stderr.count("\n") == 1
    assert done.stdout == ""
    return done.stderr.strip()


def test_one_network_on_a_folder_one_on_an_address(
    network: Network, make_network: MakeNetwork
) -> None:
    told = fails(network.run("up"))
    assert told == "vedette: another network runs on this data folder: stop it first"
    other = make_network("other")
    told = fails(other.run("up", "--listen", f"127.0.0.1:{network.port}"))
    assert "cannot listen at its address (Address already in use)" in told
    assert network.answers()


def test_one_agent_on_a_state_folder(make_computer: MakeComputer) -> None:
    computer = make_computer("computer")
    computer.start_agent()
    assert "another agent" in fails(computer.run("agent", "run"))
    assert "another agent" in fails(computer.run("agent", "run", "--once"))
    assert computer.stop() == 0
    computer.round()


def test_what_the_network_refuses_is_told_in_one_line(
    network: Network, make_computer: MakeComputer
) -> None:
    join = JoinString.decode(network.invite())
    first, second, misled = (make_computer(name) for name in ("first", "second", "misled"))
    first.join(join)
    second.join(join, grant=False)
    assert "token_spent" in fails(granting(second))
    mistaken = {"address": join.address, "fingerprint": "ab" * 32, "token": join.token}
    misled.join(JoinString(**mistaken, controller="x", contact="y"), grant=False)
    assert "is not the one of the join string" in fails(granting(misled))
    assert [entry.purpose for entry in misled.sent()] == ["authority"]
    assert "verdict" in fails(network.run("revoke", "ab" * 32, "--reason", "x"))
    assert fails(network.run("installs", "revoke", "ab" * 16, "--reason", "x"))
    network.stop()
    assert "cannot be reached" in fails(granting(second))
    withdrawn = first.command("consent", "withdraw")
    assert withdrawn["tiers"] == []
    assert not withdrawn["announced"]


def granting(computer: Computer) -> subprocess.CompletedProcess[str]:
    return computer.run("consent", "grant", "basic", "--accept", current().digest)
