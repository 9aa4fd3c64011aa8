"""Names that must not leave a computer are planted all over one; none of them is anywhere else afterwards."""

from __future__ import annotations

import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import msgspec
import pytest

from tests.journey.conftest import MakeComputer, MakeNetwork
from tests.journey.machines import CLOCK, Computer, Network, await_that
from tests.journey.masquerade import (
    ACCOUNT,
    CANARIES,
    COMPUTER,
    DECOMPOSED,
    FULL_NAME,
    MAIL,
    MARKER,
    Masquerade,
    found,
    masquerade,
)
from tests.journey.proxy import RecordingProxy
from vedette.facts.codec import unpack
from vedette.facts.record import Platform
from vedette.testing.fleet import Facts, SimulatedInstall
from vedette.wire import protocol
from vedette.wire.http import raise_for_refusal
from vedette.wire.join import JoinString

pytestmark = pytest.mark.root

Places = dict[str, bytes]
SIGNED = Path(__file__).parents[3] / "shared" / "data" / "pe" / "sig_valid_sha256.exe"


@pytest.fixture
def computer_of_somebody(tmp_path: Path) -> Iterator[Masquerade]:
    with masquerade(tmp_path / "somebody") as made:
        yield made


@pytest.fixture
def proxy() -> Iterator[RecordingProxy]:
    with closing(RecordingProxy()) as proxy:
        yield proxy


@pytest.fixture
def network(make_network: MakeNetwork, proxy: RecordingProxy) -> Network:
    network = make_network(settings=f'address = "{proxy.address}"\n')
    network.start()
    proxy.serve(network.data.path / "authority", network.port, encrypted=True)
    return network


@pytest.mark.parametrize(
    "form",
    [
        MAIL.encode(),
        MAIL.upper().encode(),
        b"\0" + MAIL.encode("utf-16-le"),
        MAIL.encode("utf-16-be"),
        b"\xff" + DECOMPOSED.encode() + b"\xff",
        FULL_NAME.upper().encode("utf-16-le"),
        FULL_NAME.replace(" ", "%20").encode(),
    ],
)
def test_the_search_finds_every_form(form: bytes) -> None:
    assert len(found([MAIL, FULL_NAME], b"\x80 before \xc3" + form + b" after")) == 1


def test_no_canary_is_found_outside(
    network: Network,
    proxy: RecordingProxy,
    make_computer: MakeComputer,
    computer_of_somebody: Masquerade,
) -> None:
    computer = make_computer("computer", wrapper=computer_of_somebody.inside)
    computer.join(network.invite(f"{MARKER} Works"))
    computer.command("protection", "on")
    computer.start_agent()
    await_that(lambda: computer.sent("protection", 200), "the urgent channel is followed")
    use(computer, computer_of_somebody)
    await_that(lambda: network.lake.count("detections") > 1, "the detections are in the lake")
    refuse(network, computer, computer_of_somebody.programs[1])
    await_that(lambda: network.lake.count("refusals"), "the refusals are in the lake")
    await_that(lambda: network.lake.count("launches") >= len(computer_of_somebody.programs), "all")
    computer.stop()
    await_that(network.settled, "the network has caught up")

    places = outside(network, proxy, computer)
    assert {name: hits for name, data in places.items() if (hits := found(CANARIES, data))} == {}
    unmarked = {name for name, content in places.items() if not found([MARKER], content)}
    assert unmarked == {"log.db raw", "network.log", "agent.log"}  # compressed, or tells of no fact
    assert b"agent starts" in places["agent.log"]
    assert b"network starts" in places["network.log"]


def use(computer: Computer, somebody: Masquerade) -> None:
    """Launches and detections of everything that lies there, by the kernel and by hand."""
    for program in somebody.programs:
        subprocess.run([*somebody.inside, program], check=True)
    *some, first, second = somebody.programs
    for program in some:
        computer.command("observe", "launch", program, "--product", f"Scanner of {COMPUTER}")
    marked = ("--threat", f"Trojan.{MARKER}", "--product", f"{MARKER} for {MAIL}")
    computer.command("observe", "detection", *somebody.programs, *marked)
    telling = ("--threat", f"Worm.{ACCOUNT.upper()}.{DECOMPOSED}", "--application", first)
    computer.command("observe", "detection", second, *telling)
    attack = ("--source", "10.9.8.7", "--port", "22", "--protocol", "tcp", "--kind", "scan")
    computer.command("observe", "attack", *attack, "--product", f"Firewall of {COMPUTER}")
    stopped = ("--kind", "open", "--application", first, "--target", second, "--action", "denied")
    computer.command("observe", "operation", *stopped, "--rule", f"{MARKER} for {MAIL}")
    if SIGNED.exists():
        url = (
            f"https://{ACCOUNT}:{MARKER}@{ACCOUNT}.example.org/{MARKER}/a.exe?mail={MAIL}#{MARKER}"
        )
        computer.command("observe", "download", str(SIGNED), "--url", url)


def refuse(network: Network, computer: Computer, program: str) -> None:
    """Another computer reports ``program`` as well; then it is refused here."""
    sha256 = computer.command("why", program)["sha256"]
    with closing(network.client()) as client:
        join = JoinString.decode(network.invite("Another"))
        other = SimulatedInstall.register(join, client, CLOCK)
        facts = Facts(1, CLOCK).detections([bytes.fromhex(sha256)], f"Trojan.{MARKER}")
        raise_for_refusal(client.exchange(other.request(other.envelope({"detections": facts})[1])))
    await_that(lambda: computer.endpoint.verdicts.find(bytes.fromhex(sha256)), "there is a verdict")
    assert computer.command("observe", "launch", program)["outcome"] == "denied"


def outside(network: Network, proxy: RecordingProxy, computer: Computer) -> Places:
    """Everything that has left the computer, and all that became of it."""
    places: Places = {
        "captured": b"".join(map(_unpacked, proxy.requests())),
        "sent": b"".join(
            computer.raw("sent", str(entry.number)) for entry in computer.sent("report")
        ),
        "inventory": computer.raw("inventory", "--json"),
        "inventory to read": computer.raw("inventory"),
        "agent.log": computer.log.read_bytes(),
        "network.log": network.log.read_bytes(),
        "log.db raw": _raw(network.data.path, "log.db"),
        "state.db": _raw(network.data.path, "state.db"),
        "registry.db": _raw(network.data.path, "registry.db"),
        "log.db": b"".join(unpack(entry.payload) for entry in network.data.log().read(0, 1 << 30)),
    }
    lake = network.lake
    here = {
        name
        for name, item in computer.endpoint.catalogue.items.items()
        if Platform.LINUX in item.platforms
    }
    assert set(lake.items()) == here - (set() if SIGNED.exists() else {"downloads"})
    places["lake"] = b"".join(
        msgspec.json.encode(lake.read(item).to_pylist(), enc_hook=str, order="sorted")
        for item in lake.items()
    )
    places["lake's files"] = places["lake"] + b"".join(
        path.read_bytes() for path in network.data.path.glob("lake/**/*") if path.is_file()
    )
    return places


def _unpacked(request: bytes) -> bytes:
    head, _, body = request.partition(b"\r\n\r\n")
    return head + (unpack(body) if protocol.ENVELOPE.encode() in head else body)


def _raw(folder: Path, name: str) -> bytes:
    """The database's files, after what its journal holds was written into it as well."""
    with closing(sqlite3.connect(folder / name)) as database:
        database.execute("PRAGMA wal_checkpoint(PASSIVE)")
    return b"".join(path.read_bytes() for path in sorted(folder.glob(f"{name}*")))
