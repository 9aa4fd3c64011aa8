"""The machines of a journey: a network and computers, real processes driven by the real commands."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import ssl
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

from vedette.agent.computer import Computer as Endpoint
from vedette.agent.settings import load
from vedette.clock import SystemClock
from vedette.endpoint.sent import Entry
from vedette.network.data import DataFolder
from vedette.statement.terms import current
from vedette.store.lake import DeltaLake
from vedette.wire.http import Client
from vedette.wire.join import JoinString
from vedette.wire.transport import Origin, SocketTransport

PROGRAM: Final = [sys.executable, "-m", "vedette.cli"]
CLOCK: Final = SystemClock()
PATIENCE: Final = 30.0  # seconds
_ENVIRONMENT: Final = {k: v for k, v in os.environ.items() if not k.startswith("VEDETTE_")}


def await_that(
    holds: Callable[[], object], what: str, *, every: float = 0.05, most: float = PATIENCE
) -> float:
    """Waits until ``holds``; when that was, on the monotonic clock."""
    until = CLOCK.monotonic() + most
    while not holds():
        assert CLOCK.monotonic() < until, f"waited in vain until {what}"
        CLOCK.sleep(every)
    return CLOCK.monotonic()


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def objects(text: str) -> list[dict[str, Any]]:
    """JSON, one object a line."""
    return [json.loads(line) for line in text.splitlines()]


class Network:
    """A network in ``folder``, listening on ``host``; ``settings`` are further lines of its TOML file, ``wrapper`` what
    its commands run under.
    """

    def __init__(
        self,
        folder: Path,
        host: str = "127.0.0.1",
        settings: str = "",
        wrapper: Sequence[str] = (),
    ) -> None:
        self._program = [*wrapper, *PROGRAM, "network"]
        folder.mkdir(parents=True)
        self.port = free_port()
        scheme = "http" if 'tls = "off"' in settings else "https"
        self.address = f"{scheme}://{host}:{self.port}"
        self.data = DataFolder(folder / "data")
        self.log = folder / "network.log"
        self.config = folder / "network.toml"
        self.config.write_text(
            f'data = "{self.data.path}"\nlisten = "{host}:{self.port}"\n'
            f'controller = "A test"\ncontact = "nobody@example.org"\nlog_level = "DEBUG"\n{settings}'
        )
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Starts it; returns once it answers."""
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [*self._program, "up", "--config", str(self.config)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=_ENVIRONMENT,
            )
        await_that(self.answers, "the network answers")

    def answers(self) -> bool:
        assert self.process is None or self.process.poll() is None, self.log.read_text()
        try:
            return self.get("/healthz")[0] == 200
        except OSError:
            return False

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """``vedette network ARGUMENTS`` on its configuration."""
        return run([*self._program, *arguments, "--config", str(self.config)])

    def lines(self, *arguments: str) -> list[dict[str, Any]]:
        """What ``vedette network ARGUMENTS --json`` prints."""
        done = self.run(*arguments, "--json")
        assert done.returncode == 0, done.stderr
        return objects(done.stdout)

    def command(self, *arguments: str) -> dict[str, Any]:
        """The first line of it."""
        return self.lines(*arguments)[0]

    def invite(self, organisation: str = "Example") -> str:
        """A join string for one computer of ``organisation``."""
        return str(self.command("token", "--organisation", organisation)["join"])

    def get(self, path: str) -> tuple[int, bytes]:
        """Status and body of the answer to a GET. Raises ``OSError`` where there is none."""
        context = ssl.create_default_context(cafile=str(self._authority / "ca.pem"))
        try:
            with urllib.request.urlopen(self.address + path, timeout=5, context=context) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read()

    def health(self) -> dict[str, Any]:
        return dict(json.loads(self.get("/healthz")[1]))

    def metric(self, name: str, **labels: str) -> float:
        """A figure of ``/metrics``; 0 where it was never counted."""
        wanted = ",".join(f'{label}="{value}"' for label, value in sorted(labels.items()))
        sample = f"{name}{{{wanted}}}" if wanted else name
        found = re.search(
            rf"^{re.escape(sample)} (\S+)$", self.get("/metrics")[1].decode(), re.MULTILINE
        )
        return float(found[1]) if found else 0.0

    def settled(self) -> bool:
        """Whether state and lake have all that is in the log."""
        health = self.health()
        return bool(health["state_lag"] == 0 and health["lake_lag"] == 0)

    @property
    def lake(self) -> DeltaLake:
        return self.data.lake()

    def client(self) -> Client:
        """A client for simulated installs, which keeps no ledger."""
        ca = (self._authority / "ca.pem").read_text()
        return Client(Origin.of(self.address), SocketTransport(ca, timeout=10), Unwritten)

    def stop(self) -> int | None:
        """Stops it as an operator does (SIGTERM); its exit status."""
        return stop(self.process)

    @property
    def _authority(self) -> Path:
        return self.data.path / "authority"


