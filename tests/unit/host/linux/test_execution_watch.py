"""Scripts and foreign programs in watched folders: the file that is executed is told of, not its interpreter."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.filefacts.authenticode.signer import program
from vedette.clock import SystemClock
from vedette.errors import NotPermitted
from vedette.host import Launch, Missed
from vedette.host.linux import fanotify
from vedette.host.linux.execution_watch import OVERRUN, ExecutionWatch

CLOCK = SystemClock()
pytestmark = pytest.mark.root


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "watched").mkdir()
    return tmp_path / "watched"


class Told:
    def __init__(self, *folders: Path, backlog: int = 8192) -> None:
        self._stop = threading.Event()
        watch = ExecutionWatch([*map(str, folders)], backlog=backlog)
        self._events = watch.events(self._stop)
        self._thread = threading.Thread(target=lambda: self.events.extend(self._events))
        self.events: list[Launch | Missed] = []

    def follow(self) -> None:
        self._thread.start()

    def all(self) -> list[Launch | Missed]:
        CLOCK.sleep(0.5)
        self._stop.set()
        if not self._thread.ident:
            self.follow()
        self._thread.join()
        return self.events

    def paths(self) -> set[str]:
        return {event.path for event in self.all() if isinstance(event, Launch)}


@contextlib.contextmanager
def told(*folders: Path) -> Iterator[Told]:
    told = Told(*folders)
    told.follow()
    try:
        yield told
    finally:
        told.all()


def executable(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    path.chmod(0o755)
    return path


def script(path: Path) -> Path:
    return executable(path, b"#!/bin/sh\nexit 0\n")


def run(path: Path) -> None:
    with contextlib.suppress(OSError):  # "exec format error": there is nothing here to run it with
        subprocess.run([path], check=False)


def test_a_script_and_a_program_of_windows_are_told_of(folder: Path) -> None:
    paths = [script(folder / "run me"), executable(folder / "tool.exe", program())]
    (folder / "read.sh").write_bytes(b"#!/bin/sh\n")
    with told(folder) as seen:
        for path in paths:
            run(path)
        (folder / "read.sh").read_bytes()
        subprocess.run(["/bin/sh", folder / "read.sh"], check=True)  # an argument, not executed
        assert seen.paths() == {*map(str, paths)}


def test_who_ran_it_and_when_is_told(folder: Path) -> None:
    path = script(folder / "tool")
    before = CLOCK.now()
    with told(folder) as seen:
        with subprocess.Popen([path]) as process:
            pass
        (event,) = seen.all()
    assert isinstance(event, Launch)
    assert event.pid == process.pid
    assert before <= event.time <= CLOCK.now()


def test_elf_files_are_left_to_the_connector(folder: Path) -> None:
    copy = shutil.copy("/bin/true", folder / "true")
    with told(folder) as seen:
        subprocess.run([copy], check=True)
        assert seen.all() == []


def test_new_folders_are_watched_and_others_are_not(folder: Path, tmp_path: Path) -> None:
    with told(folder, tmp_path / "missing") as seen:
        (folder / "new/inner").mkdir(parents=True)
        CLOCK.sleep(0.5)
        inner, outside = script(folder / "new/inner/tool"), script(tmp_path / "tool")
        run(inner)
        run(outside)
        assert seen.paths() == {str(inner)}


def test_a_slow_reader_is_told_how_many_it_missed(folder: Path) -> None:
    seen = Told(folder, backlog=4)
    for number in range(20):
        run(script(folder / f"{number}"))
    events = seen.all()
    launches = [event for event in events if isinstance(event, Launch)]
    assert len(launches) == 4
    assert len(launches) + sum(e.count for e in events if isinstance(e, Missed)) == 20


def test_what_the_kernel_lost_is_counted(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    executions = fanotify.executions
    lost = iter([fanotify.Execution(-1, 0)])

    def losing(group: int) -> Iterator[fanotify.Execution]:
        yield from lost
        yield from executions(group)

    monkeypatch.setattr(fanotify, "executions", losing)
    path = script(folder / "tool")
    with told(folder) as seen:
        run(path)
        events = seen.all()
    assert events[0] == Missed(1, OVERRUN)
    assert isinstance(events[1], Launch)


def test_without_root_it_says_so(folder: Path) -> None:
    code = (
        "import os, threading\n"
        "from vedette.host.linux.execution_watch import ExecutionWatch\n"
        "os.setuid(65534)\n"
        "ExecutionWatch(['/tmp']).events(threading.Event())\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert NotPermitted.__name__ in done.stderr
    assert os.geteuid() == 0
