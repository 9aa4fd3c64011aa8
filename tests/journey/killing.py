"""A network that is killed: its processes one by one or all at once, and started again."""

from __future__ import annotations

import contextlib
import gc
import os
import signal
import subprocess
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import Final

import pytest

from tests.journey.machines import CLOCK, PATIENCE, PROGRAM, Network, await_that

_ENVIRONMENT: Final = {k: v for k, v in os.environ.items() if not k.startswith("VEDETTE_")}


RESETS: Final = pytest.mark.filterwarnings("ignore:unclosed <ssl.SSLSocket:ResourceWarning")
"""Where a connection is reset between connecting and the handshake, Python leaves its socket to the collector."""


class Part(StrEnum):
    """What of a network is killed."""

    ALL = "all"
    PARENT = "parent"
    WEB = "web"
    PIPELINE = "pipeline"


@contextlib.contextmanager
def killed_network(folder: Path, settings: str = "") -> Iterator[KilledNetwork]:
    """A network that is started, and stopped at the end; ``settings`` as of ``Network``."""
    network = KilledNetwork(folder, settings=settings)
    try:
        network.start()
        yield network
    finally:
        network.stop()
        gc.collect()


class KilledNetwork(Network):
    """A network whose processes are a group of their own, so that all of them can be killed at one moment."""

    def __init__(self, folder: Path, host: str = "127.0.0.1", settings: str = "") -> None:
        super().__init__(folder, host, settings)
        self.longest_start = 0.0
        self.starts = 0

    def spawn(self) -> None:
        """Starts it without waiting."""
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [*PROGRAM, "network", "up", "--config", str(self.config)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=_ENVIRONMENT,
                start_new_session=True,
            )
        self.starts += 1
        self._began = CLOCK.monotonic()

    def start(self) -> None:
        """Starts it; returns once it answers."""
        self.spawn()
        self.await_answer()

    def await_answer(self) -> None:
        """Returns once it answers. One that ended by itself is started again, as a service manager does."""
        assert self.process is not None
        until = CLOCK.monotonic() + PATIENCE
        while not self._answered():
            assert CLOCK.monotonic() < until, self._told()
            if self.process.poll() is not None:
                self.spawn()
            CLOCK.sleep(0.02)
        self.longest_start = max(self.longest_start, CLOCK.monotonic() - self._began)

    def kill(self, part: Part) -> None:
        """Ends a part with SIGKILL; what is left of the network ends or goes on as it likes."""
        assert self.process is not None
        with contextlib.suppress(ProcessLookupError):  # it may have ended by itself
            if part is Part.ALL:
                os.killpg(self.process.pid, signal.SIGKILL)
            elif part is Part.PARENT:
                os.kill(self.process.pid, signal.SIGKILL)
            elif (child := self._child(part)) is not None:
                os.kill(child, signal.SIGKILL)
        self._began = CLOCK.monotonic()
        if part in {Part.ALL, Part.PARENT}:
            self.process.wait()

    def settle(self) -> None:
        """Waits until state and lake have all that is in the log."""
        await_that(self._settled, f"both lags are 0: {self.log}", every=0.1, most=4 * PATIENCE)

    def stop(self) -> int | None:
        status = super().stop()
        if self.process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
        return status

    def _answered(self) -> bool:
        try:
            return self.get("/healthz")[0] == 200
        except OSError:
            return False

    def _settled(self) -> bool:
        try:
            return self.settled()
        except OSError:
            return False

    def _child(self, part: Part) -> int | None:
        """The process that is ``part`` now, where there is one."""
        assert self.process is not None
        for folder in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                parent = (folder / "stat").read_text().rpartition(")")[2].split()[1]
                if int(parent) != self.process.pid:
                    continue
                command = (folder / "cmdline").read_bytes()
                if (b"vedette.network.pipeline" in command) == (part is Part.PIPELINE):
                    return int(folder.name)
        return None

    def _told(self) -> str:
        return self.log.read_text()[-4000:]
