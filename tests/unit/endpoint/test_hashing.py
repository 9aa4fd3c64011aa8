"""A digest is remembered exactly as long as the file is the same."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from vedette.clock import Clock, SystemClock
from vedette.endpoint.hashing import Hashes, opened
from vedette.errors import Unreadable
from vedette.testing.clock import ManualClock


class CountingHashes(Hashes):
    """Counts how often a file is really read, and does something meanwhile."""

    def __init__(self, clock: Clock, **bounds: int) -> None:
        super().__init__(clock, **bounds)
        self.reads = 0
        self.meanwhile: Callable[[], None] = lambda: None

    def _read(self, descriptor: int, found: os.stat_result) -> bytes:
        self.reads += 1
        self.meanwhile()
        return super()._read(descriptor, found)


@pytest.fixture
def later() -> ManualClock:
    """A clock well after the files of a test were written."""
    clock = ManualClock(SystemClock().now())
    clock.advance(60)
    return clock


def digest(hashes: Hashes, path: Path) -> bytes:
    with opened(str(path)) as descriptor:
        return hashes.of(descriptor).sha256


def test_a_file_is_read_once_while_it_is_the_same(tmp_path: Path, later: ManualClock) -> None:
    hashes, file = CountingHashes(later), tmp_path / "file"
    file.write_bytes(b"one" * 200_000)
    for _ in range(3):
        assert digest(hashes, file) == hashlib.sha256(b"one" * 200_000).digest()
    assert hashes.reads == 1
    os.utime(file, (1, 1))
    digest(hashes, file)
    assert hashes.reads == 2
    file.write_bytes(b"two")
    assert digest(hashes, file) == hashlib.sha256(b"two").digest()


def test_content_that_comes_with_an_old_time_is_noticed(tmp_path: Path, later: ManualClock) -> None:
    hashes, file = CountingHashes(later), tmp_path / "file"
    file.write_bytes(b"one")
    before = file.stat()
    digest(hashes, file)
    later.advance(60)
    file.write_bytes(b"two")
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert digest(hashes, file) == hashlib.sha256(b"two").digest()


def test_a_file_touched_just_now_is_not_remembered(tmp_path: Path) -> None:
    hashes, file = CountingHashes(ManualClock(SystemClock().now())), tmp_path / "file"
    file.write_bytes(b"one")
    digest(hashes, file)
    digest(hashes, file)
    assert hashes.reads == 2


def test_the_descriptor_stays_where_it_is(tmp_path: Path, later: ManualClock) -> None:
    (tmp_path / "file").write_bytes(b"content")
    with opened(str(tmp_path / "file")) as descriptor:
        os.lseek(descriptor, 3, os.SEEK_SET)
        facts = Hashes(later).of(descriptor).facts
        assert os.read(descriptor, 4) == b"tent"
    assert (facts.size, facts.inode) == (7, (tmp_path / "file").stat().st_ino)


def test_a_file_that_changes_is_read_again_and_then_given_up(
    tmp_path: Path, later: ManualClock
) -> None:
    hashes, file = CountingHashes(later), tmp_path / "file"
    file.write_bytes(b"one")

    def append() -> None:
        with file.open("ab") as out:
            out.write(b"more")

    hashes.meanwhile = append
    with pytest.raises(Unreadable, match="changes"):
        digest(hashes, file)
    assert hashes.reads == 2


def test_what_is_too_large_is_not_read_to_its_end(tmp_path: Path, later: ManualClock) -> None:
    (tmp_path / "file").write_bytes(b"12345")
    with pytest.raises(Unreadable, match="too large"):
        digest(Hashes(later, max_bytes=4), tmp_path / "file")
    assert digest(Hashes(later, max_bytes=5), tmp_path / "file")


def test_only_so_many_are_remembered(tmp_path: Path, later: ManualClock) -> None:
    hashes = CountingHashes(later, most=2)
    for name in ("a", "b", "a", "c", "a", "b"):
        file = tmp_path / name
        if not file.exists():
            file.write_bytes(name.encode())
        digest(hashes, file)
    assert hashes.reads == 4  # b was the one that nobody had asked for in a while


@pytest.mark.parametrize("kind", ["missing", "folder", "fifo"])
def test_what_is_no_file_is_never_opened(tmp_path: Path, kind: str) -> None:
    path = tmp_path / kind
    if kind == "folder":
        path.mkdir()
    if kind == "fifo":
        os.mkfifo(path)
    with pytest.raises(Unreadable) as caught, opened(str(path)):
        pass
    assert str(tmp_path) not in str(caught.value)
    assert caught.value.reason == ("gone" if kind == "missing" else "not a regular file")
