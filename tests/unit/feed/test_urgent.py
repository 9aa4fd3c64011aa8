"""The urgent channel, read as a computer reads it: through the parser of events and the rules of the stream."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import aclosing, asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from vedette.clock import micros
from vedette.crypto.keys import SigningKey
from vedette.detection.journal import DRAFT, publish, revoke
from vedette.errors import AdmissionError, StoreUnusable
from vedette.feed.urgent import UrgentChannel, UrgentSettings, last_event_id
from vedette.store.state import JournalEntry, State
from vedette.testing.clock import ManualClock
from vedette.verdicts.stream import Heard, Stream
from vedette.verdicts.verdict import Heartbeat, Verdict, open_heartbeat, open_verdict
from vedette.wire.events import parse

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
KEY = SigningKey.generate()
KEYS = {KEY.public.thumbprint: KEY.public}
QUICK = UrgentSettings(look_every=0.001)


class Reading:
    """One reader, and what it made of the stream."""

    def __init__(self, events: AsyncIterator[bytes], stream: Stream, clock: ManualClock) -> None:
        self._events = events
        self._clock = clock
        self.stream = stream
        self.heard: list[Heard] = []

    async def next(self) -> Verdict | Heartbeat | str:
        """The next verdict or heartbeat, or the comment."""
        event = await asyncio.wait_for(anext(self._events), 10)
        for parsed in parse([event]):
            document = parsed.data.encode()
            if parsed.event == "verdict":
                verdict = open_verdict(document, KEYS, self._clock.now())
                assert parsed.id == str(verdict.serial)
                self.heard.append(self.stream.verdict(verdict))
                return verdict
            heartbeat = open_heartbeat(document, KEYS, self._clock.now())
            assert parsed.id is None
            self.heard.append(self.stream.heartbeat(heartbeat, self._clock.monotonic()))
            return heartbeat
        return event.decode()

    async def serials(self, count: int) -> list[int]:
        found = [await self.next() for _ in range(count)]
        return [one.serial for one in found if isinstance(one, Verdict)]


class WallClock(ManualClock):
    """Can be set back by hand."""

    offset = timedelta()

    def now(self) -> datetime:
        return super().now() + self.offset


class Network:
    """A journal, and the channel that serves it."""

    def __init__(self, state: State) -> None:
        self.state = state
        self.clock = WallClock(NOON)
        self.channel = UrgentChannel(state, KEY, self.clock, QUICK)

    def block(self, subject: str, *, days: float = 30) -> int:
        now = micros(self.clock.now())
        life = timedelta(days=days) // timedelta(microseconds=1)
        draft = Verdict("file", subject * 32, "block", 0.75, (), "all", now, now + life, DRAFT)
        with self.state.transaction() as connection:
            return publish(connection, draft, KEY)

    @asynccontextmanager
    async def serving(self, settings: UrgentSettings = QUICK) -> AsyncIterator[UrgentChannel]:
        self.channel = UrgentChannel(self.state, KEY, self.clock, settings)
        running = asyncio.create_task(self.channel.run())
        try:
            yield self.channel
        finally:
            self.channel.close()
            await asyncio.wait_for(running, 10)

    @asynccontextmanager
    async def reading(self, after: int = 0) -> AsyncIterator[Reading]:
        async with aclosing(self.channel.events(after)) as events:
            yield Reading(events, Stream(after, self.clock.monotonic()), self.clock)


@pytest.fixture
def network(tmp_path: Path) -> Iterator[Network]:
    state = State.open(tmp_path / "state.db")
    yield Network(state)
    state.close()


def run(story: Callable[[], Awaitable[None]]) -> None:
    async def bounded() -> None:
        await asyncio.wait_for(story(), 30)

    asyncio.run(bounded())


def test_a_verdict_reaches_all_readers_as_the_same_bytes(network: Network) -> None:
    async def story() -> None:
        async with network.serving() as channel:
            first, second = channel.events(0), channel.events(0)
            assert await anext(first) == await anext(second)  # the heartbeat
            assert channel.readers == 2
            await asyncio.to_thread(network.block, "ab")
            one, other = await anext(first), await anext(second)
            assert one is other
            assert b"event: verdict\nid: 1\ndata: {" in one

    run(story)


def test_heartbeats_tell_that_nothing_was_held_back(network: Network) -> None:
    async def story() -> None:
        async with network.serving(), network.reading() as reader:
            assert await reader.next() == Heartbeat(0, micros(network.clock.now()))
            network.block("ab")
            assert await reader.serials(1) == [1]
            network.clock.advance(15)
            assert await reader.next() == Heartbeat(1, micros(network.clock.now()))
            assert set(reader.heard) == {Heard.NEW}

    run(story)


def test_a_new_reader_is_given_what_counts(network: Network) -> None:
    network.block("aa")
    network.block("bb", days=1)
    network.block("cc")
    network.block("aa")
    network.clock.advance(2 * 86_400)

    async def story() -> None:
        async with network.serving(), network.reading() as reader:
            assert await reader.serials(2) == [3, 4]
            beat = await reader.next()
            assert isinstance(beat, Heartbeat)
            assert (beat.serial, reader.heard) == (4, [Heard.NEW] * 3)

    run(story)


def test_the_last_verdict_is_given_even_when_it_has_expired(network: Network) -> None:
    network.block("aa")
    network.block("bb", days=1)
    network.clock.advance(2 * 86_400)

    async def story() -> None:
        async with network.serving(), network.reading() as reader:
            assert await reader.serials(2) == [1, 2]
            assert (await reader.next(), reader.heard[-1]) == (
                Heartbeat(2, micros(network.clock.now())),
                Heard.NEW,
            )

    run(story)


def test_a_reader_goes_on_where_it_was(network: Network) -> None:
    async def story() -> None:
        async with network.serving():
            async with network.reading() as reader:
                network.block("aa")
                await reader.next()
                if not reader.stream.position:
                    await reader.next()
            assert reader.stream.position == 1
            network.block("bb")
            network.block("cc")
            async with network.reading(reader.stream.position) as reader:
                assert await reader.serials(3) == [2, 3]
                network.block("dd")
                assert await reader.serials(1) == [4]
                assert set(reader.heard) == {Heard.NEW}

    run(story)


def test_a_long_backlog_comes_in_pages(network: Network) -> None:
    now = micros(NOON)
    with network.state.transaction() as connection:
        for number in range(1201):
            subject = f"{number:064x}"
            draft = Verdict("file", subject, "block", 0.5, (), "all", now, now + 10**12, DRAFT)
            publish(connection, draft, KEY)

    async def story() -> None:
        async with network.serving(), network.reading() as reader:
            assert await reader.serials(1201) == list(range(1, 1202))
            assert isinstance(await reader.next(), Heartbeat)

    run(story)


def test_a_revocation_is_delivered(network: Network) -> None:
    async def story() -> None:
        async with network.serving(), network.reading() as reader:
            await reader.next()
            network.block("ab")
            network.clock.advance(1)
            revoke(network.state, "ab" * 32, "a false alarm", KEY, network.clock)
            block, taken_back = await reader.next(), await reader.next()
            assert isinstance(block, Verdict)
            assert isinstance(taken_back, Verdict)
            assert (block.verdict, taken_back.verdict) == ("block", "none")
            assert taken_back.reason == "a false alarm"
        async with network.serving(), network.reading() as reader:
            assert await reader.serials(1) == [2], "what was taken back is not sent to a new reader"

    run(story)


def test_a_slow_reader_is_sent_away_and_can_go_on(network: Network) -> None:
    async def story() -> None:
        settings = msgspec.structs.replace(QUICK, waiting=3)
        async with network.serving(settings) as channel:
            async with network.reading() as slow, network.reading() as quick:
                await slow.next()
                await quick.next()
                for number in range(5):
                    network.block(f"{number:02x}")
                    await quick.next()
                assert channel.counts.slow == 1
                assert channel.readers == 1
                assert await slow.next() == ": too slow\n\n"
                with pytest.raises(StopAsyncIteration):
                    await slow.next()
                assert slow.stream.position == 0
            async with network.reading(slow.stream.position) as again:
                assert await again.serials(5) == [1, 2, 3, 4, 5]

    run(story)


def test_nobody_watches_when_nobody_reads(
    network: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks = []
    look = UrgentChannel._look

    async def counted(channel: UrgentChannel, changes: object) -> float:
        looks.append(channel.readers)
        return await look(channel, changes)  # type: ignore[arg-type]

    monkeypatch.setattr(UrgentChannel, "_look", counted)

    async def story() -> None:
        async with network.serving():
            await asyncio.sleep(0.05)
            assert looks == []
            async with network.reading() as reader:
                await reader.next()
            await asyncio.sleep(0.05)
            seen = len(looks)
            await asyncio.sleep(0.05)
            assert len(looks) == seen
            network.block("aa")
            async with network.reading() as reader:
                assert await reader.serials(2) == [1]

    run(story)


def test_a_clock_set_back_does_not_look_like_a_replay(network: Network) -> None:
    async def story() -> None:
        async with network.serving(), network.reading() as reader:
            first = await reader.next()
            network.clock.offset = timedelta(hours=-1)
            network.clock.advance(20)
            second = await reader.next()
            assert isinstance(first, Heartbeat)
            assert isinstance(second, Heartbeat)
            assert second.time > first.time
            assert reader.heard == [Heard.NEW, Heard.NEW]

    run(story)


def test_no_heartbeat_while_the_journal_cannot_be_read(
    network: Network, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    journal_after = State.journal_after
    broken = True

    def fails(state: State, serial: int, limit: int) -> list[JournalEntry]:
        if broken:
            raise StoreUnusable("the disk failed", "check it")
        return journal_after(state, serial, limit)

    monkeypatch.setattr("vedette.feed.urgent._RETRY", 0.001)
    monkeypatch.setattr(State, "journal_after", fails)

    async def story() -> None:
        nonlocal broken
        async with network.serving() as channel, network.reading() as reader:
            await reader.next()
            network.block("ab")
            while not channel.counts.failures:
                await asyncio.sleep(0.001)
            network.clock.advance(60)
            waiting = asyncio.create_task(reader.next())
            await asyncio.sleep(0.05)
            assert not waiting.done()
            broken = False
            verdict = await waiting
            assert isinstance(verdict, Verdict)
            beat = await reader.next()
            assert isinstance(beat, Heartbeat)
            assert beat.serial == 1

    with caplog.at_level(logging.CRITICAL):
        run(story)


def test_the_channel_closes_after_what_is_waiting(network: Network) -> None:
    async def story() -> None:
        async with network.serving() as channel, network.reading() as reader:
            await reader.next()
            network.block("aa")
            while not channel.counts.verdicts:
                await asyncio.sleep(0.001)
            late = channel.events(0)
            channel.close()
            assert await reader.serials(1) == [1]
            assert await reader.next() == ": closing\n\n"
            with pytest.raises(StopAsyncIteration):
                await reader.next()
            assert [event async for event in late] == [b": closing\n\n"]
            with pytest.raises(AdmissionError):
                channel.events(0)
            assert channel.readers == 0

    run(story)


def test_there_can_be_too_many_readers(network: Network) -> None:
    async def story() -> None:
        settings = msgspec.structs.replace(QUICK, readers=1)
        async with network.serving(settings) as channel:
            async with network.reading() as reader:
                await reader.next()
                with pytest.raises(AdmissionError) as caught:
                    channel.events(0)
                assert (caught.value.status, channel.counts.refused) == (503, 1)
            async with network.reading() as reader:
                await reader.next()

    run(story)


@pytest.mark.parametrize(
    ("header", "serial"),
    [
        (None, 0),
        ("", 0),
        ("7", 7),
        ("0", 0),
        ("-1", 0),
        ("x", 0),
        ("1.5", 0),
        ("\u0661", 0),
        ("9" * 40, 0),
        ("7\n", 0),
    ],
)
def test_any_last_event_id_is_understood(header: str | None, serial: int) -> None:
    assert last_event_id(header) == serial
