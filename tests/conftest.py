"""What holds for every test."""

from __future__ import annotations

import os

import pytest
from hypothesis import settings

# A slow machine is no failure of a property.
settings.register_profile("vedette", deadline=None, print_blob=True)
settings.load_profile("vedette")


def pytest_runtest_setup(item: pytest.Item) -> None:
    if item.get_closest_marker("root") and os.geteuid() != 0:
        pytest.skip("needs the rights of root")
