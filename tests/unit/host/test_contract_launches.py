"""What every source of launches must do, whether it is told or looks by itself."""

from __future__ import annotations

import itertools
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from vedette.clock import SystemClock
from vedette.host import Launch, LaunchSource, Missed
from vedette.host.linux.connector import ProcessConnector
from vedette.host.linux.polling import ProcPolling
from vedette.testing.host import FakeLaunchSource

CLOCK = SystemClock()


@dataclass
class Scene:
    source: LaunchSource
    run: Callable[[Path], None]  # starts a program that lasts a moment


def _really(program: Path) -> None:
    subprocess.run([program, "0.3"], check=True)


def _connector() -> Scene:
    return Scene(ProcessConnector(), _really)


def _polling() -> Scene:
    return Scene(ProcPolling(interval=0.05), _really)


def _fake() -> Scene:
    source = FakeLaunchSource()
    return Scene(source, lambda program: source.launch(str(program)))


@pytest.fixture(
    params=[pytest.param(_connector, marks=pytest.mark.root), _polling, _fake],
    ids=["connector", "polling", "fake"],
)
def scene(request: pytest.FixtureRequest) -> Scene:
    make: Callable[[], Scene] = request.param
    return make()


@pytest.fixture
def stop() -> Iterator[threading.Event]:
    event = threading.Event()
    yield event
    event.set()


@pytest.fixture
def program(tmp_path: Path) -> Path:
    return Path(shutil.copy("/bin/sleep", tmp_path / "watched program"))


def _wait(seconds: float) -> None:
    CLOCK.sleep(seconds)


def _after(stop: threading.Event, *steps: Callable[[], None]) -> threading.Thread:
    def work() -> None:
        for step in steps:
            step()
        stop.set()

    thread = threading.Thread(target=work)
    thread.start()
    return thread


def test_tells_of_a_launch_from_the_call_on(
    scene: Scene, stop: threading.Event, program: Path
) -> None:
    events = scene.source.events(stop)  # already listening, though nobody has taken anything
    worker = _after(stop, lambda: scene.run(program), lambda: _wait(0.2))
    seen = [e for e in events if isinstance(e, Launch) and e.path == str(program)]
    worker.join()
    assert len(seen) == 1
    assert seen[0].pid > 0
    assert seen[0].time.utcoffset() is not None


def test_ends_soon_after_it_is_told_to(scene: Scene, stop: threading.Event) -> None:
    events = scene.source.events(stop)
    threading.Timer(0.1, stop.set).start()
    started = CLOCK.monotonic()
    for _ in events:
        pass
    assert CLOCK.monotonic() - started < 2


def test_says_what_it_is(scene: Scene) -> None:
    assert scene.source.name
    assert scene.source.polling == ("polling" in scene.source.name)


def _quick_real(count: int) -> None:
    # From another process, as launches come: this one's own threads are free to listen.
    loop = f"import subprocess\nfor _ in range({count}): subprocess.run(['/bin/true'], check=True)"
    subprocess.run([sys.executable, "-c", loop], check=True)


@pytest.mark.parametrize(
    "make",
    [
        pytest.param(_connector, marks=pytest.mark.root, id="connector"),
        pytest.param(_fake, id="fake"),
    ],
)
def test_every_quick_launch_is_seen_or_counted(
    make: Callable[[], Scene], stop: threading.Event
) -> None:
    scene, count = make(), 500

    def quick() -> None:
        if isinstance(scene.source, FakeLaunchSource):
            for number in range(count):
                scene.source.miss(1) if number % 10 == 0 else scene.source.launch("/bin/true")
        else:
            _quick_real(count)

    events = scene.source.events(stop)
    worker = _after(stop, quick, lambda: _wait(0.3))
    taken = list(events)
    worker.join()
    true = {"/bin/true", "/usr/bin/true"}
    seen = sum(isinstance(e, Launch) and e.path in true for e in taken)
    missed = sum(e.count for e in taken if isinstance(e, Missed))
    assert seen + missed >= count
    assert seen >= count // 2


def test_what_a_slow_reader_leaves_is_counted(stop: threading.Event) -> None:
    source = FakeLaunchSource(backlog=10)
    events = source.events(stop)
    for _ in range(100):
        source.launch("/bin/true")
    stop.set()
    taken = list(events)
    assert sum(isinstance(e, Launch) for e in taken) == 10
    assert sum(e.count for e in taken if isinstance(e, Missed)) == 90


@pytest.mark.root
def test_a_slow_reader_of_the_connector_loses_nothing_uncounted(stop: threading.Event) -> None:
    events = ProcessConnector(backlog=20).events(stop)
    _quick_real(100)
    CLOCK.sleep(0.2)
    stop.set()
    taken = list(itertools.islice(events, 1000))
    total = sum(e.count if isinstance(e, Missed) else 1 for e in taken)
    assert total >= 100
    assert len(taken) <= 30
