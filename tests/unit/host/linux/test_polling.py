"""Polling: what was there before, what is only a copy, and what a process becomes."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from vedette.host import Launch, Missed
from vedette.host.linux import polling
from vedette.host.linux.polling import ProcPolling
from vedette.testing.clock import ManualClock


class Looks:
    """A clock whose ``sleep`` lets a test act between two looks; stops after the last act."""

    def __init__(self, stop: threading.Event) -> None:
        self.stop = stop
        self.acts: list[object] = []
        self._clock = ManualClock()
        self.now = self._clock.now
        self.monotonic = self._clock.monotonic

    def sleep(self, seconds: float, wake: threading.Event | None = None) -> bool:
        if not self.acts:
            self.stop.set()
            return True
        act = self.acts.pop(0)
        assert callable(act)
        act()
        return False


@pytest.fixture
def looks() -> Iterator[Looks]:
    stop = threading.Event()
    yield Looks(stop)
    stop.set()


def _watch(looks: Looks, *acts: object) -> list[Launch | Missed]:
    looks.acts = list(acts)
    return list(ProcPolling(clock=looks).events(looks.stop))


def test_what_runs_already_is_no_launch_and_a_new_one_is_told_once(looks: Looks) -> None:
    started: list[subprocess.Popen[bytes]] = []
    with subprocess.Popen(["/bin/sleep", "60"]) as before:
        events = _watch(
            looks, lambda: started.append(subprocess.Popen(["/bin/sleep", "60"])), lambda: None
        )
        for process in (before, *started):
            process.kill()
            process.wait()
    pids = [event.pid for event in events if isinstance(event, Launch)]
    assert before.pid not in pids
    assert pids.count(started[0].pid) == 1


def test_a_fork_is_no_launch_until_it_executes(looks: Looks) -> None:
    # The child is a copy of this interpreter first, and becomes `sleep` on a word.
    code = (
        "import os, sys\nchild = os.fork()\n"
        "if child == 0:\n    sys.stdin.read(1); os.execv('/bin/sleep', ['sleep', '60'])\n"
        "print(child, flush=True); os.wait()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as parent:
        assert parent.stdin
        assert parent.stdout
        child = int(parent.stdout.readline())

        def become() -> None:
            assert parent.stdin
            parent.stdin.write("x")
            parent.stdin.flush()
            while "sleep" not in str(Path(f"/proc/{child}/exe").readlink()):
                pass

        events = _watch(looks, lambda: None, become, lambda: None)
        os.kill(child, 9)
    seen = [event.path for event in events if isinstance(event, Launch) and event.pid == child]
    assert seen == [os.path.realpath("/bin/sleep")]


def test_what_is_closed_to_it_is_counted_once(
    looks: Looks, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[subprocess.Popen[bytes]] = []

    def closed(pid: int) -> str:
        if started and pid == started[0].pid:
            raise PermissionError
        return "/bin/other"

    monkeypatch.setattr(polling, "program", closed)
    events = _watch(
        looks, lambda: started.append(subprocess.Popen(["/bin/sleep", "60"])), lambda: None
    )
    started[0].kill()
    started[0].wait()
    assert [event for event in events if isinstance(event, Missed)] == [Missed(1, "not permitted")]


def test_forgets_what_has_ended() -> None:
    known: dict[int, str] = {2**22: "/gone"}
    for _ in polling._changes(known):
        pass
    assert 2**22 not in known
    assert os.getpid() in known
