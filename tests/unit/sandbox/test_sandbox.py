"""One bad file costs only its own call, and a worker leaves nothing behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.unit.sandbox.behaviour import Seen
from vedette.clock import SystemClock
from vedette.errors import (
    CallAnswerTooLarge,
    CallCrashed,
    CallFailed,
    CallOutOfMemory,
    CallTimedOut,
    SandboxError,
    SandboxUnusable,
)
from vedette.sandbox.limits import Limits
from vedette.sandbox.sandbox import Sandbox

CLOCK = SystemClock()
BEHAVIOUR = "tests.unit.sandbox.behaviour"
LIMITS = Limits(wall=10, memory=256 << 20)
Maker = Callable[..., Sandbox[Any]]


@pytest.fixture
def sandbox() -> Iterator[Maker]:
    made: list[Sandbox[Any]] = []

    def make(function: str = "obey", answer: Any = Seen, limits: Limits = LIMITS) -> Sandbox[Any]:
        made.append(Sandbox(f"{BEHAVIOUR}:{function}", answer, limits, CLOCK))
        return made[-1]

    yield make
    for one in made:
        one.close()


@pytest.fixture
def given(tmp_path: Path) -> Callable[[Sandbox[Any], bytes], Any]:
    """Has a sandbox look at a file with this content."""

    def give(sandbox: Sandbox[Any], content: bytes = b"good", **arguments: object) -> Any:
        path = tmp_path / "file"
        path.write_bytes(content)
        with path.open("rb") as file:
            return sandbox.call(file.fileno(), **arguments)

    return give


Given = Callable[..., Any]


def gone(pid: int) -> bool:
    """Whether there is no such process soon, not even a dead one."""
    until = CLOCK.monotonic() + 10
    while CLOCK.monotonic() < until:
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
        CLOCK.sleep(0.01)
    return False


def test_a_worker_looks_at_file_after_file(sandbox: Maker, given: Given) -> None:
    looking = sandbox("look")
    first, second = given(looking, b"12345"), given(looking, b"123", twice=True)
    assert (first.size, second.size) == (5, 6)
    assert first.pid == second.pid != os.getpid()


def test_arguments_arrive_as_they_are(sandbox: Maker, given: Given) -> None:
    now = datetime(2026, 11, 24, 12, tzinfo=UTC)
    knowing = sandbox("know", tuple[int, str])
    assert given(knowing, roots=[b"\x00\xff", b""], now=now) == (2, now.isoformat())


@pytest.mark.parametrize(
    ("deed", "error", "reason"),
    [
        (b"crash", CallCrashed, "SIGSEGV"),
        (b"abort", CallCrashed, "SIGABRT"),
        (b"leave", CallCrashed, "without an answer"),
        (b"end", CallCrashed, "status 7"),
        (b"hang", CallTimedOut, "too long"),
        (b"spin", CallTimedOut, "too long"),
        (b"devour", CallOutOfMemory, "memory"),
        (b"shout", CallCrashed, "not asked"),
        (b"close", CallCrashed, "socket"),
    ],
)
def test_a_bad_file_costs_its_own_call_and_the_next_one_works(
    sandbox: Maker, given: Given, deed: bytes, error: type[SandboxError], reason: str
) -> None:
    obeying = sandbox(
        limits=Limits(wall=1.0 if deed in {b"hang", b"spin"} else 10.0, memory=256 << 20)
    )
    before = given(obeying)
    with pytest.raises(error) as caught:
        given(obeying, deed)
    assert reason in caught.value.reason
    assert gone(before.pid)
    assert given(obeying).size == 4


@pytest.mark.parametrize(
    ("deed", "reason"), [(b"refuse", "no such luck"), (b"fail", "ZeroDivisionError")]
)
def test_a_function_that_raises_keeps_its_worker(
    sandbox: Maker, given: Given, deed: bytes, reason: str
) -> None:
    obeying = sandbox()
    before = given(obeying)
    with pytest.raises(CallFailed) as caught:
        given(obeying, deed)
    assert caught.value.reason == reason
    assert given(obeying).pid == before.pid


def test_processor_time_is_bounded_apart_from_the_clock(sandbox: Maker, given: Given) -> None:
    obeying = sandbox(limits=Limits(wall=60, cpu=1))
    began = CLOCK.monotonic()
    with pytest.raises(CallTimedOut):
        given(obeying, b"spin")
    assert CLOCK.monotonic() - began < 30


def test_a_large_file_may_take_longer(sandbox: Maker, given: Given) -> None:
    limits = Limits(wall=0.5, per_mib=1, addresses=4 << 30)
    assert limits.more_for(3 << 20) == 3
    assert limits.more_for(1 << 62) == 4096
    began = CLOCK.monotonic()
    with pytest.raises(CallTimedOut):
        given(sandbox("hang", int, limits), bytes(2 << 20))
    assert CLOCK.monotonic() - began >= 2.5


def test_an_answer_has_a_longest_length(sandbox: Maker, given: Given) -> None:
    babbling = sandbox("babble", bytes, Limits(answer=1000))
    assert len(given(babbling, size=900)) == 900
    with pytest.raises(CallAnswerTooLarge):
        given(babbling, size=1 << 20)
    assert len(given(babbling, size=900)) == 900


def test_endless_output_is_not_gathered(sandbox: Maker, given: Given) -> None:
    with pytest.raises(SandboxError):
        given(sandbox("flood", bytes, Limits(wall=2)))


def test_an_answer_of_another_form_is_no_answer(sandbox: Maker, given: Given) -> None:
    with pytest.raises(CallCrashed):
        given(sandbox("mislead"))


def test_a_worker_is_replaced_after_so_many_files(sandbox: Maker, given: Given) -> None:
    looking = sandbox("look", limits=Limits(calls=3))
    workers = [given(looking).pid for _ in range(7)]
    assert [workers.count(pid) for pid in dict.fromkeys(workers)] == [3, 3, 1]
    assert gone(workers[0])


def test_a_worker_that_is_not_asked_ends(sandbox: Maker, given: Given) -> None:
    looking = sandbox("look", limits=Limits(idle=0.2))
    first = given(looking)
    until = CLOCK.monotonic() + 10
    while looking.resident and CLOCK.monotonic() < until:
        CLOCK.sleep(0.01)
    assert not looking.resident
    second = given(looking)
    assert (second.size, second.pid == first.pid) == (4, False)


def test_a_worker_may_end_just_as_it_is_asked(sandbox: Maker, given: Given) -> None:
    looking = sandbox("look", limits=Limits(idle=0.01))
    for pause in range(40):
        assert given(looking).size == 4
        CLOCK.sleep(0.009 + pause / 20_000)


def test_a_worker_prepares_before_its_doors_close(sandbox: Maker, given: Given) -> None:
    assert given(sandbox("prepared", int)) == 1


def test_descriptors_do_not_leak(sandbox: Maker, given: Given) -> None:
    obeying, counting = sandbox(), sandbox("open_descriptors", int)
    given(obeying), given(counting)
    before = len(list(Path("/proc/self/fd").iterdir()))
    for deed in (b"good", b"crash", b"refuse", b"good") * 3:
        try:
            given(obeying, deed)
        except SandboxError:
            continue
    given(obeying)
    assert {given(counting) for _ in range(20)} == {4}  # the socket, nothing twice, the file
    assert len(list(Path("/proc/self/fd").iterdir())) == before


def test_a_worker_that_keeps_descriptors_is_soon_at_its_end(sandbox: Maker, given: Given) -> None:
    obeying = sandbox()
    failed = 0
    for _ in range(40):
        try:
            given(obeying, b"leak")
        except SandboxError:
            failed += 1
    assert failed
    assert given(obeying).size == 4


def test_closing_ends_the_worker(sandbox: Maker, given: Given) -> None:
    looking = sandbox("look")
    seen = given(looking)
    looking.close()
    assert gone(seen.pid)
    assert given(looking).pid != seen.pid


def test_threads_may_share_a_sandbox(sandbox: Maker, tmp_path: Path) -> None:
    looking = sandbox("look")
    sizes: list[tuple[int, int]] = []

    def look(size: int) -> None:
        path = tmp_path / str(size)
        path.write_bytes(bytes(size))
        with path.open("rb") as file:
            sizes.extend((size, looking.call(file.fileno()).size) for _ in range(20))

    with path_of_nothing(tmp_path).open("rb") as file:
        looking.call(file.fileno())  # the worker lives as long as the thread that started it
    threads = [threading.Thread(target=look, args=(size,)) for size in (1, 10, 100, 1000)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(sizes) == 80
    assert all(size == seen for size, seen in sizes)


def path_of_nothing(folder: Path) -> Path:
    path = folder / "nothing"
    path.touch()
    return path


@pytest.mark.parametrize("when", ["idle", "busy"])
def test_a_worker_dies_with_its_parent(tmp_path: Path, when: str) -> None:
    program = f"""
