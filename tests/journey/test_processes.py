"""The network's and the agent's processes: how they end, what they leave, and what they say."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import threading
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from prometheus_client.parser import text_string_to_metric_families

from tests.conftest import Tell
from tests.journey.conftest import MakeComputer
from tests.journey.faults import FACTS, invitation
from tests.journey.machines import CLOCK, Network, await_that
from vedette.errors import WireError
from vedette.testing.fleet import SimulatedInstall

PIPELINE: Final = "vedette.network.pipeline"
ROWS: Final = 3  # in each envelope


class Reporter:
    """An install that reports without a pause, in a thread of its own, and remembers what was acknowledged."""

    def __init__(self, network: Network) -> None:
        self._network = network
        self._stop = threading.Event()
        self.acknowledged: list[int] = []
        with contextlib.closing(network.client()) as client:
            self._install = SimulatedInstall.register(invitation(network), client, CLOCK)

    def report(self) -> None:
        """One envelope."""
        with contextlib.closing(self._network.client()) as client:
            sequence, body = self._install.envelope({"services": FACTS.services(ROWS)})
            if client.exchange(self._install.request(body)).status == 202:
                self.acknowledged.append(sequence)

    @contextlib.contextmanager
    def reporting(self) -> Iterator[None]:
        thread = threading.Thread(target=self._report)
        thread.start()
        try:
            yield
        finally:
            self._stop.set()
            thread.join()

    def _report(self) -> None:
        while not self._stop.is_set():
            with contextlib.suppress(WireError):
                self.report()


def in_lake_once(network: Network, reporter: Reporter) -> bool:
    """Whether every row that was acknowledged is in the lake just once."""
    kept = Counter(network.lake.read("services").column("sequence").to_pylist())
    return all(kept[sequence] == ROWS for sequence in reporter.acknowledged) and set(
        kept.values()
    ) == {ROWS}


def children(process: int) -> dict[int, str]:
    """The command lines of the processes that ``process`` started."""
    found = {}
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            parent = (folder / "stat").read_text().rpartition(")")[2].split()[1]
            if int(parent) == process:
                found[int(folder.name)] = (folder / "cmdline").read_text().replace("\0", " ")
    return found


def pipeline_of(network: Network) -> int | None:
    assert network.process is not None
    started = children(network.process.pid).items()
    return next((pid for pid, command in started if PIPELINE in command), None)


def is_free(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_server(("127.0.0.1", port)):
        return True
    return False


def test_a_killed_pipeline_is_started_again_and_catches_up(network: Network) -> None:
    reporter = Reporter(network)
    reporter.report()
    await_that(network.settled, "the first report is in the lake")
    before = pipeline_of(network)
    assert before is not None
    os.kill(before, signal.SIGKILL)
    reporter.report()
    assert len(reporter.acknowledged) == 2, "reports are taken while there is no pipeline"
    await_that(network.settled, "the network has caught up", most=10)
    assert pipeline_of(network) not in {None, before}
    assert "pipeline ended and is started again" in network.log.read_text()
    assert in_lake_once(network, reporter)


def test_the_network_ends_when_asked_to_and_loses_nothing(
    network: Network, make_computer: MakeComputer, tell: Tell
) -> None:
    protected = make_computer("protected")
    protected.join(network.invite(), grant=False)
    protected.command("protection", "on")
    protected.start_agent()
    await_that(lambda: protected.sent("protection", 200), "the urgent channel is followed")
    assert network.process is not None
    started = children(network.process.pid)
    reporter = Reporter(network)
    with reporter.reporting():
        await_that(lambda: len(reporter.acknowledged) > 20, "reports are acknowledged")
        began = CLOCK.monotonic()
        assert network.stop() == 0
        took = CLOCK.monotonic() - began
    tell(f"ended {took:.1f} s after SIGTERM, while one computer reported and one was protected")
    assert took < 10
    assert not any(Path(f"/proc/{pid}").exists() for pid in started)
    heard = protected.endpoint.verdicts.heard
    network.start()
    await_that(network.settled, "the network has caught up")
    assert in_lake_once(network, reporter)
    await_that(lambda: protected.endpoint.verdicts.heard != heard, "the agent has come back")


def test_what_is_left_of_a_killed_network_ends_by_itself(network: Network) -> None:
    assert network.process is not None
    started = children(network.process.pid)
    assert len(started) >= 2
    reporter = Reporter(network)
    reporter.report()
    network.process.kill()
    network.process.wait()
    await_that(lambda: is_free(network.port), "the port is free", most=5)
    await_that(lambda: not any(Path(f"/proc/{pid}").exists() for pid in started), "all have ended")
    network.start()
    await_that(network.settled, "the network has caught up")
    assert in_lake_once(network, reporter)


def test_what_operators_look_at(standing: Network, sound: SimulatedInstall) -> None:
    health = standing.health()
    assert health["status"] == "ok"
    families = {
        family.name: family
        for family in text_string_to_metric_families(standing.get("/metrics")[1].decode())
    }
    assert {"vedette_requests_refused", "vedette_envelopes", "vedette_state_lag"} <= set(families)
    described = json.loads(standing.get("/openapi/openapi.json")[1])
    assert described["openapi"].startswith("3.1")
    paths = {"/v1/authority", "/v1/installs", "/v1/consent", "/v1/envelopes", "/v1/urgent"}
    assert paths <= set(described["paths"])
    assert standing.get("/nowhere")[0] == 404
