"""The agent at work: what runs in which thread, and how it starts and ends.

Reports and inventory share one thread; launches, execution control, the urgent channel, all log files, and each log
of another kind have one each. All of them look at the switches as they are at that moment, so the agent need not be
told when one is changed.
"""

from __future__ import annotations

import logging
import random
import signal
import sys
import threading
from collections.abc import Callable
from functools import partial
from typing import Any, Final

from vedette import logs
from vedette.agent.computer import PRODUCT, Computer
from vedette.clock import Clock
from vedette.endpoint.honeyport import Honeyport
from vedette.endpoint.schedule import Schedule
from vedette.endpoint.uplink import Uplink
from vedette.endpoint.urgent import UrgentChannel
from vedette.errors import StoreUnusable, Unsupported, VedetteError

_log = logging.getLogger(__name__)
_LOOK: Final = 1.0  # seconds between two looks for something that is sent at once
_TIDY: Final = 3600.0
_AGAIN: Final = 5.0  # seconds before a part that could not write goes on
_CATCH_UP: Final = 15.0  # seconds that `--once` gives the urgent channel


def run_forever(computer: Computer) -> None:
    """Until SIGINT or SIGTERM. Raises ``StoreUnusable`` where another agent runs on the same state folder."""
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    settings = computer.settings
    logs.configure(sys.stderr, settings.log_level, human=settings.log_form == "text")
    with computer.folder.agent():
        work(computer, stop)


def run_once(computer: Computer) -> None:
    """One full round: reads what is due, sends what waits, and fetches the verdicts that are missing."""
    logs.configure(sys.stderr, "WARNING", human=True)
    with computer.folder.agent():
        schedule, uplink = _schedule(computer), _uplink(computer)
        schedule.round()
        uplink.round()
        if computer.switch.on:
            _catch_up(computer)


def work(computer: Computer, stop: threading.Event) -> None:
    """All of it, until ``stop`` is set; then every thread has ended."""
    channel = _channel(computer)
    tasks: list[tuple[str, Callable[[threading.Event], None]]] = [
        ("reports", lambda stop: _report(computer, stop)),
        ("urgent", channel.run),
        *_launch_tasks(computer),
        *_download_tasks(computer),
        *_log_tasks(computer),
        *_honeyport_task(computer),
    ]
    threads = [
        threading.Thread(target=_guarded, args=(name, task, computer.clock, stop), name=name)
        for name, task in tasks
    ]
    _log.info("agent starts", extra={"threads": [name for name, _ in tasks]})
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    _log.info("agent ends")


def _launch_tasks(computer: Computer) -> list[tuple[str, Callable[[threading.Event], None]]]:
    """What has to do with programs that start, which so far only Linux tells of.

    Raises ``Unsupported`` where programs were to be refused and cannot be.
    """
    tasks: list[tuple[str, Callable[[threading.Event], None]]] = []
    denies = bool(computer.settings.endpoint.protection.deny_in)
    if sys.platform == "linux":
        from vedette.agent import launching  # noqa: PLC0415 - there is none elsewhere

        tasks += (
            ("launches", lambda stop: launching.follow(computer, stop)),
            ("facts", lambda stop: launching.report(computer, stop)),
        )
        if denies or computer.settings.endpoint.launches.watch:
            tasks.append(("executed", lambda stop: launching.watch(computer, stop)))
        if denies:
            tasks.append(("execution", lambda stop: launching.control(computer, stop)))
    elif denies:
        raise Unsupported(
            "programs cannot be refused on this system", "remove deny_in from the configuration"
        )
    else:
        _log.warning("launches are not followed on this system")
    return tasks


def _download_tasks(computer: Computer) -> list[tuple[str, Callable[[threading.Event], None]]]:
    """What watches folders, unless none is to be watched."""
    settings = computer.settings.endpoint.downloads
    if not (settings.auto or settings.folders):
        return []
    tasks: list[tuple[str, Callable[[threading.Event], None]]] = []
    if sys.platform == "linux":
        from vedette.agent import arriving  # noqa: PLC0415 - there is none elsewhere

        tasks.append(("downloads", lambda stop: arriving.follow(computer, stop)))
    else:
        _log.warning("downloads are not watched on this system")
    return tasks


