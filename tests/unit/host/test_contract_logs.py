"""What every log that is followed must do, be it a file, the journal, the kernel's, a socket, or made by a test."""

from __future__ import annotations

import os
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from vedette.clock import SystemClock
from vedette.host.events import Gap, Log, LogEntry, Mark
from vedette.host.linux.following import FollowedFile
from vedette.host.linux.journal import Journal
from vedette.host.linux.kernel_log import KernelLog
from vedette.host.linux.log_socket import SyslogSocket
from vedette.host.log_lines import system
from vedette.testing.logs import FakeLog

CLOCK = SystemClock()

# Prints what it finds in the file of its first argument, entries of the journal, as journalctl does.
JOURNALCTL = """
import os, sys, time
path, *options = sys.argv[1:]
after = [o.partition("=")[2] for o in options if o.startswith("--after-cursor=")]
names = {o.partition("=")[2] for o in options if o.startswith("--identifier=")}
assert "--output=export" in options and "--system" in options
assert not [o for o in options if o.startswith("--identifier=kernel")]
printed, passed = 0, not after
while True:
    entries = open(path).read().split("\\n\\n")[:-1]
    if "--lines=1" in options:
        print("\\n".join(entries[-1:]), end="\\n\\n" if entries else "")
        break
    for entry in entries[printed:]:
        fields = dict(line.split("=", 1) for line in entry.splitlines())
        if passed and fields["SYSLOG_IDENTIFIER"] in names:
            print(entry, end="\\n\\n", flush=True)
        passed = passed or fields["__CURSOR"] in after
        printed += 1
    if "--follow" not in options:
        break
    time.sleep(0.02)
"""


@dataclass
class Scene:
    open: Callable[[], Log]  # as each run of the agent does
    write: Callable[[str], None]  # of the program "test"
    spoil: Callable[[], None]
    program: str = "test"
    keeps: bool = True  # what is written while nobody listens
    close: Callable[[], object] = bool


def _file(folder: Path) -> Scene:
    path = folder / "messages"
    path.touch()

    def append(data: bytes) -> None:
        with path.open("ab") as file:
            file.write(data)

    return Scene(
        lambda: FollowedFile(str(path), system, wait=0.05),
        lambda text: append(f"2026-11-24T14:47:44Z host test[1]: {text}\n".encode()),
        lambda: append(b"\xff\0garbage\n"),
    )


def _journal(folder: Path) -> Scene:
    path, script, written = folder / "journal", folder / "journalctl.py", [0]
    path.touch()
    script.write_text(JOURNALCTL)

    def append(text: str) -> None:
        written[0] += 1
        fields = f"SYSLOG_IDENTIFIER=test\n_UID=0\n__CURSOR=s={written[0]};i=1\n{text}\n\n"
        with path.open("a") as file:
            file.write(fields)

    command = (sys.executable, str(script), str(path))
    return Scene(
        lambda: Journal({"test"}, command),
        lambda text: append(f"MESSAGE={text}"),
        lambda: append("MESSAGE=\n no field="),
    )


def _kernel(folder: Path) -> Scene:
    """A device that gives a record a read, and all of them to everyone who opens it."""
    records: list[bytes] = []
    readers: list[socket.socket] = []

    def write(record: bytes) -> None:
        records.append(record)
        for reader in readers:
            with suppress(BrokenPipeError):  # it has closed the device
                reader.send(record)

    def opened() -> int:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        theirs.setblocking(False)
        for record in filter(None, records):
            ours.send(record)
        readers.append(ours)
        return theirs.detach()

    def said(text: str) -> None:
        write(f"6,{len(records)},1000000,-;{text}\n SUBSYSTEM=x\n".encode())

    def lose() -> None:
        records.append(b"")  # a number that is never seen

    def close() -> None:
        for reader in readers:
            reader.close()

    return Scene(
        lambda: KernelLog(opened=opened, boot="this"), said, lose, program="kernel", close=close
    )


def _unix(folder: Path) -> Scene:
    path = str(folder / "log")

    def send(data: bytes) -> None:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
            try:
                sender.sendto(data, path)
            except (FileNotFoundError, ConnectionRefusedError):
                return  # as syslog(3) does

    return Scene(
        lambda: SyslogSocket(path),
        lambda text: send(f"<13>Nov 24 14:47:44 test[1]: {text}".encode()),
        lambda: send(b"\xff\xfe"),
        keeps=False,
    )


def _udp(folder: Path) -> Scene:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]

    def send(data: bytes) -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            sender.sendto(data, ("127.0.0.1", port))

    return Scene(
        lambda: SyslogSocket(port=port),
        lambda text: send(f"<13>1 2026-11-24T14:47:44Z host test - - - {text}".encode()),
        lambda: send(b"\xff\xfe"),
        keeps=False,
    )


def _fake(folder: Path) -> Scene:
    log = FakeLog()
    return Scene(
        lambda: log,
        lambda text: log.write(LogEntry("test", text)),
        lambda: log.write(Gap(1, "garbage")),
    )


@pytest.fixture(params=[_file, _journal, _kernel, _unix, _udp, _fake])
def scene(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Scene]:
    make: Callable[[Path], Scene] = request.param
    scene = make(tmp_path)
    yield scene
    scene.close()


