"""The machines of the story: a network and computers, each with processes and folders of its own, driven by the
real commands.
"""

from __future__ import annotations

import contextlib
import json
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from vedette.agent.computer import Computer
from vedette.agent.settings import load
from vedette.clock import SystemClock
from vedette.endpoint.reading import readable
from vedette.errors import StoreUnusable

_PROGRAM: Final = [sys.executable, "-m", "vedette.cli"]
_PATIENCE: Final = 30.0  # seconds
CLOCK: Final = SystemClock()


class DemoNetwork:
    """A network in ``folder``, on a free port of this machine."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        self._folder = folder
        self.data = folder / "data"
        port = _free_port()
        self.address = f"https://127.0.0.1:{port}"
        self._config = folder / "network.toml"
        self._config.write_text(
            f'data = "{self.data}"\nlisten = "127.0.0.1:{port}"\n'
            'controller = "The demonstration on this machine"\ncontact = "yourself"\nlog_level = "WARNING"\n'
        )
        self._log = (folder / "network.log").open("wb")
        self._process = subprocess.Popen(
            [*_PROGRAM, "network", "up", "--config", str(self._config)],
            stdin=subprocess.DEVNULL,
            stdout=self._log,
            stderr=self._log,
        )

    def await_ready(self) -> None:
        """Returns once it answers. Raises ``StoreUnusable`` where it ended instead."""

        def ready() -> bool:
            if self._process.poll() is not None:
                raise StoreUnusable(
                    "the network did not start", f"see {self._folder / 'network.log'}"
                )
            with (
                contextlib.suppress(OSError),
                socket.create_connection(("127.0.0.1", self._port), 1),
            ):
                return True
            return False

        await_that(ready, "the network answers")

    @property
    def _port(self) -> int:
        return int(self.address.rpartition(":")[2])

    def invite(self, organisation: str) -> str:
        """A join string for one computer of ``organisation``."""
        arguments = [
            "network",
            "token",
            "--organisation",
            organisation,
            "--config",
            str(self._config),
            "--json",
        ]
        return str(_json(arguments)["join"])

    def close(self) -> None:
        """Stops it and waits for that."""
        _stop(self._process)
        self._log.close()


class DemoComputer:
    """A computer called ``name`` with a state folder and an agent of its own; in ``bin`` refused files cannot
    be executed.
    """

    def __init__(self, name: str, organisation: str, folder: Path) -> None:
        self.name = name
        self.organisation = organisation
        self.bin = folder / "bin"
        self.bin.mkdir(parents=True)
        self._folder = folder
        self.config = folder / "agent.toml"
        self.config.write_text(
            f'state = "{folder / "state"}"\nlog_level = "WARNING"\n'
            "[uplink]\nsend_every = 1.0\n"
            f'[protection]\ndeny_in = ["{self.bin}"]\n'
        )
        self.endpoint = Computer(load(self.config, None), CLOCK)
        self._agent: subprocess.Popen[bytes] | None = None

    def command(self, *arguments: str) -> dict[str, Any]:
        """What ``vedette ARGUMENTS --json`` on this computer prints."""
        return _json(["--config", str(self.config), *arguments, "--json"])

    def start_agent(self) -> None:
        """Starts its agent."""
        with (self._folder / "agent.log").open("ab") as log:
            self._agent = subprocess.Popen(
                [*_PROGRAM, "--config", str(self.config), "agent", "run"],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

    def requests(self) -> int:
        """How many requests it has sent."""
        if not self.endpoint.folder.has("sent.db"):
            return 0
        return self.endpoint.sent.bound().requests

    def acknowledged(self, item: str, after: int) -> bool:
        """Whether the network took a report with ``item`` that was sent after the first ``after`` requests."""
        schemas, sent = self.endpoint.catalogue.schemas, self.endpoint.sent
        return any(
            item in readable(sent.raw(entry.number) or b"", schemas)["content"]["items"]
            for entry in sent.entries(limit=self.requests() - after)
            if entry.purpose == "report" and entry.status == 202
        )

    def sent_bytes(self) -> int:
        """How many bytes it has sent in all."""
        return self.endpoint.sent.bound().bytes if self.requests() else 0

    def close(self) -> None:
        """Stops its agent and waits for that."""
        if self._agent is not None:
            _stop(self._agent)


def await_that(holds: Callable[[], bool], what: str, *, every: float = 0.02) -> float:
    """Waits until ``holds``; when that was, on the monotonic clock. Raises ``StoreUnusable`` where it never comes."""
    until = CLOCK.monotonic() + _PATIENCE
    while not holds():
        if CLOCK.monotonic() > until:
            raise StoreUnusable(
                f"the demonstration waited in vain until {what}", "run it again, and see its logs"
            )
        CLOCK.sleep(every)
    return CLOCK.monotonic()


def _json(arguments: list[str]) -> dict[str, Any]:
    done = subprocess.run([*_PROGRAM, *arguments], capture_output=True, text=True, check=False)
    if done.returncode not in {0, 1} or not done.stdout:
        raise StoreUnusable(
            "a command of the demonstration failed", done.stderr.strip().replace("\n", " ")
        )
    answer = json.loads(done.stdout.splitlines()[0])
    assert isinstance(answer, dict)
    return answer


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(timeout=15)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
    assert isinstance(port, int)
    return port
