"""What every execution control must do. The real one holds up real programs in a folder of the test's own."""

from __future__ import annotations

import os
import shutil
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from vedette.clock import SystemClock
from vedette.host import ExecutionControl, OpenedFile
from vedette.host.linux.execution import FanotifyControl
from vedette.testing.host import FakeExecutionControl

CLOCK = SystemClock()
DEADLINE = 0.4


@dataclass
class Scene:
    control: ExecutionControl
    execute: Callable[[Path], bool]  # whether the program could be started
    folder: Path

    @contextmanager
    def running(self, decide: Callable[[OpenedFile], bool]) -> Iterator[threading.Event]:
        stop = threading.Event()
        thread = threading.Thread(target=self.control.run, args=(decide, stop), daemon=True)
        thread.start()
        assert self.control.ready.wait(5)
        try:
            yield stop
        finally:
            stop.set()
            thread.join(5)
            assert not thread.is_alive()

    def program(self, name: str) -> Path:
        return Path(shutil.copy("/bin/true", self.folder / name))


def _start(program: Path) -> bool:
    try:
        subprocess.run([program], check=True)
    except PermissionError:
        return False
    return True


def _fanotify(folder: Path, deadline: float) -> Scene:
    return Scene(FanotifyControl([str(folder)], deadline=deadline), _start, folder)


def _fake(folder: Path, deadline: float) -> Scene:
    control = FakeExecutionControl(deadline=deadline)
    return Scene(control, lambda program: control.execute(str(program)), folder)


Make = Callable[[Path, float], Scene]


@pytest.fixture(
    params=[pytest.param(_fanotify, marks=pytest.mark.root), _fake], ids=["fanotify", "fake"]
)
def make(request: pytest.FixtureRequest) -> Make:
    chosen: Make = request.param
    return chosen


@pytest.fixture
def scene(make: Make, tmp_path: Path) -> Scene:
    return make(tmp_path, DEADLINE)


def _not_bad(opened: OpenedFile) -> bool:
    return not opened.path.endswith("/bad")


def test_denies_one_and_allows_another(scene: Scene) -> None:
    bad, good = scene.program("bad"), scene.program("good")
    with scene.running(_not_bad):
        assert not scene.execute(bad)
        assert scene.execute(good)
    counts = scene.control.counts
    assert (counts.allowed, counts.denied, counts.overdue, counts.errors) == (1, 1, 0, 0)


def test_the_decision_sees_the_content(scene: Scene) -> None:
    program = scene.program("program")
    seen: list[tuple[bytes, str, int]] = []

    def look(opened: OpenedFile) -> bool:
        seen.append((os.pread(opened.descriptor, 4, 0), opened.path, opened.pid))
        with pytest.raises(OSError, match="descriptor"):
            os.write(opened.descriptor, b"x")
        return True

    with scene.running(look):
        assert scene.execute(program)
    assert seen[0][:2] == (b"\x7fELF", str(program))
    assert seen[0][2] > 0


def test_a_hanging_decision_is_allowed_at_the_deadline_and_all_goes_on(scene: Scene) -> None:
    stuck, later = scene.program("stuck"), scene.program("later")
    release = threading.Event()

    def hang(opened: OpenedFile) -> bool:
        release.wait(30)
        return False

    with scene.running(hang):
        started = CLOCK.monotonic()
        assert scene.execute(stuck)
        assert DEADLINE * 0.9 < CLOCK.monotonic() - started < DEADLINE + 1
        assert scene.execute(later)
        assert subprocess.run(["/bin/true"], check=True).returncode == 0
        assert scene.control.counts.overdue == 2
        release.set()
    assert scene.control.counts.denied == 0


def test_decides_again_after_one_was_overdue(scene: Scene) -> None:
    slow, bad = scene.program("slow"), scene.program("bad")

    def decide(opened: OpenedFile) -> bool:
        if opened.path.endswith("/slow"):
            CLOCK.sleep(DEADLINE * 1.5)
        return _not_bad(opened)

    with scene.running(decide):
        assert scene.execute(slow)
        CLOCK.sleep(DEADLINE)
        assert not scene.execute(bad)
    assert scene.control.counts.overdue == 1
    assert scene.control.counts.denied == 1


def test_a_failing_decision_allows(scene: Scene, caplog: pytest.LogCaptureFixture) -> None:
    program = scene.program("program")

    def fail(opened: OpenedFile) -> bool:
        raise ZeroDivisionError

    with scene.running(fail):
        assert scene.execute(program)
        assert scene.execute(program)
    assert scene.control.counts.errors == 2
    assert "execution decision failed" in caplog.messages


def test_stopping_allows_what_is_pending(make: Make, tmp_path: Path) -> None:
    scene = make(tmp_path, 60)
    programs = [scene.program(f"program {n}") for n in range(3)]
    release, entered = threading.Event(), threading.Event()
    results: list[bool] = []

    def hang(opened: OpenedFile) -> bool:
        entered.set()
        release.wait(30)
        return False

    def execute(program: Path) -> None:
        results.append(scene.execute(program))

    with scene.running(hang) as stop:
        workers = [threading.Thread(target=execute, args=(program,)) for program in programs]
        for worker in workers:
            worker.start()
        assert entered.wait(5)
        CLOCK.sleep(0.2)
        assert results == []
        started = CLOCK.monotonic()
        stop.set()
        for worker in workers:
            worker.join(5)
        assert CLOCK.monotonic() - started < 2
        assert results == [True] * 3
    release.set()
    assert not scene.control.ready.is_set()


def test_nothing_is_held_up_before_and_after(scene: Scene) -> None:
    bad = scene.program("bad")
    assert scene.execute(bad)
    with scene.running(_not_bad):
        assert not scene.execute(bad)
    assert scene.execute(bad)
