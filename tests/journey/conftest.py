"""Networks and computers for a test, all of which are stopped at its end."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from tests.journey.faults import invitation
from tests.journey.machines import CLOCK, Computer, Network
from vedette.testing.fleet import SimulatedInstall
from vedette.wire.http import Client

MakeNetwork = Callable[..., Network]
MakeComputer = Callable[..., Computer]


@pytest.fixture
def make_network(tmp_path: Path) -> Iterator[MakeNetwork]:
    """Makes networks (``host``, ``settings``, ``wrapper`` as of ``Network``), not started."""
    with contextlib.ExitStack() as stack:

        def make(
            name: str = "network",
            host: str = "127.0.0.1",
            settings: str = "",
            wrapper: Sequence[str] = (),
        ) -> Network:
            network = Network(tmp_path / name, host, settings, wrapper)
            stack.callback(network.stop)
            return network

        yield make


@pytest.fixture
def network(make_network: MakeNetwork) -> Network:
    """A network that runs."""
    network = make_network()
    network.start()
    return network


@pytest.fixture
def make_computer(tmp_path: Path) -> Iterator[MakeComputer]:
    """Makes computers (``settings``, ``wrapper`` as of ``Computer``), which have not joined."""
    with contextlib.ExitStack() as stack:

        def make(name: str, settings: str = "", wrapper: Sequence[str] = ()) -> Computer:
            computer = Computer(tmp_path / name, settings, wrapper)
            stack.callback(computer.stop)
            return computer

        yield make


@pytest.fixture(scope="module")
def standing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Network]:
    """A network that runs for all tests of a module."""
    network = Network(tmp_path_factory.mktemp("standing") / "network")
    network.start()
    yield network
    network.stop()


@pytest.fixture(scope="module")
def client(standing: Network) -> Iterator[Client]:
    """A client of the standing network."""
    with contextlib.closing(standing.client()) as client:
        yield client


@pytest.fixture(scope="module")
def sound(standing: Network, client: Client) -> SimulatedInstall:
    """An install with which nothing is wrong."""
    return SimulatedInstall.register(invitation(standing), client, CLOCK)


@pytest.fixture
def install(standing: Network, client: Client) -> SimulatedInstall:
    """An install to do something wrong with."""
    return SimulatedInstall.register(invitation(standing), client, CLOCK)
