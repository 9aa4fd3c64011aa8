"""Ingest over HTTP: signature check, decoding, consent filter and durable log, against the same server doing nothing.

Load and server share this machine's cores, and the server that does nothing gets the same requests, made in the same
way. In the stated form (``signed``) bodies are made beforehand and each request is signed when its turn comes. Beside
it stand requests signed beforehand (``presigned``: the load costs next to nothing); requests encoded, compressed and
signed when their turn comes (``composed``: all that computers do for an envelope, once its columns are there); and the
stated form with the pipeline process at work on what arrives (``piped``).
"""

from __future__ import annotations

import contextlib
import itertools
import shutil
import statistics
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

from benchmarks.load import drive
from benchmarks.measure import Figure, figure
from benchmarks.reports import batches, body
from benchmarks.serving import NOTHING, free_port, served
from vedette.clock import SystemClock
from vedette.network.data import DataFolder
from vedette.network.operator import invite
from vedette.network.settings import NetworkSettings
from vedette.network.up import WEB
from vedette.testing.fleet import Facts, SimulatedInstall
from vedette.wire.http import Client, Request
from vedette.wire.join import JoinString
from vedette.wire.transport import Origin, SocketTransport

CONNECTIONS = 32
INSTALLS = 64
_WARM = 500
_CLOCK = SystemClock()

_Body = tuple[SimulatedInstall, bytes]
_Making = Callable[[Iterator[_Body]], Iterator[bytes]]


def figures(quick: bool) -> Iterator[Figure]:
    """Envelopes a second against those of the server that does nothing; of some rounds, the median of each."""
    count, rounds = (2_000, 1) if quick else (8_000, 3)
    rates: dict[str, list[float]] = {}
    with tempfile.TemporaryDirectory(prefix="vedette-bench-") as folder:
        for number, (name, make) in itertools.product(range(rounds), _FORMS.items()):
            path = Path(folder) / f"{name}-{number}"
            rates.setdefault(name, []).append(_rate(path, make, count, piped=name == "piped"))
            if name != "piped":
                nothing = rates.setdefault(f"{name} nothing", [])
                nothing.append(_rate(path, make, count, target=NOTHING))
            shutil.rmtree(path)
    middle = {name: statistics.median(some) for name, some in rates.items()}
    for name in _FORMS:
        against = middle["signed nothing" if name == "piped" else f"{name} nothing"]
        yield figure(
            f"ingest_{name}{'_quick' if quick else ''}",
            middle[name] / against,
            "ratio",
            "higher",
            target=0.5 if name == "signed" else None,
            against=f"{against:,.0f}/s with a route that does nothing; here {middle[name]:,.0f}/s",
        )


def _rate(
    path: Path, make: _Making, count: int, *, target: str = WEB, piped: bool = False
) -> float:
    """Requests a second of the server of ``target``; the first are not counted."""
    settings = NetworkSettings(
        data=str(path), listen=f"127.0.0.1:{free_port()}", tls="off", log_level="WARNING"
    )
    folder = DataFolder(settings.folder)
    folder.prepare(_CLOCK.now())
    folder.certify(settings.names, _CLOCK.now())
    with served(WEB, settings):
        installs = _installs(settings)
    with served(target, settings, pipeline=piped):
        requests = make(_bodies(installs, count + _WARM))
        drive(settings.port, itertools.islice(requests, _WARM), CONNECTIONS)
        return count / drive(settings.port, requests, CONNECTIONS)


def _signed(bodies: Iterator[_Body]) -> Iterator[bytes]:
    return _requests(list(bodies))


def _presigned(bodies: Iterator[_Body]) -> Iterator[bytes]:
    return iter(list(_requests(bodies)))


def _requests(bodies: Iterable[_Body]) -> Iterator[bytes]:
    for install, content in bodies:
        request = install.request(content)
        fields = "".join(f"{name}: {value}\r\n" for name, value in request.headers.items())
        head = (
            f"{request.method} {request.target} HTTP/1.1\r\nhost: {install.origin.authority}\r\n"
            f"{fields}content-length: {len(content)}\r\n\r\n"
        )
        yield head.encode() + content


def _bodies(installs: Sequence[SimulatedInstall], count: int) -> Iterator[_Body]:
    facts = Facts(1, _CLOCK)
    events = itertools.cycle([batches(facts) for _ in range(64)])
    for install in itertools.islice(itertools.cycle(installs), count):
        install.sequence += 1
        yield install, body(install.install, install.receipt, install.sequence, next(events))


_FORMS: Final[Mapping[str, _Making]] = {
    "signed": _signed,
    "presigned": _presigned,
    "composed": _requests,
    "piped": _signed,
}


def _installs(settings: NetworkSettings) -> list[SimulatedInstall]:
    joins = [JoinString.decode(invite(settings, None, False, _CLOCK).join) for _ in range(INSTALLS)]
    client = Client(Origin.of(settings.url), SocketTransport(None), _Unwritten)
    with contextlib.closing(client):
        return [SimulatedInstall.register(join, client, _CLOCK) for join in joins]


class _Unwritten:
    """Of the few requests here no ledger is kept."""

    def __init__(self, request: Request, raw: bytes) -> None: ...

    def answered(self, status: int) -> None: ...

    def failed(self, reason: str) -> None: ...
