"""Group commit, over a log that stops and fails when it is told to."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.unit.ingest.front_door import batch, opened, reason, services
from vedette.errors import AdmissionError, StoreUnusable
from vedette.ingest.appender import Appender, Outcome
from vedette.ingest.settings import IngestSettings
from vedette.store.log import Appended, Arrival, SequenceReused
from vedette.testing.log import MemoryLog
from vedette.wire.refusals import Refusal

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


class SlowLog(MemoryLog):
    """Keeps the groups it was given; each waits until ``gate`` is open. ``failures`` are raised first."""

    def __init__(self) -> None:
        super().__init__()
        self.gate = threading.Event()
        self.begun = threading.Semaphore(0)
        self.groups: list[list[int]] = []
        self.failures: list[Exception] = []

    def append(self, arrivals: Sequence[Arrival]) -> list[Appended | SequenceReused]:
        self.groups.append([one.sequence for one in arrivals])
        self.begun.release()
        assert self.gate.wait(10)
        if self.failures:
            raise self.failures.pop(0)
        return super().append(arrivals)


@pytest.fixture
def log() -> SlowLog:
    return SlowLog()


@pytest.fixture
def appender(log: SlowLog) -> Iterator[Appender]:
    appender = Appender(log, waiting=100, retry_after=5)
    yield appender
    log.gate.set()
    appender.close()


def arrival(sequence: int, digest: bytes = b"d") -> Arrival:
    return Arrival(1, "i", sequence, NOON, digest, b"payload", b"%d" % sequence)


async def begin(appender: Appender, log: SlowLog, count: int) -> list[asyncio.Task[Outcome]]:
    """Appends 1 … ``count``; the first is with the log, which holds it up, when this returns."""
    tasks = [asyncio.create_task(appender.append(arrival(1)))]
    await asyncio.sleep(0)
    await asyncio.to_thread(log.begun.acquire)
    for sequence in range(2, count + 1):
        tasks.append(asyncio.create_task(appender.append(arrival(sequence))))
    await asyncio.sleep(0)
    return tasks


def test_what_comes_while_the_log_writes_is_written_together_and_in_order(
    appender: Appender, log: SlowLog
) -> None:
    async def story() -> list[Outcome]:
        tasks = await begin(appender, log, 90)
        assert appender.waiting() == 89
        log.gate.set()
        return await asyncio.gather(*tasks)

    outcomes = asyncio.run(story())
    assert outcomes == [Appended(n, False, b"%d" % n) for n in range(1, 91)]
    assert [len(group) for group in log.groups] == [1, 64, 25]
    assert [n for group in log.groups for n in group] == list(range(1, 91))


def test_nobody_is_answered_before_the_log_has_it(appender: Appender, log: SlowLog) -> None:
    async def story() -> None:
        tasks = await begin(appender, log, 3)
        await asyncio.sleep(0.05)
        assert not any(task.done() for task in tasks)
        log.gate.set()
        await asyncio.gather(*tasks)

    asyncio.run(story())
    assert log.end() == 3


@pytest.mark.parametrize("failure", [StoreUnusable("full", "free space"), ValueError("a defect")])
def test_a_failing_log_fails_its_group_and_no_other(
    appender: Appender, log: SlowLog, failure: Exception
) -> None:
    log.failures = [failure]

    async def story() -> list[Outcome | BaseException]:
        tasks = await begin(appender, log, 4)
        log.gate.set()
        return await asyncio.gather(*tasks, return_exceptions=True)

    first, *others = asyncio.run(story())
    assert isinstance(first, StoreUnusable)
    assert others == [Appended(n - 1, False, b"%d" % n) for n in (2, 3, 4)]


def test_who_comes_when_too_many_wait_is_told_to_come_back(log: SlowLog) -> None:
    appender = Appender(log, waiting=2, retry_after=7)

    async def story() -> list[Outcome]:
        tasks = await begin(appender, log, 3)
        with pytest.raises(AdmissionError) as refused:
            await appender.append(arrival(4))
        assert (refused.value.reason, refused.value.retry_after) == (Refusal.BUSY, 7)
        log.gate.set()
        return await asyncio.gather(*tasks)

    assert len(asyncio.run(story())) == 3
    assert log.end() == 3
    appender.close()


def test_closing_writes_what_waits_and_takes_no_more(log: SlowLog) -> None:
    appender = Appender(log, waiting=100, retry_after=5)

    async def story() -> list[Outcome]:
        tasks = await begin(appender, log, 80)
        closing = asyncio.create_task(asyncio.to_thread(appender.close))
        while not appender._stopping:
            await asyncio.sleep(0.001)
        with pytest.raises(AdmissionError):
            await appender.append(arrival(81))
        log.gate.set()
        await closing
        return await asyncio.gather(*tasks)

    assert len(asyncio.run(story())) == 80
    assert log.end() == 80
    appender.close()  # a second time is no harm


def test_a_client_that_went_away_disturbs_nobody(appender: Appender, log: SlowLog) -> None:
    async def story() -> list[Outcome]:
        tasks = await begin(appender, log, 5)
        tasks[0].cancel()
        tasks[2].cancel()
        await asyncio.sleep(0)
        log.gate.set()
        rest = await asyncio.gather(*(task for n, task in enumerate(tasks) if n not in {0, 2}))
        again = await appender.append(arrival(3))
        assert again == Appended(3, True, b"3")  # what it sent is there
        return rest

    assert [one.answer for one in asyncio.run(story()) if isinstance(one, Appended)] == [
        b"2",
        b"4",
        b"5",
    ]


def test_a_loop_that_ended_takes_nothing_with_it(log: SlowLog) -> None:
    appender = Appender(log, waiting=100, retry_after=5)

    async def story() -> None:
        tasks = await begin(appender, log, 2)
        for task in tasks:
            task.cancel()

    asyncio.run(story())
    log.gate.set()
    appender.close()
    assert log.end() == 2


def test_duplicates_in_one_group(appender: Appender, log: SlowLog) -> None:
    async def story() -> list[Outcome]:
        tasks = await begin(appender, log, 2)
        tasks += [
            asyncio.create_task(appender.append(arrival(2, digest))) for digest in (b"d", b"x")
        ]
        await asyncio.sleep(0)
        log.gate.set()
        return await asyncio.gather(*tasks)

    assert asyncio.run(story())[1:] == [
        Appended(2, False, b"2"),
        Appended(2, True, b"2"),
        SequenceReused(2),
    ]


# As a sender sees it


def test_a_log_that_fails_is_503_and_may_be_tried_again(tmp_path: Path) -> None:
    log = SlowLog()
    log.gate.set()
    log.failures = [StoreUnusable("full", "free space"), RuntimeError("a defect")]
    with opened(tmp_path, log=log) as door:
        computer = door.computer()
        body = computer.body(batch("services", services("a")))
        for count in (1, 2):
            answer = computer.send(body)
            assert (answer.status_code, reason(answer)) == (503, Refusal.UNAVAILABLE)
            assert answer.headers["retry-after"] == "30"
            counted = door.counted("vedette_requests_refused_total", reason="unavailable")
            assert counted == count
        assert computer.send(body).status_code == 202


def test_a_log_that_is_slow_is_429_and_says_when_to_come_back(tmp_path: Path) -> None:
    log = SlowLog()
    with opened(tmp_path, log=log, settings=IngestSettings(waiting=1)) as door:
        computer = door.computer()
        answers: list[int] = []

        def send(sequence: int) -> None:
            body = computer.body(batch("services", services("a")), sequence=sequence)
            answers.append(computer.send(body).status_code)

        writing = threading.Thread(target=send, args=(1,))
        writing.start()
        assert log.begun.acquire(timeout=10)
        waiting = threading.Thread(target=send, args=(2,))
        waiting.start()
        while not door.front.appender.waiting():
            pass
        busy = computer.send(computer.body(batch("services", services("a")), sequence=3))
        assert (busy.status_code, reason(busy)) == (429, Refusal.BUSY)
        assert busy.headers["retry-after"] == "5"
        assert door.counted("vedette_requests_refused_total", reason="busy") == 1
        log.gate.set()
        writing.join()
        waiting.join()
        assert answers == [202, 202]
