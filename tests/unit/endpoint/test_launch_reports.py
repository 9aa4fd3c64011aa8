"""Launches are reported with facts, and nobody waits for those."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.unit.endpoint.computer import CATALOGUE, PRODUCT, Computer
from vedette.endpoint.inspections import Inspections
from vedette.endpoint.launch_reports import LaunchReports
from vedette.endpoint.settings import LaunchSettings
from vedette.facts.codec import decode
from vedette.filefacts.facts import FileFacts
from vedette.host import Launch


class Bench:
    def __init__(self, computer: Computer, folder: Path) -> None:
        self.computer = computer
        self.folder = folder

    def hand_over(self, content: bytes, reports: LaunchReports | None = None) -> None:
        path = self.folder / content.decode()
        path.write_bytes(content)
        with path.open("rb") as file:
            hashed = self.computer.hashes.of(file.fileno())
            event = Launch(1, str(path), self.computer.clock.now())
            (reports or self.computer.launch_reports).take(event, file.fileno(), hashed)

    def slow(self, look: Callable[[int], FileFacts]) -> LaunchReports:
        computer = self.computer
        inspections = Inspections(look, computer.spool.count)
        return LaunchReports(computer.host, computer.intake, inspections, LaunchSettings())

    def reported(self) -> dict[str, list[Any]]:
        spool = self.computer.spool
        spool.seal(self.computer.membership.consent(), CATALOGUE.schemas, PRODUCT)
        sealed = spool.pending()
        assert sealed is not None
        (batch,) = decode(sealed.body).batches
        return CATALOGUE.schemas["launches"].decode(batch)


@pytest.fixture
def bench(computer: Computer, tmp_path: Path) -> Bench:
    computer.join()
    computer.grant()
    return Bench(computer, tmp_path)


def open_descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def test_a_launch_is_reported_with_what_its_file_is(bench: Bench) -> None:
    bench.hand_over(b"tool")
    assert bench.computer.spool.waiting() == 0
    bench.computer.launch_reports.catch_up()
    values = bench.reported()
    assert (values["kind"], values["entropy"], values["machine"]) == (["other"], [250], [None])


def test_a_file_that_is_no_longer_at_its_path_is_looked_at_all_the_same(bench: Bench) -> None:
    bench.hand_over(b"gone")
    (bench.folder / "gone").unlink()
    bench.computer.launch_reports.catch_up()
    assert bench.reported()["kind"] == ["other"]


def test_a_file_that_breaks_the_worker_is_reported_without_facts(bench: Bench) -> None:
    bench.hand_over(b"crash")
    bench.hand_over(b"tool")
    bench.computer.launch_reports.catch_up()
    assert sorted(bench.reported()["kind"], key=str) == [None, "other"]
    assert bench.computer.spool.counters() == {"files_without_facts": 1}


def test_what_is_not_due_is_not_looked_at(bench: Bench) -> None:
    for _ in range(2):
        bench.hand_over(b"tool")
        bench.hand_over(b"tool")
        bench.computer.launch_reports.catch_up()
    bench.computer.withdraw()
    bench.hand_over(b"other tool")
    bench.computer.launch_reports.catch_up()
    assert bench.computer.looked_at == [4]


def test_nobody_waits_for_a_file_that_takes_long(bench: Bench) -> None:
    begun, go_on, stop = threading.Event(), threading.Event(), threading.Event()

    def look(descriptor: int) -> FileFacts:
        begun.set()
        assert go_on.wait(60)
        return bench.computer.inspections._look(descriptor)

    before = open_descriptors()
    reports = bench.slow(look)
    thread = threading.Thread(target=reports.run, args=(stop,))
    thread.start()
    try:
        bench.hand_over(b"slow", reports)
        assert begun.wait(60)
        for number in range(66):  # 64 wait, two are reported at once
            bench.hand_over(b"%d" % number, reports)
        assert bench.computer.spool.waiting() == 2
        assert bench.computer.spool.counters() == {"launches_without_facts": 2}
    finally:
        stop.set()
        go_on.set()
        thread.join()
    assert bench.computer.spool.waiting() == 67
    assert bench.reported()["kind"].count("other") == 1
    assert open_descriptors() == before


def test_without_a_free_descriptor_it_is_reported_without_facts(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    def none_left(_: int) -> int:
        raise OSError(24, "too many open files")

    monkeypatch.setattr(os, "dup", none_left)
    bench.hand_over(b"tool")
    assert bench.computer.spool.waiting() == 1
