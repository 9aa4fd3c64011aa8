"""Vedette's own record of itself."""

from __future__ import annotations

import pytest

from vedette import __version__
from vedette.inventory import vedette
from vedette.inventory.vedette import Product, read
from vedette.testing.host import FakeHost


def test_version_and_health() -> None:
    (found,) = read(FakeHost(counters={"spool_dropped": 2, "launches_missed": 0}))
    assert isinstance(found, Product)
    assert found.version.value == __version__
    assert found.health.value == {"launches_missed": 0, "spool_dropped": 2}


@pytest.mark.parametrize("installed", [set(), {"granian"}, {"granian", "PySide6", "nats"}])
def test_extras_are_those_whose_libraries_are_there(
    installed: set[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(vedette, "find_spec", lambda name: name in installed or None)
    (found,) = read(FakeHost())
    assert isinstance(found, Product)
    expected = {"granian": "network", "PySide6": "feedback", "nats": "scale"}
    assert found.extras.value == sorted(expected[name] for name in installed)
