"""Ingest over HTTP: signature check, decoding, consent filter and durable log, against the same server doing nothing.

Load and server share this machine's cores. Bodies are made beforehand: compressing them is the computers' work and none
of a network's. Each request is signed when its turn comes, as computers do, and so are those to the server that does
nothing: that is the stated figure. Beside it stand the same with requests signed beforehand, and with the pipeline
process at work on what arrives.
"""

from __future__ import annotations

import itertools
import statistics
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

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


def figures(quick: bool) -> Iterator[Figure]:
    """Envelopes a second against those of the server that does nothing; three rounds, the median of each."""
    count, rounds = (2_000, 1) if quick else (10_000, 3)
    rates: dict[str, list[float]] = {}
    with tempfile.TemporaryDirectory(prefix="vedette-bench-") as folder:
        for number, (form, piped) in itertools.product(range(rounds), _FORMS):
            settings = NetworkSettings(
                data=str(Path(folder) / f"{form}-{piped}-{number}"),
                listen=f"127.0.0.1:{free_port()}",
                tls="off",
                log_level="WARNING",
            )
            for name, rate in _round(settings, count, signed=form == "signed", piped=piped):
                rates.setdefault(name, []).append(rate)
    middle = {name: statistics.median(some) for name, some in rates.items()}
    suffix = "_quick" if quick else ""
    for name, against, target in (
        ("signed", "signed_nothing", 0.5),
        ("presigned", "presigned_nothing", None),
        ("signed_piped", "signed_nothing", None),
    ):
        yield figure(
            f"ingest_{name}{suffix}",
            middle[name] / middle[against],
            "ratio",
            "higher",
            target=target,
            against=f"{middle[against]:,.0f}/s with a route that does nothing; here {middle[name]:,.0f}/s",
        )


_FORMS = (("signed", False), ("presigned", False), ("signed", True))


def _round(
    settings: NetworkSettings, count: int, *, signed: bool, piped: bool
) -> Iterator[tuple[str, float]]:
    folder = DataFolder(settings.folder)
    folder.prepare(_CLOCK.now())
    folder.certify(settings.names, _CLOCK.now())
    name = "signed" if signed else "presigned"
    with served(WEB, settings, pipeline=piped):
        bodies = _bodies(_installs(settings), count + _WARM)
        yield f"{name}_piped" if piped else name, _rate(settings.port, bodies, signed=signed)
    if not piped:
        with served(NOTHING, settings):
            yield f"{name}_nothing", _rate(settings.port, bodies, signed=signed)


def _rate(port: int, bodies: Sequence[_Body], *, signed: bool) -> float:
    """Requests a second."""
    requests = _requests(bodies)
    if not signed:
        requests = iter(list(requests))
    drive(port, itertools.islice(requests, _WARM), CONNECTIONS)
    return (len(bodies) - _WARM) / drive(port, requests, CONNECTIONS)


def _requests(bodies: Sequence[_Body]) -> Iterator[bytes]:
    for install, content in bodies:
        request = install.request(content)
        fields = "".join(f"{name}: {value}\r\n" for name, value in request.headers.items())
        head = (
            f"{request.method} {request.target} HTTP/1.1\r\nhost: {install.origin.authority}\r\n"
            f"{fields}content-length: {len(content)}\r\n\r\n"
        )
        yield head.encode() + content


def _bodies(installs: Sequence[SimulatedInstall], count: int) -> list[_Body]:
    facts = Facts(1, _CLOCK)
    events = itertools.cycle([batches(facts) for _ in range(64)])
    made = []
    for install in itertools.islice(itertools.cycle(installs), count):
        install.sequence += 1
        made.append(
            (install, body(install.install, install.receipt, install.sequence, next(events)))
        )
    return made


def _installs(settings: NetworkSettings) -> list[SimulatedInstall]:
    client = Client(Origin.of(settings.url), SocketTransport(None), _Unwritten)
    joins = [JoinString.decode(invite(settings, None, False, _CLOCK).join) for _ in range(INSTALLS)]
    return [SimulatedInstall.register(join, client, _CLOCK) for join in joins]


class _Unwritten:
    """Of the few requests here no ledger is kept."""

    def __init__(self, request: Request, raw: bytes) -> None: ...

    def answered(self, status: int) -> None: ...

    def failed(self, reason: str) -> None: ...
