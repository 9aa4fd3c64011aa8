"""What holds for every test."""

from __future__ import annotations

import os
import random
from collections.abc import Callable

import click
import pytest
from hypothesis import settings

# A slow machine is no failure of a property.
settings.register_profile("vedette", deadline=None, print_blob=True)
settings.load_profile("vedette")

Tell = Callable[[str], None]


def pytest_addoption(parser: pytest.Parser) -> None:
    crash = parser.getgroup("crash tests")
    crash.addoption("--moments", type=int, default=20, help="at how many moments is killed (20)")
    crash.addoption(
        "--crash-seed", type=int, help="of the random moments; if not given, another each time"
    )
    parser.addoption("--variants", type=int, default=300, help="how many files are damaged (300)")


def pytest_runtest_setup(item: pytest.Item) -> None:
    if item.get_closest_marker("root") and os.geteuid() != 0:
        pytest.skip("needs the rights of root")


@pytest.fixture
def moments(request: pytest.FixtureRequest) -> int:
    """At how many moments a crash test kills."""
    return int(request.config.getoption("--moments"))


@pytest.fixture
def tell(capsys: pytest.CaptureFixture[str]) -> Tell:
    """Prints a line for whoever runs the tests."""

    def say(line: str) -> None:
        with capsys.disabled():
            click.echo(f"\n{line}")

    return say


@pytest.fixture
def chance(request: pytest.FixtureRequest, tell: Tell) -> random.Random:
    """Randomness whose seed is printed, so that a run can be tried again."""
    seed = request.config.getoption("--crash-seed")
    seed = random.SystemRandom().getrandbits(32) if seed is None else int(seed)
    tell(f"{request.node.name}: --crash-seed={seed}")
    return random.Random(seed)
