"""A computer in a temporary folder, its catalogue, and a network that answers over a fake transport."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.endpoint.computer import Computer
from vedette.endpoint.settings import SpoolSettings
from vedette.endpoint.spool import Spool
from vedette.endpoint.spool_tables import open_spool_database
from vedette.testing.clock import ManualClock


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def spool(tmp_path: Path, clock: ManualClock) -> Iterator[Spool]:
    database = open_spool_database(tmp_path / "spool.db")
    yield Spool(database, clock, SpoolSettings())
    database.close()


@pytest.fixture
def computer(tmp_path: Path, clock: ManualClock) -> Iterator[Computer]:
    computer = Computer(tmp_path / "state", clock)
    yield computer
    computer.close()
