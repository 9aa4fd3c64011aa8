"""Of what arrives in a folder, signed programs are reported with where they came from; the rest is left alone."""

from __future__ import annotations

import hashlib
import os
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.unit.endpoint.computer import CATALOGUE, PRODUCT, Computer
from vedette.clock import SystemClock
from vedette.endpoint.downloads import Downloads
from vedette.endpoint.inspections import Inspections
from vedette.endpoint.settings import DownloadSettings
from vedette.errors import Unreadable
from vedette.facts.codec import decode
from vedette.facts.privacy import PrivateNames
from vedette.filefacts.facts import FileFacts, SignatureFacts
from vedette.host.events import Arrival
from vedette.testing.folders import FakeFolderWatch

URL = "https://me:secret@example.org/canary/tool.exe?session=1"


def look(descriptor: int) -> FileFacts:
    content = os.pread(descriptor, 1 << 20, 0)
    signature = SignatureFacts(
        present=b"signed" in content, digest_valid=True, chain="untrusted", signer="Canary Ltd"
    )
    return FileFacts(
        sha256=hashlib.sha256(content).hexdigest(),
        sha1="",
        md5="",
        size=len(content),
        entropy=2.5,
        similarity=None,
        kind="pe",
        signature=signature if content.startswith(b"MZ") else None,
    )


class Bench:
    def __init__(self, computer: Computer, folder: Path) -> None:
        self.computer = computer
        self.folder = folder
        self.look: Callable[[int], FileFacts] = look
        self.settings = DownloadSettings()
        computer.host.private = PrivateNames(users=frozenset({"canary"}))

    def _look(self, descriptor: int) -> FileFacts:
        return self.look(descriptor)

    def file(self, name: str, content: bytes = b"MZ signed", url: str | None = URL) -> Arrival:
        path = self.folder / name
        path.write_bytes(content)
        if url:
            self.computer.marks[str(path)] = url
        return Arrival(str(path), self.computer.clock.now())

    def downloads(self) -> Downloads:
        computer = self.computer
        return Downloads(
            computer.host,
            computer.intake,
            computer.hashes,
            Inspections(self._look, computer.spool.count),
            computer.origins,
            computer.clock,
            self.settings,
        )

    def rows(self) -> dict[str, list[Any]]:
        spool = self.computer.spool
        spool.seal(self.computer.membership.consent(), CATALOGUE.schemas, PRODUCT)
        sealed = spool.pending()
        assert sealed is not None
        (batch,) = decode(sealed.body).batches
        assert batch.item == "downloads"
        return CATALOGUE.schemas["downloads"].decode(batch)


@pytest.fixture
def bench(computer: Computer, tmp_path: Path) -> Bench:
    computer.join()
    computer.grant()
    folder = tmp_path / "downloads"
    folder.mkdir()
    return Bench(computer, folder)


def test_a_signed_program_is_reported_with_where_it_came_from(bench: Bench) -> None:
    bench.downloads().take(bench.file("tool.exe"))
    values = bench.rows()
    assert values["url"] == ["https://example.org/<user>/tool.exe"]
    assert values["size"] == [9]
    assert values["sha256"] == [hashlib.sha256(b"MZ signed").digest()]
    assert values["signature"] == ["untrusted"]
    assert values["signature_present"] == [True]
    assert values["signer"] == ["<user> Ltd"]
    assert "name" not in values


def test_what_is_no_signed_program_is_not_reported(bench: Bench) -> None:
    downloads = bench.downloads()
    downloads.take(bench.file("letter.pdf", b"%PDF signed"))
    downloads.take(bench.file("empty", b""))
    downloads.take(bench.file("unsigned.exe", b"MZ"))
    downloads.take(bench.file("copied.exe", url=None))
    downloads.take(bench.file("odd.exe", url="no address"))
    assert bench.computer.spool.waiting() == 0
    assert bench.computer.spool.counters() == {"downloads_without_origin": 2}


def test_the_same_download_is_reported_once_in_a_while(bench: Bench) -> None:
    downloads = bench.downloads()
    for name in ("tool.exe", "tool (1).exe"):
        downloads.take(bench.file(name))
    assert bench.computer.spool.waiting() == 1
    downloads.take(bench.file("tool.exe", url="https://elsewhere.org/tool.exe"))
    assert bench.computer.spool.waiting() == 2
    bench.computer.clock.advance(timedelta(hours=24).total_seconds())
    downloads.take(bench.file("tool.exe"))
    assert bench.computer.spool.waiting() == 3


