"""Authenticode: signed files verified a second, digest and chain and timestamps, in the sandbox."""

from __future__ import annotations

import statistics
import tempfile
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path

from benchmarks.found import described, programs
from benchmarks.measure import Figure, figure
from vedette.clock import SystemClock
from vedette.filefacts.authenticode import verify
from vedette.filefacts.authenticode.authroot import programme
from vedette.filefacts.content import content_of
from vedette.filefacts.facts import SignatureFacts
from vedette.sandbox.limits import Limits
from vedette.sandbox.sandbox import Sandbox

VERIFY = "benchmarks.signature:verified"
_CLOCK = SystemClock()
_ROUNDS = 5
_ENOUGH = 20


def prepare() -> None:
    """Before the worker's doors close."""
    programme()


def verified(descriptor: int, *, now: datetime) -> SignatureFacts:
    """What the sandbox runs."""
    with content_of(descriptor) as content:
        return verify(content, [], now)


def figures(quick: bool) -> Iterator[Figure]:
    """Each round with a worker of its own, so that no signer is known from the round before."""
    with tempfile.TemporaryDirectory(prefix="vedette-bench-") as folder:
        signed = [path for path in programs() if _look(path).present]
        if len(signed) < _ENOUGH:
            signed += _made(Path(folder))
        rate = statistics.median(_rates(signed, 2 if quick else _ROUNDS))
        yield figure(
            f"signature{'_quick' if quick else ''}",
            rate,
            "files/s",
            "higher",
            target=50,
            against=described(signed),
        )


def _rates(signed: Sequence[Path], rounds: int) -> Iterator[float]:
    for _ in range(rounds):
        with Sandbox(VERIFY, SignatureFacts, Limits(), _CLOCK) as sandbox:
            _call(sandbox, Path(__file__))
            began = _CLOCK.monotonic()
            for path in signed:
                _call(sandbox, path)
            yield len(signed) / (_CLOCK.monotonic() - began)


def _made(folder: Path) -> Iterator[Path]:
    """Files signed here, each by a signer of its own, where too few others are found."""
    from tests.unit.filefacts.authenticode.authority import STAMP, self_signed
    from tests.unit.filefacts.authenticode.signer import Signing, Stamping, program, signed

    root = self_signed("Benchmark Root")
    stamper = root.issue("Stamper", [STAMP])
    for number in range(_ENOUGH):
        signing = Signing(root.issue(f"Maker {number}"), chain=[root], stamps=[Stamping(stamper)])
        path = folder / str(number)
        path.write_bytes(signed(program(bytes(100 << 10)), signing))
        yield path


def _look(path: Path) -> SignatureFacts:
    with path.open("rb") as file:
        return verified(file.fileno(), now=_CLOCK.now())


def _call(sandbox: Sandbox[SignatureFacts], path: Path) -> SignatureFacts:
    with path.open("rb") as file:
        return sandbox.call(file.fileno(), now=_CLOCK.now())
