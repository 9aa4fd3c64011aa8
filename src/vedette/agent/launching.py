"""Programs that start: following them, looking at them, and deciding whether they may. Linux alone tells of them so
far.
"""

from __future__ import annotations

import contextlib
import logging
import os
import threading
from collections.abc import Iterator

from vedette.agent.computer import Computer
from vedette.endpoint.hashing import opened
from vedette.endpoint.launches import Launches
from vedette.errors import NotPermitted, Unsupported
from vedette.host import Launch, LaunchSource
from vedette.host.linux.connector import ProcessConnector
from vedette.host.linux.execution import FanotifyControl
from vedette.host.linux.execution_watch import ExecutionWatch
from vedette.host.linux.polling import ProcPolling
from vedette.host.linux.processes import program

_log = logging.getLogger(__name__)


def follow(computer: Computer, stop: threading.Event) -> None:
    """From the kernel's process connector; where that is not to be had, by polling, and saying so."""
    wanted = computer.settings.endpoint.launches.source
    if wanted != "polling":
        try:
            _launches(computer, ProcessConnector(computer.clock)).run(stop)
        except (NotPermitted, Unsupported) as error:
            if wanted == "connector":
                raise
            _log.warning(
                "launches are polled: short-lived programs go unseen", extra={"code": error.code}
            )
        else:
            return
    interval = computer.settings.endpoint.launches.polling_interval
    _launches(computer, ProcPolling(interval, computer.clock)).run(stop)


def watch(computer: Computer, stop: threading.Event) -> None:
    """Tells of what is executed in the folders of the settings and is no program of this system's own format."""
    settings = computer.settings.endpoint
    folders = (*settings.launches.watch, *settings.protection.deny_in)
    _launches(computer, ExecutionWatch(folders, computer.clock)).run(stop)


def report(computer: Computer, stop: threading.Event) -> None:
    """Looks at what was launched, in the thread that the sandbox's worker ends with."""
    with computer.sandbox:
        computer.launch_reports.run(stop)


def control(computer: Computer, stop: threading.Event) -> None:
    """Asks before a file in the folders of the settings is executed."""
    settings = computer.settings.endpoint.protection
    control = FanotifyControl(settings.deny_in, settings.decision_deadline, computer.clock)
    control.run(computer.protection.decider(computer.hashes), stop)


def _launches(computer: Computer, source: LaunchSource) -> Launches:
    return Launches(
        source,
        computer.launch_reports,
        computer.intake,
        computer.protection,
        computer.hashes,
        computer.clock,
        computer.settings.endpoint.launches,
        _opened,
    )


@contextlib.contextmanager
def _opened(event: Launch) -> Iterator[int]:
    """The file that the process runs, also where another lies at its path by now; of one that has ended, the
    file at the path.
    """
    with contextlib.ExitStack() as stack:
        try:
            descriptor = os.open(f"/proc/{event.pid}/exe", os.O_RDONLY)
            stack.callback(os.close, descriptor)
            same = program(event.pid) == event.path  # the number may have gone to another process
        except OSError:
            same = False
        yield descriptor if same else stack.enter_context(opened(event.path))
