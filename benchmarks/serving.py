"""``python -m benchmarks.serving TARGET [--pipeline]``: the network's web server around an application, as
``vedette network up`` runs it; with ``--pipeline`` the pipeline process runs beside it.
"""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any

import msgspec
from litestar import Litestar, MediaType, Request, Response, post

from vedette.clock import SystemClock
from vedette.facts.codec import MAX_BODY
from vedette.network.settings import SETTINGS_VARIABLE, NetworkSettings
from vedette.network.up import Pipeline, serve
from vedette.wire.protocol import ENVELOPES, EnvelopeAnswer

NOTHING = "benchmarks.serving:nothing"

_ANSWER = msgspec.json.encode(
    EnvelopeAnswer(12_345, {"launches": 300, "services": 195, "detections": 5}, [])
)


def nothing() -> Litestar:
    """An application that reads what comes and answers as if it had been taken."""

    @post(ENVELOPES, status_code=202, request_max_body_size=MAX_BODY)
    async def envelopes(request: Request[Any, Any, Any]) -> Response[bytes]:
        await request.body()
        return Response(_ANSWER, status_code=202, media_type=MediaType.JSON)

    return Litestar([envelopes], logging_config=None)


@contextlib.contextmanager
def served(target: str, settings: NetworkSettings, *, pipeline: bool = False) -> Iterator[int]:
    """Serves ``target`` while the block runs; the server's process id."""
    command = [
        sys.executable,
        "-m",
        "benchmarks.serving",
        target,
        *(["--pipeline"] if pipeline else []),
    ]
    environment = {**os.environ, SETTINGS_VARIABLE: msgspec.json.encode(settings).decode()}
    with subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL) as process:
        try:
            _await(settings.port, process)
            yield process.pid
        finally:
            process.send_signal(signal.SIGTERM)


def free_port() -> int:
    """A port of this machine that nobody listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def _await(port: int, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + 30
    while process.poll() is None and time.monotonic() < until:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.02)
    raise RuntimeError("the server did not start")


def main() -> None:
    """Serves until told to stop."""
    settings = msgspec.json.decode(os.environ[SETTINGS_VARIABLE], type=NetworkSettings)
    beside = Pipeline(SystemClock()) if "--pipeline" in sys.argv else None
    if beside is not None:
        beside.start()
    try:
        serve(sys.argv[1], settings)
    finally:
        if beside is not None:
            beside.stop()


if __name__ == "__main__":
    main()
