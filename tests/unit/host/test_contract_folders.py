"""What every watch on folders must do."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from vedette.clock import SystemClock
from vedette.host.events import Arrival, FolderWatch, Gap
from vedette.host.linux.arrivals import ArrivingFiles
from vedette.testing.folders import FakeFolderWatch

CLOCK = SystemClock()


@dataclass
class Scene:
    watch: FolderWatch
    arrive: Callable[[Path], None]


def _really(path: Path) -> None:
    path.write_bytes(b"content")


def _inotify(folder: Path) -> Scene:
    return Scene(ArrivingFiles(lambda: [str(folder)], settle=0.05), _really)


def _fake(folder: Path) -> Scene:
    watch = FakeFolderWatch()
    return Scene(watch, lambda path: watch.arrive(str(path)))


@pytest.fixture(params=[_inotify, _fake], ids=["inotify", "fake"])
def scene(request: pytest.FixtureRequest, tmp_path: Path) -> Scene:
    scene: Scene = request.param(tmp_path)
    return scene


@pytest.fixture
def stop() -> Iterator[threading.Event]:
    event = threading.Event()
    yield event
    event.set()


def test_tells_of_what_arrives_from_the_call_on(
    scene: Scene, stop: threading.Event, tmp_path: Path
) -> None:
    scene.arrive(tmp_path / "before")
    arrivals = scene.watch.arrivals(stop)
    paths = [tmp_path / f"file {number}" for number in range(3)]
    before = CLOCK.now()
    for path in paths:
        scene.arrive(path)
    threading.Timer(1.0, stop.set).start()
    seen = list(arrivals)
    assert [arrival.path for arrival in seen if isinstance(arrival, Arrival)] == [*map(str, paths)]
    assert not any(isinstance(one, Gap) for one in seen)
    assert all(before <= one.time <= CLOCK.now() for one in seen if isinstance(one, Arrival))


def test_ends_soon_after_it_is_told_to(scene: Scene, stop: threading.Event) -> None:
    arrivals = scene.watch.arrivals(stop)
    threading.Timer(0.1, stop.set).start()
    began = CLOCK.monotonic()
    assert list(arrivals) == []
    assert CLOCK.monotonic() - began < 1.5