def _log_tasks(computer: Computer) -> list[tuple[str, Callable[[threading.Event], None]]]:
    """What follows logs, as far as something collected is learned from them. Linux alone has such logs so far."""
    tasks: list[tuple[str, Callable[[threading.Event], None]]] = []
    if sys.platform == "linux":
        from vedette.agent.logs import chosen  # noqa: PLC0415 - there are none elsewhere

        programs = {
            program
            for item in computer.catalogue.activity()
            for source in item.logs
            for program in source.programs
        }
        logs = chosen(computer.settings.endpoint.logs, programs, computer.clock)
        tasks += [(name, partial(computer.log_reports.run, each)) for name, each in logs.items()]
    return tasks


def _honeyport_task(computer: Computer) -> list[tuple[str, Callable[[threading.Event], None]]]:
    settings = computer.settings.endpoint.honeyport
    if not settings.tcp and not settings.udp:
        return []
    port = Honeyport(
        settings,
        computer.attack_counts.take,
        computer.intake.covers,
        computer.spool.count,
        computer.clock,
    )
    return [("honeyport", port.run)]


def _guarded(
    name: str, task: Callable[[threading.Event], None], clock: Clock, stop: threading.Event
) -> None:
    """Runs one part; where it cannot go on, the others do. A full disk and a busy database pass: then it goes on
    as well.
    """
    while not stop.is_set():
        try:
            task(stop)
        except StoreUnusable as error:
            _log.error("a part of the agent is begun again", **_told(name, error))
            clock.sleep(_AGAIN, stop)
        except VedetteError as error:
            _log.error("a part of the agent has ended", **_told(name, error))
            break
        else:
            break


def _told(name: str, error: VedetteError) -> dict[str, Any]:
    return {"extra": {"part": name, "code": error.code}, "exc_info": error}


def _report(computer: Computer, stop: threading.Event) -> None:
    """Reads what is due and sends what waits; what must not wait is sent at once."""
    schedule, uplink = _schedule(computer), _uplink(computer)
    prompt = [item.name for item in computer.catalogue.activity() if item.prompt]
    clock = computer.clock
    tidy_at = clock.monotonic()
    while not stop.is_set():
        schedule.round(stop)
        ended = uplink.round(stop)
        computer.tidy()
        if clock.monotonic() >= tidy_at:
            computer.verdicts.purge()
            tidy_at = clock.monotonic() + _TIDY
        until = clock.monotonic() + ended.wait
        while (left := until - clock.monotonic()) > 0 and not clock.sleep(min(left, _LOOK), stop):
            computer.attack_counts.flush()
            if ended.done and computer.spool.holds(prompt):
                break


def _catch_up(computer: Computer) -> None:
    """Follows the urgent channel until the network has said that nothing is missing."""
    channel, stop, began = _channel(computer), threading.Event(), computer.clock.now()
    reader = threading.Thread(
        target=_guarded, args=("urgent", channel.run, computer.clock, stop), name="urgent"
    )
    reader.start()
    until = computer.clock.monotonic() + _CATCH_UP
    while computer.clock.monotonic() < until and reader.is_alive():
        heard = computer.verdicts.heard
        if heard is not None and heard >= began:
            break
        computer.clock.sleep(0.05)
    else:
        _log.warning("the network's verdicts could not be fetched in time")
    stop.set()
    reader.join()


def _schedule(computer: Computer) -> Schedule:
    return Schedule(
        computer.catalogue.inventory(),
        computer.catalogue.schemas,
        lambda: computer.host,
        computer.intake,
        computer.spool,
        computer.clock,
    )


def _uplink(computer: Computer) -> Uplink:
    return Uplink(
        computer.membership,
        computer.spool,
        computer.catalogue.schemas,
        PRODUCT,
        computer.clock,
        computer.settings.endpoint.uplink,
        random.SystemRandom().random,
    )


def _channel(computer: Computer) -> UrgentChannel:
    return UrgentChannel(
        computer.network,
        computer.switch,
        computer.verdicts,
        computer.spool.count,
        computer.clock,
        computer.settings.endpoint.urgent,
        random.SystemRandom().random,
    )
