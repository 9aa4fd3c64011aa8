"""What this computer is, by the command and in a network's lake: with CUPS and Chromium installed where that may be."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from tests.journey.conftest import MakeComputer
from tests.journey.machines import PROGRAM, Network, await_that, objects

_BACKENDS = Path("/usr/lib/cups/backend")


def told() -> list[dict[str, Any]]:
    done = subprocess.run(
        [*PROGRAM, "inventory", "--json"], capture_output=True, text=True, check=True, timeout=120
    )
    return objects(done.stdout)


def of(item: str, lines: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    return [line for line in lines if line["item"] == item]


def installed(package: str) -> str:
    """The version of a Debian package that is installed."""
    found = subprocess.run(
        ["dpkg-query", "-W", "-f", "${db:Status-Status} ${Version}", package],
        capture_output=True,
        text=True,
        check=False,
    )
    state, _, version = found.stdout.partition(" ")
    if state != "installed":
        pytest.skip(f"Debian's {package} is not installed (`make test` as root installs it)")
    return version


@pytest.fixture(scope="module")
def lines() -> list[dict[str, Any]]:
    if shutil.which("dpkg-query") is None:
        pytest.skip("this is no Debian")
    return told()


def test_the_printing_system_is_told_by_its_back_ends(lines: list[dict[str, Any]]) -> None:
    installed("cups")
    here = {entry.name for entry in _BACKENDS.iterdir()}
    found = {line["name"] for line in of("print_extensions", lines) if line["role"] == "backend"}
    assert found == here


def test_the_browser_is_told_with_its_version(lines: list[dict[str, Any]]) -> None:
    version = installed("chromium")
    (browser,) = [line for line in of("browsers", lines) if "chromium" in line["name"].lower()]
    assert version.startswith(browser["version"])


def test_every_package_is_told(lines: list[dict[str, Any]]) -> None:
    versions = {line["name"]: line["version"] for line in of("software", lines)}
    for package in ("cups", "chromium", "clamav-daemon", "openssh-server"):
        assert versions[package] == installed(package)


def test_every_line_says_what_it_is(lines: list[dict[str, Any]]) -> None:
    for line in lines:
        assert next(iter(line)) == "item"
        if line["item"] == "unread":
            assert set(line) == {"item", "of", "reason"}


def test_what_the_command_tells_is_in_the_lake_after_a_round(
    network: Network, make_computer: MakeComputer, lines: list[dict[str, Any]]
) -> None:
    installed("cups")
    installed("chromium")
    computer = make_computer("printing")
    computer.join(network.invite())
    computer.round()
    await_that(network.settled, "the round is in the lake")
    for item in ("print_extensions", "browsers", "software", "addresses", "operating_system"):
        rows = network.lake.read(item).to_pylist()
        names = [field for field in of(item, lines)[0] if field != "item"]
        kept = sorted(repr([row[name] for name in names]) for row in rows)
        assert kept == sorted(repr([line[name] for name in names]) for line in of(item, lines)), (
            item
        )
