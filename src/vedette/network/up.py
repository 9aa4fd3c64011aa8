"""Running a network: the web server in this process, the pipeline beside it."""

from __future__ import annotations

import logging
import os
import socket
import subprocess
import sys
import threading
from pathlib import Path
from typing import Final

import msgspec
from granian import Granian
from granian.constants import HTTPModes, Interfaces
from granian.log import LogLevels

from vedette import logs
from vedette.clock import Clock, SystemClock
from vedette.errors import ConfigurationError
from vedette.network.data import DataFolder
from vedette.network.settings import SETTINGS_VARIABLE, NetworkSettings

WEB: Final = "vedette.network.web:application"

_log = logging.getLogger(__name__)
_RESTART_AFTER: Final = 1.0  # seconds
_BACKLOG: Final = 4096
# Readers of the urgent channel each hold a place.
_CONNECTIONS: Final = 20_000

# No web process is forked while a pipeline is being started. It would keep the pipe at whose end that is known to be
# done, and nobody would look after the pipeline as long as it lives.
_starting = threading.Lock()
os.register_at_fork(
    before=_starting.acquire, after_in_parent=_starting.release, after_in_child=_starting.release
)


def up(settings: NetworkSettings) -> None:
    """Runs the network until SIGINT or SIGTERM. Raises ``StoreUnusable`` where one runs on its data already,
    ``ConfigurationError`` where nobody can listen at its address.
    """
    clock = SystemClock()
    logs.configure(sys.stderr, settings.log_level, human=settings.log_form == "text")
    folder = DataFolder(settings.folder)
    folder.prepare(clock.now())
    with folder.locked():
        _try_address(settings.host, settings.port)
        certificate, key = folder.certify(settings.names, clock.now())
        os.environ[SETTINGS_VARIABLE] = msgspec.json.encode(settings).decode()
        pipeline = Pipeline(clock)
        pipeline.start()
        _log.info("network starts", extra={"listen": settings.listen, "data": str(settings.folder)})
        try:
            serve(WEB, settings, certificate, key)
        finally:
            pipeline.stop()


def serve(
    target: str, settings: NetworkSettings, certificate: Path | None = None, key: Path | None = None
) -> None:
    """Runs the web server of ``settings`` around the application that ``target`` makes, until told to end. It has one
    worker, which remembers nonces and writes the log.
    """
    encrypted = settings.tls == "own"
    Granian(
        target,
        factory=True,
        address=settings.host,
        port=settings.port,
        interface=Interfaces.ASGI,
        http=HTTPModes.http1,
        websockets=False,
        workers=1,
        backlog=_BACKLOG,
        backpressure=_CONNECTIONS,
        ssl_cert=certificate if encrypted else None,
        ssl_key=key if encrypted else None,
        log_level=LogLevels.warning,
        workers_kill_timeout=10,
        respawn_failed_workers=True,
    ).serve()


def _try_address(host: str, port: int) -> None:
    """Listens for a moment: the web server itself would end with a traceback."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        socket.create_server((host, port), family=family).close()
    except OSError as error:
        raise ConfigurationError(
            f"the network cannot listen at its address ({_why(error)})",
            "stop what listens there, or name another with --listen",
        ) from error


def _why(error: OSError) -> str:
    if error.errno is None or error.errno < 0:
        return "there is no such host"  # the resolver's errors have numbers of their own
    return os.strerror(error.errno)


class Pipeline:
    """The pipeline process, started again whenever it ends before its time. It ends when its standard input does."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._stopping = threading.Event()
        self._process: subprocess.Popen[bytes] | None = None
        self._thread = threading.Thread(target=self._keep, name="pipeline", daemon=True)

    def start(self) -> None:
        """Starts it."""
        self._thread.start()

    def stop(self) -> None:
        """Lets it finish its step, and waits for that."""
        self._stopping.set()
        if self._process is not None and self._process.stdin is not None:
            self._process.stdin.close()
        self._thread.join()

    def _keep(self) -> None:
        command = [sys.executable, "-m", "vedette.network.pipeline"]
        while not self._stopping.is_set():
            with _starting:
                self._process = subprocess.Popen(command, stdin=subprocess.PIPE)
            with self._process:
                if self._stopping.is_set() and self._process.stdin is not None:
                    self._process.stdin.close()  # `stop` may have closed that of the one before
                code = self._process.wait()
            if not self._stopping.is_set():
                _log.error("pipeline ended and is started again", extra={"code": code})
                self._clock.sleep(_RESTART_AFTER, self._stopping)
