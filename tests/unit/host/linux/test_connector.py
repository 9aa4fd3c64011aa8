"""The process connector's own ways: rights, overrun, messages of others."""

from __future__ import annotations

import errno
import os
import socket
import struct
import subprocess
import threading
from pathlib import Path

import pytest

from vedette.clock import SystemClock
from vedette.errors import NotPermitted, Unsupported
from vedette.host import Launch, Missed
from vedette.host.backlog import Backlog
from vedette.host.linux import connector
from vedette.host.linux.connector import GONE, OVERRUN, ProcessConnector
from vedette.host.linux.processes import executed, program


class Socket:
    """Gives what a test put in, then nothing."""

    def __init__(self, *answers: object) -> None:
        self.answers = list(answers)

    def recvfrom(self, size: int) -> object:
        if not self.answers:
            raise BlockingIOError
        answer = self.answers.pop(0)
        if isinstance(answer, OSError):
            raise answer
        return answer


def _exec(pid: int, what: int = 2) -> bytes:
    event = struct.pack("=IIQII", what, 0, 0, pid, pid)
    return bytes(16) + struct.pack("=IIIIHH", 1, 1, 0, 0, len(event), 0) + event


def _drained(*answers: object) -> list[Launch | Missed]:
    backlog = Backlog()
    ProcessConnector()._drain(Socket(*answers), backlog)  # type: ignore[arg-type]
    backlog.end()
    return list(backlog)


def test_overrun_is_missed_and_not_the_end() -> None:
    overrun = OSError(errno.ENOBUFS, "no buffer space")
    taken = _drained(overrun, (_exec(os.getpid()), (0, 1)))
    assert taken[0] == Missed(1, OVERRUN)
    assert isinstance(taken[1], Launch)
    assert taken[1].path == program(os.getpid())


def test_a_process_already_gone_is_missed() -> None:
    gone = subprocess.Popen(["/bin/true"])
    gone.wait()
    assert _drained((_exec(gone.pid), (0, 1)), (_exec(gone.pid), (0, 1))) == [Missed(2, GONE)]


def test_only_the_kernel_and_only_execs_count() -> None:
    own = os.getpid()
    assert _drained((_exec(own), (own, 0)), (_exec(own, what=1), (0, 1)), (b"short", (0, 1))) == []


def test_other_errors_are_not_taken_for_an_overrun() -> None:
    with pytest.raises(OSError, match="broken"):
        _drained(OSError(errno.EIO, "broken"))


def test_without_root_it_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    with pytest.raises(NotPermitted, match="as root"):
        ProcessConnector().events(threading.Event())


@pytest.mark.root
def test_a_silent_kernel_is_unsupported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connector, "_ANSWER_SECONDS", 0.1)
    monkeypatch.setattr(connector, "_send", lambda *_: None)
    with pytest.raises(Unsupported, match="poll"):
        ProcessConnector().events(threading.Event())


def test_a_kernel_without_netlink_is_unsupported(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> socket.socket:
        raise OSError(errno.EPROTONOSUPPORT, "not supported")

    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(socket, "socket", refuse)
    with pytest.raises(Unsupported):
        ProcessConnector().events(threading.Event())


@pytest.mark.root
def test_a_removed_program_keeps_its_name_and_a_script_is_its_interpreter(tmp_path: Path) -> None:
    removed, script = tmp_path / "removed", tmp_path / "script"
    removed.write_bytes(Path("/bin/sleep").read_bytes())
    script.write_text("#!/bin/sh\nsleep 0.2\n")
    removed.chmod(0o755)
    script.chmod(0o755)
    stop = threading.Event()
    events = ProcessConnector().events(stop)
    with subprocess.Popen([removed, "0.5"]) as running:
        removed.unlink()
        assert program(running.pid) == str(removed)
        subprocess.run([script], check=True)
    SystemClock().sleep(0.1)
    stop.set()
    paths = [event.path for event in events if isinstance(event, Launch)]
    assert str(removed) in paths
    assert os.path.realpath("/bin/sh") in paths
    assert str(script) not in paths


def test_a_copy_of_its_parent_has_not_executed() -> None:
    assert executed(os.getpid())
    ready, done = os.pipe()
    child = os.fork()
    if child == 0:  # only waits, so that the copy can be looked at
        os.close(done)
        os.read(ready, 1)
        os._exit(0)
    try:
        assert not executed(child)
    finally:
        os.close(done)
        os.close(ready)
        os.waitpid(child, 0)
