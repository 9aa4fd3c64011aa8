"""What leaves a computer, seen from the cable: nothing before consent, nothing of identity for protection alone,
and no report after the consent is withdrawn.

The computer's commands and agent run in a network namespace; its only cable is a veth, captured by tcpdump at
the network's end.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pytest

from tests.journey.conftest import MakeComputer, MakeNetwork
from tests.journey.machines import CLOCK, Computer, Network, await_that, run
from vedette.endpoint.reading import readable
from vedette.errors import NetworkRefused
from vedette.testing.fleet import Facts, SimulatedInstall
from vedette.wire.http import raise_for_refusal

pytestmark = [
    pytest.mark.root,
    pytest.mark.skipif(not shutil.which("tcpdump"), reason="needs tcpdump"),
    pytest.mark.skipif(not shutil.which("ip"), reason="needs iproute2"),
]

SERVER, COMPUTER = "198.51.100.1", "198.51.100.2"  # RFC 5737: these lead nowhere
_SYN: Final = f"tcp[tcpflags] & (tcp-syn|tcp-ack) == tcp-syn and src {COMPUTER}"
_WATCHED: Final = 5.0  # seconds


@dataclass
class Cable:
    """A namespace with one veth, and what passes over it."""

    name: str
    capture: Path

    @property
    def inside(self) -> list[str]:
        """What a command has to run under to be in the namespace."""
        return ["ip", "netns", "exec", self.name]

    def packets(self, wanted: str = "ip or arp") -> list[str]:
        """The packets so far that match, one a line; the link's own neighbour discovery is no IPv4."""
        read = ["tcpdump", "-n", "-r", str(self.capture), wanted]
        return subprocess.run(read, capture_output=True, text=True, check=True).stdout.splitlines()


@pytest.fixture
def cable(tmp_path: Path) -> Iterator[Cable]:
    name = f"vdt{os.getpid()}"
    outer, inner = f"{name}o", f"{name}i"
    if run(["ip", "netns", "add", name]).returncode:
        pytest.skip("no network namespace can be made here")
    recorder: subprocess.Popen[bytes] | None = None
    try:
        for command in (
            f"ip link add {outer} type veth peer name {inner} netns {name}",
            f"ip addr add {SERVER}/30 dev {outer}",
            f"ip link set {outer} up",
            f"ip netns exec {name} ip addr add {COMPUTER}/30 dev {inner}",
            f"ip netns exec {name} ip link set lo up",
            f"ip netns exec {name} ip link set {inner} up",
        ):
            subprocess.run(command.split(), check=True)
        capture = tmp_path / "cable.pcap"
        recorder = subprocess.Popen(
            ["tcpdump", "-i", outer, "-U", "--immediate-mode", "-Z", "root", "-w", str(capture)],
            stderr=subprocess.DEVNULL,
        )
        await_that(lambda: capture.exists() and capture.stat().st_size, "tcpdump listens")
        yield Cable(name, capture)
    finally:
        if recorder is not None:
            recorder.terminate()
            recorder.wait()
        for command in (f"ip link del {outer}", f"ip netns del {name}"):
            run(command.split())


@pytest.fixture
def network(make_network: MakeNetwork, cable: Cable) -> Network:
    network = make_network(host=SERVER)
    network.start()
    return network


@pytest.fixture
def computer(make_computer: MakeComputer, cable: Cable) -> Computer:
    return make_computer("computer", wrapper=cable.inside)


def test_what_leaves_follows_the_switches(
    network: Network, computer: Computer, cable: Cable
) -> None:
    computer.join(network.invite(), grant=False)
    computer.start_agent()
    nothing_leaves(computer, cable)

    computer.command("protection", "on")
    await_that(lambda: computer.sent("protection", 200), "the urgent channel is followed")
    await_that(lambda: computer.endpoint.verdicts.heard, "a heartbeat was heard")
    assert cable.packets(f"tcp and src {COMPUTER} and dst {SERVER}")
    for request in requests(computer):
        anonymous(request)
    assert not computer.endpoint.folder.has("install.key")
    assert network.lines("installs", "list") == []

    computer.grant()
    await_that(lambda: computer.sent("report", 202), "a report is acknowledged")
    await_that(lambda: network.lake.count("services"), "it is in the lake")
    assert {r["method"] for r in requests(computer)} == {"GET", "POST", "PUT"}

    computer.command("consent", "withdraw")
    reports, end = len(computer.sent("report")), network.health()["log"]
    taken = network.metric("vedette_envelopes_total", outcome="accepted")
    connections = len(cable.packets(_SYN))
    assert computer.endpoint.spool.waiting() == 0
    assert computer.endpoint.spool.pending() is None
    assert computer.run("observe", "launch", "/bin/true").returncode == 0  # protection is asked
    work(computer, 3.0)
    assert len(computer.sent("report")) == reports
    assert network.health()["log"] == end
    assert network.metric("vedette_envelopes_total", outcome="accepted") == taken
    assert len(cable.packets(_SYN)) == connections  # the urgent channel goes on over its own
    assert computer.endpoint.spool.waiting() == 0
    assert refused(network, computer) == "no_consent"
    assert network.health()["log"] == end


def nothing_leaves(computer: Computer, cable: Cable) -> None:
    """Whatever this computer does for a while: not a packet, not even a question for an address."""
    work(computer, _WATCHED)
    assert computer.command("consent", "show")["tiers"] == []
    assert computer.run("observe", "launch", "/bin/true").returncode == 1
    assert computer.run("observe", "detection", "/bin/true", "--threat", "X").returncode == 1
    assert computer.run("agent", "run", "--once").returncode == 1  # one runs already
    assert cable.packets() == []
    assert computer.sent() == []
    assert computer.endpoint.spool.waiting() == 0


def work(computer: Computer, seconds: float) -> None:
    """Launches programs and looks at the inventory for at least so long."""
    until = CLOCK.monotonic() + seconds
    assert {line["item"] for line in computer.lines("inventory")} >= {
        "operating_system",
        "services",
    }
    while CLOCK.monotonic() < until:
        subprocess.run(["/bin/true"], check=True)
        CLOCK.sleep(0.1)


def requests(computer: Computer) -> list[dict[str, Any]]:
    raw = [computer.endpoint.sent.raw(entry.number) or b"" for entry in computer.sent()]
    return [readable(one, computer.endpoint.catalogue.schemas) for one in raw]


def anonymous(request: dict[str, Any]) -> None:
    """Nothing in it tells one computer from another."""
    assert request["method"] == "GET"
    assert request["target"] in {"/v1/authority", "/v1/urgent"}
    assert request["content"] is None
    assert request["headers"].keys() <= {"host", "accept", "last-event-id"}


def refused(network: Network, computer: Computer) -> str:
    """Why the network refuses an envelope that the install makes all the same."""
    identity = computer.endpoint.membership.identity
    receipt = identity.ledger().entries[0].receipt
    client = network.client()
    rogue = SimulatedInstall(
        client.origin, receipt.install, receipt.id, receipt.terms, identity.key(), CLOCK, 10_000
    )
    _, body = rogue.envelope({"services": Facts(1, CLOCK).services(1)})
    try:
        raise_for_refusal(client.exchange(rogue.request(body)))
    except NetworkRefused as error:
        return error.reason
    finally:
        client.close()
    return "nothing was refused"
