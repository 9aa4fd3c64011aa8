"""The pipeline process: takes what the log has gathered to the derived state, the verdicts and the lake.

Its two consumers run in a thread each, and each goes on from its own offset. A consumer that fails waits and
tries again; what cannot work is written to the log lines, and seen from outside as lag.
"""

from __future__ import annotations

import logging
import os
import signal
import sys
import threading
from collections.abc import Callable

import msgspec
from sqlalchemy import Connection

from vedette import logs
from vedette.catalogue import discover
from vedette.clock import Clock, SystemClock
from vedette.detection.decisions import Decisions
from vedette.detection.voters import registered
from vedette.errors import VedetteError
from vedette.ingest.consumers import Consumer, Deriver, LakeFiller
from vedette.ingest.decode import Decoded
from vedette.network.data import DataFolder
from vedette.network.settings import SETTINGS_VARIABLE, NetworkSettings
from vedette.reputation import counters, sightings

_log = logging.getLogger(__name__)
_RETRY = 1.0  # seconds


def run(settings: NetworkSettings) -> None:
    """Runs until told to stop (SIGTERM), or until standard input ends: the web process holds its other side."""
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    signal.signal(
        signal.SIGINT, signal.SIG_IGN
    )  # a terminal's Ctrl-C goes to both; the web process decides
    threading.Thread(target=_await_parent, args=(stop,), name="parent", daemon=True).start()
    serve(settings, SystemClock(), stop)


def serve(settings: NetworkSettings, clock: Clock, stop: threading.Event) -> None:
    """Runs both consumers until ``stop``, which is set where one of them ends by itself."""
    folder = DataFolder(settings.folder)
    with folder.locked_for_pipeline(clock, stop):
        if not stop.is_set():
            _work(settings, folder, clock, stop)


def _work(
    settings: NetworkSettings, folder: DataFolder, clock: Clock, stop: threading.Event
) -> None:
    schemas = discover().schemas
    log, state = folder.log(), folder.state()
    deriver = Deriver(log, state, schemas, _effects(settings, folder, clock))
    filled = folder.lake()
    filled.mend()
    filler = LakeFiller(folder.log(), state, schemas, filled)
    lake = threading.Thread(
        target=_keep, args=(filler, settings.pipeline.lake_every, clock, stop), name="lake"
    )
    lake.start()
    try:
        _keep(deriver, settings.pipeline.derive_every, clock, stop)
    finally:
        lake.join()


def _effects(
    settings: NetworkSettings, folder: DataFolder, clock: Clock
) -> Callable[[Connection, Decoded], None]:
    """What some decoded rows change in the derived state."""

    policy, key = settings.detection, folder.signer()
    decisions = Decisions(registered(folder.registry()), policy, key, clock)

    def apply(connection: Connection, decoded: Decoded) -> None:
        sightings.record(connection, decoded.tables)
        counters.count(connection, decoded.tables)
        if (detections := decoded.tables.get("detections")) is not None:
            for serial in decisions.take(connection, detections):
                _log.info("verdict published", extra={"serial": serial})

    return apply


def _keep(consumer: Consumer, every: float, clock: Clock, stop: threading.Event) -> None:
    """Steps as long as there is something new, then looks again after ``every`` seconds.

    Sets ``stop`` at its end: where it fails in a way that nobody foresaw, the process ends and is started again,
    rather than going on with half of its work.
    """
    try:
        while not stop.is_set():
            clock.sleep(_stepped(consumer, every, stop), stop)
    finally:
        stop.set()


def _stepped(consumer: Consumer, every: float, stop: threading.Event) -> float:
    """Steps as long as there is something new; returns the seconds to wait then."""
    try:
        while consumer.step() and not stop.is_set():
            pass
    except VedetteError as error:
        _log.error(
            "pipeline step failed", extra={"consumer": type(consumer).__name__}, exc_info=error
        )
        return _RETRY
    return every


def main() -> None:
    """Runs with the settings that the web process left in the environment."""
    settings = msgspec.json.decode(os.environ[SETTINGS_VARIABLE], type=NetworkSettings)
    logs.configure(sys.stderr, settings.log_level, human=settings.log_form == "text")
    run(settings)


def _await_parent(stop: threading.Event) -> None:
    while os.read(0, 1):
        pass
    stop.set()


if __name__ == "__main__":
    main()