class Run:
    """One run of the agent, which ends without a word."""

    def __init__(self, scene: Scene, mark: Mark | None = None) -> None:
        self.stop = threading.Event()
        self.mark = mark
        self.gaps: list[Gap] = []
        self._scene = scene
        self._entries = scene.open().entries(mark, self.stop)
        if mark is None or not scene.keeps:
            self.take(0)

    def take(self, count: int) -> list[str]:
        """The next entries, and whatever comes until ``None`` after them. The last mark is kept."""
        found: list[str] = []
        until = CLOCK.monotonic() + 10
        while CLOCK.monotonic() < until:
            told = next(self._entries)
            if told is None:
                if len(found) >= count:
                    break
                continue
            self.mark, what = told
            if isinstance(what, LogEntry):
                assert what.program == self._scene.program
                assert what.time is None or what.time.utcoffset() is not None
                found.append(what.text)
            elif what.count:
                self.gaps.append(what)
        return found

    def end(self) -> None:
        """The agent stops; another may begin."""
        self.stop.set()
        for _ in self._entries:
            pass


@pytest.fixture
def run(scene: Scene) -> Iterator[Callable[[Mark | None], Run]]:
    runs: list[Run] = []

    def begin(mark: Mark | None = None) -> Run:
        runs.append(Run(scene, mark))
        return runs[-1]

    yield begin
    for one in runs:
        one.end()


def test_tells_of_what_is_written_from_now_on(
    scene: Scene, run: Callable[[Mark | None], Run]
) -> None:
    scene.write("before")
    first = run(None)
    scene.write("one")
    scene.write("two")
    assert first.take(2) == ["one", "two"]


def test_a_later_run_goes_on_behind_its_mark(
    scene: Scene, run: Callable[[Mark | None], Run]
) -> None:
    first = run(None)
    first.end()
    for text in ("one", "two"):
        scene.write(text)
    second = run(first.mark)
    assert second.take(2 * scene.keeps) == (["one", "two"] if scene.keeps else [])
    scene.write("three")
    assert second.take(1) == ["three"]
    second.end()
    third = run(second.mark)
    scene.write("four")
    assert third.take(1) == ["four"]


def test_what_is_spoilt_is_told_and_costs_only_itself(
    scene: Scene, run: Callable[[Mark | None], Run]
) -> None:
    first = run(None)
    scene.write("one")
    scene.spoil()
    scene.write("two")
    found = first.take(2)
    assert [text for text in found if text] == ["one", "two"]
    assert sum(gap.count for gap in first.gaps) == 1


def test_a_mark_is_short_and_the_name_stays(
    scene: Scene, run: Callable[[Mark | None], Run]
) -> None:
    first = run(None)
    scene.write("one")
    first.take(1)
    assert first.mark is not None
    assert len(first.mark.value) < 200
    assert scene.open().name == scene.open().name


def test_ends_soon_after_it_is_told_to(scene: Scene) -> None:
    stop = threading.Event()
    entries = scene.open().entries(None, stop)
    threading.Timer(0.1, stop.set).start()
    began = CLOCK.monotonic()
    for _ in entries:
        pass
    assert CLOCK.monotonic() - began < 1.5


def test_says_now_and_then_that_nothing_comes(scene: Scene) -> None:
    stop = threading.Event()
    entries = scene.open().entries(None, stop)
    assert next(entries) is not None
    assert next(entries) is None
    stop.set()
    assert set(entries) <= {None}


def test_the_kernel_says_where_it_was_overrun(tmp_path: Path) -> None:
    scene = _kernel(tmp_path)
    first = Run(scene)
    first.end()
    scene.spoil()
    scene.spoil()
    scene.write("later")
    second = Run(scene, first.mark)
    assert second.take(1) == ["later"]
    assert [gap.count for gap in second.gaps] == [2]
    second.end()
    scene.close()


def test_what_programs_write_into_the_kernels_log_does_not_count(tmp_path: Path) -> None:
    def opened() -> int:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        theirs.setblocking(False)
        ours.send(b"12,0,1,-;forged\n")
        ours.send(b"4,1,1,-;true\\x20\\x5c\\x0a\n")
        kept.append(ours)
        return theirs.detach()

    kept: list[socket.socket] = []
    entries = KernelLog(opened=opened, boot="this").entries(
        Mark("another boot:77"), threading.Event()
    )
    told = next(entries)
    assert told is not None
    mark, what = told
    assert isinstance(what, LogEntry)
    assert (mark.value, what.text) == ("this:1", "true \\\\x0a")
    for one in kept:
        one.close()


@pytest.mark.root
def test_what_a_persons_program_logs_does_not_count(tmp_path: Path) -> None:
    scene = _unix(tmp_path)
    for folder in (tmp_path, *tmp_path.parents[:2]):
        folder.chmod(0o755)
    listener = Run(scene)
    child = os.fork()
    if child == 0:
        os.setuid(1000)
        scene.write("forged")
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
    scene.write("true")
    assert listener.take(1) == ["true"]
    listener.end()