def test_what_cannot_be_read_is_counted(bench: Bench, tmp_path: Path) -> None:
    downloads = bench.downloads()
    gone = bench.file("gone.exe")
    Path(gone.path).unlink()
    downloads.take(gone)
    outside = bench.file("../outside.exe")
    (bench.folder / "link.exe").symlink_to(outside.path)
    bench.computer.marks[str(bench.folder / "link.exe")] = URL
    downloads.take(Arrival(str(bench.folder / "link.exe"), gone.time))
    downloads.take(Arrival(str(bench.folder), gone.time))
    os.mkfifo(bench.folder / "pipe.exe")
    downloads.take(Arrival(str(bench.folder / "pipe.exe"), gone.time))
    assert bench.computer.spool.waiting() == 0
    assert bench.computer.spool.counters() == {"downloads_gone": 1, "downloads_unread": 2}


def test_a_file_that_changes_while_it_is_hashed_is_counted_and_taken_when_it_rests(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    hashes, arrival = bench.computer.hashes, bench.file("tool.exe")
    read = hashes._read
    changes = iter((b"MZ signed 1", b"MZ signed 22", b"MZ signed 333", b""))

    def changing(descriptor: int, found: os.stat_result) -> bytes:
        if content := next(changes):
            Path(arrival.path).write_bytes(content)
        return read(descriptor, found)

    monkeypatch.setattr(hashes, "_read", changing)
    downloads = bench.downloads()
    downloads.take(arrival)
    assert bench.computer.spool.counters() == {"downloads_unread": 1}
    monkeypatch.setattr(hashes, "_read", read)
    downloads.take(arrival)
    assert bench.rows()["size"] == [12]


def test_a_file_that_changes_before_it_is_looked_at_is_not_reported_as_the_other(
    bench: Bench,
) -> None:
    arrival = bench.file("tool.exe")

    def replaced(descriptor: int) -> FileFacts:
        Path(arrival.path).write_bytes(b"MZ signed by another")
        return look(descriptor)

    bench.look = replaced
    bench.downloads().take(arrival)
    assert bench.computer.spool.waiting() == 0
    assert bench.computer.spool.counters() == {
        "downloads_without_facts": 1,
        "files_without_facts": 1,
    }


def test_a_flood_is_bounded_and_counted(bench: Bench) -> None:
    bench.settings = DownloadSettings(most_per_second=1, burst=3)
    downloads = bench.downloads()
    for number in range(5):
        downloads.take(bench.file(f"{number}.exe", b"MZ signed %d" % number))
    assert bench.computer.spool.waiting() == 3
    assert bench.computer.spool.counters() == {"downloads_over_rate": 2}


@pytest.fixture
def stop() -> Iterator[threading.Event]:
    event = threading.Event()
    yield event
    event.set()


def test_folders_are_watched_while_there_is_consent_and_what_came_before_is_left(
    bench: Bench, stop: threading.Event
) -> None:
    computer, clock = bench.computer, SystemClock()
    watch = FakeFolderWatch(computer.clock)
    early, late = bench.file("early.exe"), bench.file("late.exe", b"MZ signed later")
    computer.withdraw()
    following = threading.Thread(target=bench.downloads().run, args=(watch, stop))
    following.start()
    watch.arrive(early.path)
    assert not watch.listened.wait(0.2)
    computer.grant()
    assert watch.listened.wait(5)
    watch.lose(3)
    watch.arrive(late.path)
    until = clock.monotonic() + 5
    while not computer.spool.waiting() and clock.monotonic() < until:
        clock.sleep(0.02)
    computer.withdraw()
    watch.arrive(early.path)
    clock.sleep(0.3)
    stop.set()
    following.join()
    assert computer.spool.waiting() == 0
    assert computer.spool.counters()["downloads_missed"] == 3


def test_unreadable_is_told_apart_from_gone(bench: Bench) -> None:
    def refuse(descriptor: int) -> Any:
        raise Unreadable("not permitted")

    bench.computer.hashes.of = refuse  # type: ignore[method-assign]
    bench.downloads().take(bench.file("tool.exe"))
    assert bench.computer.spool.counters() == {"downloads_unread": 1}
