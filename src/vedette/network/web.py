"""The web process: ingest, the urgent channel and the figures, as one ASGI application."""

from __future__ import annotations

import asyncio
import ctypes
import logging
import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Any, Final

import msgspec
from litestar import Litestar, MediaType, Request, Response, get
from litestar.handlers import HTTPRouteHandler
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.params import Parameter
from litestar.response import Stream

from vedette import __version__, logs
from vedette.catalogue import discover
from vedette.clock import Clock, SystemClock
from vedette.errors import VedetteError
from vedette.feed.urgent import UrgentChannel
from vedette.feed.urgent import last_event_id as serial_in
from vedette.ingest.acceptance import ConsentFilter
from vedette.ingest.admission import Admission, Freshness
from vedette.ingest.appender import Appender
from vedette.ingest.consumers import DERIVER, LAKE
from vedette.ingest.joining import Joining
from vedette.ingest.metrics import IngestMetrics
from vedette.ingest.web import FrontDoor, problems, routes
from vedette.network.data import DataFolder
from vedette.network.settings import SETTINGS_VARIABLE, NetworkSettings
from vedette.statement.terms import released
from vedette.store.log import SqliteLog
from vedette.store.state import State
from vedette.wire.protocol import EVENTS, URGENT
from vedette.wire.refusals import PROBLEM_TYPE

_TRIM_EVERY: Final = 3600.0  # seconds
_PR_SET_PDEATHSIG: Final = 1  # prctl(2)

_log = logging.getLogger(__name__)


def application() -> Litestar:
    """The application for the settings that the parent process left in the environment. What Granian's worker
    calls.
    """
    settings = msgspec.json.decode(os.environ[SETTINGS_VARIABLE], type=NetworkSettings)
    logs.configure(sys.stderr, settings.log_level, human=settings.log_form == "text")
    _end_with_parent()
    return build(settings, SystemClock())


def build(settings: NetworkSettings, clock: Clock) -> Litestar:
    """Wires the application."""
    folder = DataFolder(settings.folder)
    items = discover()
    registry, log, state = folder.registry(), folder.log(), folder.state()
    metrics = IngestMetrics(items.items)
    admission = Admission(
        registry.install_snapshot, registry.changes(), Freshness(clock, settings.ingest.window)
    )
    appender = Appender(
        log, waiting=settings.ingest.waiting, retry_after=settings.ingest.retry_after
    )
    door = FrontDoor(
        admission=admission,
        joining=Joining(registry, admission, folder.prefix_key(), released()),
        consent=ConsentFilter(items.schemas, released(), settings.ingest),
        appender=appender,
        metrics=metrics,
        authority=folder.authority_document(),
        settings=settings.ingest,
        clock=clock,
    )
    position = _Position(log, state)
    metrics.gauge("vedette_log_waiting", "Envelopes that wait for the log", appender.waiting)
    metrics.gauge(
        "vedette_state_lag", "Envelopes not yet in the derived state", lambda: position.lag(DERIVER)
    )
    metrics.gauge("vedette_lake_lag", "Envelopes not yet in the lake", lambda: position.lag(LAKE))
    channel = UrgentChannel(state, folder.signer(), clock, settings.urgent)
    metrics.gauge(
        "vedette_urgent_readers", "Readers of the urgent channel", lambda: channel.readers
    )

    @asynccontextmanager
    async def lifespan(_: Litestar) -> AsyncIterator[None]:
        trimming = asyncio.create_task(_trim(log, position, clock, settings.pipeline.keep_log))
        watching = asyncio.create_task(channel.run())
        with _when_told_to_end(channel.close):
            yield
        trimming.cancel()
        channel.close()
        await watching
        await asyncio.to_thread(appender.close)

    return Litestar(
        [*routes(door), health(position), urgent(channel)],
        exception_handlers={**problems(metrics, clock), Exception: _unexpected},
        openapi_config=OpenAPIConfig(
            title="Vedette network",
            version=__version__,
            path="/openapi",
            render_plugins=[JsonRenderPlugin(path="/openapi.json")],
        ),
        lifespan=[lifespan],
        logging_config=None,
        debug=False,
    )


@dataclass(frozen=True)
class _Position:
    """How far the consumers are behind the log, asked where somebody wants to know."""

    log: SqliteLog
    state: State

    def lag(self, consumer: str) -> int:
        return self.log.end() - self.state.consumed(consumer)

    def kept_by_all(self) -> int:
        """The offset that every consumer has passed."""
        return min(self.state.consumed(consumer) for consumer in (DERIVER, LAKE))


class Health(msgspec.Struct, frozen=True):
    """``log``: the last offset; the lags are envelopes that state and lake are behind it."""

    status: str
    version: str
    log: int
    state_lag: int
    lake_lag: int


def health(position: _Position) -> HTTPRouteHandler:
    """The route that says whether the network can read its own databases, and how far it has come."""

    @get(
        "/healthz",
        media_type=MediaType.JSON,
        summary="Whether the network works",
        sync_to_thread=True,
    )
    def healthz() -> Health:
        return Health(
            "ok", __version__, position.log.end(), position.lag(DERIVER), position.lag(LAKE)
        )

    return healthz


def urgent(channel: UrgentChannel) -> HTTPRouteHandler:
    """The route of the urgent channel. It asks for no identity, and none is kept."""

    @get(URGENT, media_type=EVENTS, summary="Verdicts as they are published, as server-sent events")
    async def follow(
        last_event_id: Annotated[
            str | None, Parameter(header="last-event-id", required=False)
        ] = None,
    ) -> Stream:
        events = channel.events(serial_in(last_event_id))
        return Stream(events, media_type=EVENTS, headers={"cache-control": "no-store"})

    return follow


def _unexpected(_: Request[Any, Any, Any], error: Exception) -> Response[dict[str, str]]:
    """A defect: told to the operator in full, to the sender not at all."""
    _log.error("a request failed", exc_info=error)
    return Response({"title": "the network failed"}, status_code=500, media_type=PROBLEM_TYPE)


async def _trim(log: SqliteLog, position: _Position, clock: Clock, days: float) -> None:
    """Forgets envelopes that are old and in state and lake, every hour."""
    while True:
        try:
            before = clock.now() - timedelta(days=days)
            gone = await asyncio.to_thread(log.trim, before, position.kept_by_all())
            if gone:
                _log.info("old envelopes forgotten", extra={"count": gone})
        except VedetteError as error:
            _log.error("old envelopes were not forgotten", exc_info=error)
        await asyncio.sleep(_TRIM_EVERY)


@contextmanager
def _when_told_to_end(act: Callable[[], None]) -> Iterator[None]:
    """Calls ``act`` in the event loop on SIGTERM and SIGINT, beside what the server does: it waits until the last
    answer has ended before it says so here, and an answer of the urgent channel only ends when the channel does.
    """
    if threading.current_thread() is not threading.main_thread():  # only a test's application
        yield
        return
    loop, numbers = asyncio.get_running_loop(), (signal.SIGTERM, signal.SIGINT)
    # The loop's own handlers hear of a signal by another way, whatever is installed here (signal.set_wakeup_fd).
    before = [signal.signal(n, lambda *_: loop.call_soon_threadsafe(act)) for n in numbers]
    try:
        yield
    finally:
        for number, handler in zip(numbers, before, strict=True):
            signal.signal(number, handler)


def _end_with_parent() -> None:
    """Asks the kernel to end this process with its parent: a killed network must not leave its port taken."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    parent = multiprocessing.parent_process()
    if parent is not None and not parent.is_alive():  # killed before the kernel was asked
        os.kill(os.getpid(), signal.SIGKILL)
