"""Networks and computers for a test, all of which are stopped at its end."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from tests.journey.machines import Computer, Network

MakeNetwork = Callable[..., Network]
MakeComputer = Callable[..., Computer]


@pytest.fixture
def make_network(tmp_path: Path) -> Iterator[MakeNetwork]:
    """Makes networks (``host``, ``settings`` as of ``Network``), not started."""
    with contextlib.ExitStack() as stack:

        def make(name: str = "network", host: str = "127.0.0.1", settings: str = "") -> Network:
            network = Network(tmp_path / name, host, settings)
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
