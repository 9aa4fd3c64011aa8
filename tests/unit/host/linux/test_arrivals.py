"""Files that arrive: as browsers and people let them, in folders that come and go, and more than can be taken."""

from __future__ import annotations

import os
import shutil
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from vedette.clock import SystemClock
from vedette.errors import Unsupported
from vedette.host.events import Arrival, Gap
from vedette.host.linux import arrivals as module
from vedette.host.linux import inotify
from vedette.host.linux.arrivals import ArrivingFiles

SETTLE = 0.1
CLOCK = SystemClock()


class Watch:
    """What is told while a test does something."""

    def __init__(self, folders: Callable[[], list[str]], limit: int = 4096) -> None:
        self._stop = threading.Event()
        self.told: list[Arrival | Gap] = []
        source = ArrivingFiles(folders, settle=SETTLE, limit=limit).arrivals(self._stop)
        self._thread = threading.Thread(target=lambda: self.told.extend(source))
        self._thread.start()

    def end(self) -> None:
        self._stop.set()
        self._thread.join()

    def paths(self, wait: float = 0.5) -> list[str]:
        """All that arrived, once nothing more comes."""
        CLOCK.sleep(wait)
        self.end()
        return [one.path for one in self.told if isinstance(one, Arrival)]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "watched").mkdir()
    return tmp_path / "watched"


@pytest.fixture
def watch(folder: Path) -> Iterator[Watch]:
    watch = Watch(lambda: [str(folder)])
    yield watch
    watch.end()


def test_a_download_is_told_of_under_its_last_name(watch: Watch, folder: Path) -> None:
    for suffix in (".part", ".crdownload"):
        unfinished = folder / f"tool{suffix}.exe{suffix}"
        unfinished.write_bytes(b"MZ")
        CLOCK.sleep(2 * SETTLE)
        unfinished.rename(folder / f"tool{suffix}.exe")
    assert watch.paths() == [str(folder / "tool.part.exe"), str(folder / "tool.crdownload.exe")]


def test_it_is_told_once_it_is_left_alone(watch: Watch, folder: Path) -> None:
    file = folder / "tool.exe"
    began = CLOCK.monotonic()
    for _ in range(4):
        file.write_bytes(b"MZ")
        CLOCK.sleep(SETTLE / 2)
    os.setxattr(file, "user.xdg.origin.url", b"https://example.org/")
    while not watch.told and CLOCK.monotonic() < began + 5:
        CLOCK.sleep(0.01)
    assert CLOCK.monotonic() - began > 3 * SETTLE
    assert watch.paths() == [str(file)]


def test_one_that_is_never_left_alone_is_told_all_the_same(watch: Watch, folder: Path) -> None:
    file = folder / "tool.exe"
    until = CLOCK.monotonic() + 20 * SETTLE
    while not watch.told and CLOCK.monotonic() < until:
        file.write_bytes(b"MZ")
        CLOCK.sleep(SETTLE / 4)
    assert watch.told


def test_an_open_file_has_not_arrived(watch: Watch, folder: Path) -> None:
    with (folder / "tool.exe").open("wb") as file:
        file.write(b"MZ")
        file.flush()
        CLOCK.sleep(3 * SETTLE)
        assert watch.told == []
    assert watch.paths() == [str(folder / "tool.exe")]


def test_a_moved_file_arrives_and_a_read_one_does_not(
    watch: Watch, folder: Path, tmp_path: Path
) -> None:
    (tmp_path / "elsewhere").write_bytes(b"MZ")
    (tmp_path / "elsewhere").rename(folder / "moved")
    assert watch.paths() == [str(folder / "moved")]


def test_new_folders_are_watched_with_what_they_hold(
    watch: Watch, folder: Path, tmp_path: Path
) -> None:
    (tmp_path / "archive/inner").mkdir(parents=True)
    (tmp_path / "archive/inner/first").write_bytes(b"1")
    shutil.move(tmp_path / "archive", folder / "archive")
    (folder / "made/at/once").mkdir(parents=True)
    (folder / "made/at/once/second").write_bytes(b"2")
    CLOCK.sleep(3 * SETTLE)
    (folder / "archive/inner/third").write_bytes(b"3")
    seen = watch.paths()
    assert sorted(seen) == [
        str(folder / "archive/inner/first"),
        str(folder / "archive/inner/third"),
        str(folder / "made/at/once/second"),
    ]


def test_a_link_leads_nowhere(watch: Watch, folder: Path, tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    (folder / "link").symlink_to(tmp_path / "outside")
    CLOCK.sleep(2 * SETTLE)
    (tmp_path / "outside/file").write_bytes(b"1")
    assert watch.paths() == []


def test_folders_come_and_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_LOOK_AGAIN", 0.2)
    first, second = tmp_path / "first", tmp_path / "second"
    first.mkdir()
    wanted = [str(first), str(second)]
    watch = Watch(lambda: wanted)
    (first / "1").write_bytes(b"1")
    CLOCK.sleep(0.8)
    second.mkdir()
    (second / "2").write_bytes(b"2")
    CLOCK.sleep(0.8)
    wanted.remove(str(first))
    shutil.rmtree(second)
    second.mkdir()
    CLOCK.sleep(1.2)
    (first / "3").write_bytes(b"3")
    (second / "4").write_bytes(b"4")
    assert watch.paths() == [str(first / "1"), str(second / "2"), str(second / "4")]


def test_what_the_kernel_lost_is_a_gap_and_the_watch_goes_on(
    watch: Watch, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    noticed = inotify.noticed
    lost = iter([True])

    def losing(descriptor: int) -> Iterator[inotify.Noticed]:
        if next(lost, False):
            CLOCK.sleep(0.1)  # until the file is closed
            list(noticed(descriptor))
            (folder / "unseen").mkdir()
            list(noticed(descriptor))
            return iter([inotify.Noticed(-1, inotify.OVERFLOW, "")])
        return noticed(descriptor)

    monkeypatch.setattr(inotify, "noticed", losing)
    (folder / "lost").write_bytes(b"1")
    CLOCK.sleep(0.3)
    (folder / "unseen/found").write_bytes(b"2")
    assert watch.paths() == [str(folder / "unseen/found")]
    assert Gap(1, module.OVERRUN) in watch.told


def test_more_files_and_folders_than_can_be_kept_are_counted(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_MOST", 3)
    watch = Watch(lambda: [str(folder)], limit=1)
    (folder / "beyond").mkdir()
    for number in range(5):
        (folder / str(number)).write_bytes(b"1")
    seen = watch.paths()
    gaps: Counter[str] = Counter()
    for one in watch.told:
        if isinstance(one, Gap):
            gaps[one.reason] += one.count
    assert len(seen) + gaps[module.FULL] == 5
    assert len(seen) >= 3
    assert gaps[module.UNWATCHED] == 1


def test_without_inotify_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(flags: int) -> int:
        return -1

    monkeypatch.setattr(inotify._libc, "inotify_init1", refuse)
    with pytest.raises(Unsupported, match="max_user_instances"):
        ArrivingFiles(list).arrivals(threading.Event())
