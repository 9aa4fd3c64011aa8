"""``vedette sent --raw`` is what the server receives, byte for byte: seen by a proxy that ends TLS before it."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.journey.conftest import MakeComputer, MakeNetwork
from tests.journey.machines import Computer, Network, await_that
from tests.journey.proxy import RecordingProxy

LAUNCHED = "/usr/bin/env"


@pytest.fixture
def proxy() -> Iterator[RecordingProxy]:
    proxy = RecordingProxy()
    yield proxy
    proxy.close()


@pytest.fixture
def network(
    make_network: MakeNetwork, proxy: RecordingProxy, request: pytest.FixtureRequest
) -> Network:
    """A network reached through the proxy, under TLS of its own or in clear behind the proxy's."""
    tls = getattr(request, "param", "own")
    network = make_network(settings=f'address = "{proxy.address}"\ntls = "{tls}"\n')
    network.start()
    proxy.serve(network.data.path / "authority", network.port, encrypted=tls == "own")
    return network


@pytest.fixture
def computer(make_computer: MakeComputer, network: Network) -> Computer:
    computer = make_computer("computer")
    computer.join(network.invite())
    computer.command("protection", "on")
    return computer


@pytest.mark.parametrize("network", ["own", "off"], indirect=True)
def test_a_full_round(computer: Computer, proxy: RecordingProxy, tmp_path: Path) -> None:
    observe(computer, tmp_path)
    computer.round()
    everything = computer.raw("sent", "--raw", "--limit", "1")
    assert everything == proxy.received
    purposes = [entry.purpose for entry in reversed(computer.sent())]
    assert purposes[:3] == ["authority", "registration", "consent"]
    assert {"report", "protection"} == set(purposes[3:])
    one_by_one = [computer.raw("sent", "--raw", str(n + 1)) for n in range(len(purposes))]
    assert one_by_one == proxy.requests()
    readable(computer, proxy, tmp_path)


def test_what_a_lost_answer_repeats_is_there_twice(
    computer: Computer, proxy: RecordingProxy, network: Network, tmp_path: Path
) -> None:
    observe(computer, tmp_path)
    proxy.cut_after = 600  # of what it sends only envelopes are longer
    computer.round()
    assert computer.sent("report", 202) == []
    assert [entry.failure for entry in computer.sent("report")] == ["unreachable"]
    assert computer.raw("sent", "--raw").startswith(proxy.received)
    before, proxy.cut_after = len(proxy.connections), None
    computer.round()
    assert computer.sent("report", 202)
    later = b"".join(bytes(one) for one in proxy.connections[before:])
    assert computer.raw("sent", "--raw").endswith(later)
    assert network.metric("vedette_envelopes_total", outcome="duplicate") == 1
    await_that(network.settled, "all of it is in the lake")
    assert network.lake.count("detections") == 1


def test_a_running_agent(computer: Computer, proxy: RecordingProxy, tmp_path: Path) -> None:
    """Requests of several threads come in any order; each is in the ledger as it was received."""
    computer.start_agent()
    await_that(lambda: computer.sent("protection", 200), "the urgent channel is followed")
    observe(computer, tmp_path)
    reports = len(computer.sent("report", 202))
    await_that(lambda: len(computer.sent("report", 202)) > reports, "it is reported")
    assert computer.stop() == 0
    ledger = Counter(computer.endpoint.sent.raw(entry.number) for entry in computer.sent())
    assert Counter(proxy.requests()) == ledger


def observe(computer: Computer, folder: Path) -> None:
    computer.command("observe", "launch", LAUNCHED)
    infected = Path(shutil.copy(LAUNCHED, folder / "infected"))
    computer.command("observe", "detection", str(infected), "--threat", "Test.Proxy")


def readable(computer: Computer, proxy: RecordingProxy, folder: Path) -> None:
    """What stands in the reports can be read by anybody."""
    items: dict[str, list[dict[str, object]]] = {}
    for entry in computer.sent("report"):
        shown = computer.command("sent", str(entry.number))
        assert shown["number"] == entry.number
        assert shown["headers"]["host"] == proxy.address.removeprefix("https://")
        for item, rows in shown["content"]["items"].items():
            items.setdefault(item, []).extend(rows)
    assert items.keys() >= {"operating_system", "services", "vedette", "launches", "detections"}
    assert [row["threat"] for row in items["detections"]] == ["Test.Proxy"]
    assert any(row["name"] == "env" and row["location"] == "system" for row in items["launches"])
