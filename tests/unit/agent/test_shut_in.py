"""Files are looked at shut in, whatever the host; the fake does the same in the open."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from vedette.agent.shut_in import SandboxedParsers
from vedette.clock import SystemClock
from vedette.errors import Unreadable
from vedette.filefacts import INSPECT
from vedette.filefacts.facts import FileFacts
from vedette.host import Host, Parser
from vedette.host.linux import LinuxHost
from vedette.testing.host import FakeFiles, FakeHost

FACTS = Parser(INSPECT, FileFacts, dated=True)
CRASHES: Parser[int] = Parser("os:_exit", int)


@pytest.fixture(scope="module")
def shut_in() -> Iterator[SandboxedParsers]:
    with closing(SandboxedParsers(SystemClock())) as parsers:
        yield parsers


@pytest.fixture(params=["real", "fake"])
def host(request: pytest.FixtureRequest, shut_in: SandboxedParsers, tmp_path: Path) -> Host:
    if request.param == "fake":
        return FakeHost(FakeFiles({"/etc/motd": b"#!/bin/sh\n"}))
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc/motd").write_bytes(b"#!/bin/sh\n")
    return LinuxHost(tmp_path, shut_in=shut_in)


def test_a_file_of_the_host_is_looked_at(host: Host) -> None:
    facts = host.parse(FACTS, "/etc/motd", signature=False)
    assert (facts.kind, facts.size) == ("script", 10)


def test_a_file_that_is_not_there_is_unreadable(host: Host) -> None:
    with pytest.raises(Unreadable, match="missing"):
        host.parse(FACTS, "/etc/none")


def test_a_folder_is_no_file(host: Host) -> None:
    with pytest.raises(Unreadable, match="not a regular file"):
        host.parse(FACTS, "/etc")


def test_a_parser_that_breaks_is_a_reason(shut_in: SandboxedParsers) -> None:
    with pytest.raises(Unreadable, match="the worker died"):
        LinuxHost(shut_in=shut_in).parse(CRASHES, "/etc/passwd")
    facts = LinuxHost(shut_in=shut_in).parse(FACTS, "/etc/passwd", signature=False)
    assert facts.size == Path("/etc/passwd").stat().st_size


def test_without_a_way_to_shut_it_in_nothing_is_looked_at() -> None:
    with pytest.raises(Unreadable, match="cannot be looked at here"):
        LinuxHost().parse(FACTS, "/etc/passwd")