import os, sys
from tests.unit.sandbox.behaviour import Seen
from vedette.clock import SystemClock
from vedette.sandbox.limits import Limits
from vedette.sandbox.sandbox import Sandbox
sandbox = Sandbox("{BEHAVIOUR}:obey", Seen, Limits(), SystemClock())
for name in sys.argv[1:]:
    with open(name, "rb") as file:
        print(sandbox.call(file.fileno()).pid, flush=True)
sys.stdin.read()
"""
    calm, spinning = tmp_path / "calm", tmp_path / "spinning"
    calm.write_bytes(b"good")
    spinning.write_bytes(b"spin")
    command = [
        sys.executable,
        "-c",
        program,
        str(calm),
        *([str(spinning)] if when == "busy" else []),
    ]
    with subprocess.Popen(
        command,
        env={"PYTHONPATH": os.pathsep.join(sys.path)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as parent:
        assert parent.stdout is not None
        worker = int(parent.stdout.readline())
        CLOCK.sleep(0.2)
        parent.send_signal(signal.SIGKILL)
        parent.wait()
    assert gone(worker) or dead(worker)


def dead(pid: int) -> bool:
    """Whether nobody has collected it yet, as in a container without an init."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"


def test_nothing_but_a_regular_file_for_reading_goes_in(sandbox: Maker, tmp_path: Path) -> None:
    looking = sandbox("look")
    reading, writing = os.pipe()
    folder = os.open(tmp_path, os.O_RDONLY)
    changeable = os.open(tmp_path / "file", os.O_RDWR | os.O_CREAT)
    for descriptor in (reading, folder, changeable, 9999):
        with pytest.raises(CallFailed):
            looking.call(descriptor)
    for descriptor in (reading, writing, folder, changeable):
        os.close(descriptor)
    assert not looking.resident


@pytest.mark.parametrize("entry", ["no.such.module:f", f"{BEHAVIOUR}:no_such_function", "os:_exit"])
def test_a_worker_that_cannot_work_says_so(tmp_path: Path, entry: str) -> None:
    path = path_of_nothing(tmp_path)
    with Sandbox(entry, int, LIMITS, CLOCK) as broken, path.open("rb") as file:
        with pytest.raises(SandboxError) as caught:
            broken.call(file.fileno())
        assert not broken.resident
    assert isinstance(caught.value, SandboxUnusable | CallCrashed)