class Computer:
    """A computer with a state folder and an agent of its own. ``wrapper``: what its commands run under;
    ``settings``: further lines of its TOML file.
    """

    def __init__(self, folder: Path, settings: str = "", wrapper: Sequence[str] = ()) -> None:
        folder.mkdir(parents=True)
        self.folder = folder
        self.state = folder / "state"
        self.log = folder / "agent.log"
        self.config = folder / "agent.toml"
        self.config.write_text(
            f'state = "{self.state}"\nlog_level = "DEBUG"\n[uplink]\nsend_every = 1.0\n{settings}'
        )
        self.endpoint = Endpoint(load(self.config, None), CLOCK)
        self.agent: subprocess.Popen[bytes] | None = None
        self._program = [*wrapper, *PROGRAM, "--config", str(self.config)]

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """``vedette ARGUMENTS`` on this computer."""
        return run([*self._program, *arguments])

    def raw(self, *arguments: str) -> bytes:
        """The bytes that ``vedette ARGUMENTS`` prints."""
        return subprocess.check_output([*self._program, *arguments], env=_ENVIRONMENT)

    def lines(self, *arguments: str) -> list[dict[str, Any]]:
        """What ``vedette ARGUMENTS --json`` prints."""
        done = self.run(*arguments, "--json")
        assert done.returncode == 0, done.stderr
        return objects(done.stdout)

    def command(self, *arguments: str) -> dict[str, Any]:
        """The first line of it."""
        return self.lines(*arguments)[0]

    def join(self, join: str | JoinString, *, grant: bool = True) -> None:
        self.command("join", join if isinstance(join, str) else join.encode())
        if grant:
            self.grant()

    def grant(self) -> None:
        self.command("consent", "grant", "basic", "--accept", current().digest)

    def round(self) -> None:
        """One full round of the agent."""
        done = self.run("agent", "run", "--once")
        assert done.returncode == 0, done.stderr

    def start_agent(self) -> None:
        with self.log.open("ab") as log:
            self.agent = subprocess.Popen(
                [*self._program, "agent", "run"],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=_ENVIRONMENT,
            )
        await_that(lambda: b"agent starts" in self.log.read_bytes(), "the agent starts")

    def sent(self, purpose: str | None = None, status: int | None = None) -> list[Entry]:
        """The requests in its ledger, newest first."""
        if not self.endpoint.folder.has("sent.db"):
            return []
        return [
            entry
            for entry in self.endpoint.sent.entries(limit=1_000_000)
            if purpose in {None, entry.purpose} and status in {None, entry.status}
        ]

    def stop(self) -> int | None:
        """Stops its agent as a service manager does (SIGTERM); the exit status."""
        return stop(self.agent)


class Unwritten:
    """A ledger's record of nothing."""

    def __init__(self, *_: object) -> None:
        pass

    def answered(self, status: int) -> None:
        pass

    def failed(self, reason: str) -> None:
        pass


def run(command: list[str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command,
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
        env=_ENVIRONMENT,
        timeout=60,
    )


def stop(process: subprocess.Popen[bytes] | None) -> int | None:
    """Ends ``process``, by force where it does not listen; its exit status then is -9."""
    if process is None:
        return None
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
    try:
        return process.wait(timeout=20)
    except subprocess.TimeoutExpired:
        process.kill()
        return process.wait()
