"""The story: two computers find a threat, and a third refuses it a moment later, while a fourth never says a word.

Everything in it is real: processes, certificates, consent, this computer's inventory and launches, a scan, a
verdict, a refusal. Only the four computers share one machine.
"""

from __future__ import annotations

import contextlib
import errno
import os
import statistics
import sys
import tempfile
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

import click

from vedette.demo.machines import CLOCK, DemoComputer, DemoNetwork, await_that
from vedette.demo.scanner import EICAR, Scanner, scanner
from vedette.errors import StoreUnusable
from vedette.network.data import DataFolder
from vedette.store.standing import told

_ROUNDS: Final = 5
_ORGANISATIONS: Final = {
    "Ada": "Alpha Works",
    "Ben": "Beta University",
    "Cleo": "Gamma Clinic",
    "Dora": "Delta Town",
}
_LAUNCHERS: Final = "*/_vendor/distlib/*.exe"


@dataclass(frozen=True)
class Teller:
    """Says what happens, with the seconds since the story began (``began`` on the monotonic clock)."""

    began: float

    def says(self, text: str, *, at: float | None = None) -> None:
        """One line; ``at`` is a time on the monotonic clock, now if not said."""
        click.echo(f"{(at or CLOCK.monotonic()) - self.began:7.2f} s  {text}")


def tell(*, leave_running: bool) -> list[float]:
    """Tells the story; with ``leave_running`` network and computers then go on until interrupted.

    Returns, for each threat, the seconds from the answer to the deciding report to the refusal.
    """
    teller = Teller(CLOCK.monotonic())
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="vedette-demo-")))
        network = stack.enter_context(contextlib.closing(DemoNetwork(folder / "network")))
        computers = [
            stack.enter_context(
                contextlib.closing(DemoComputer(name, organisation, folder / name.lower()))
            )
            for name, organisation in _ORGANISATIONS.items()
        ]
        antivirus = stack.enter_context(contextlib.closing(scanner(folder / "scanner")))
        network.await_ready()
        teller.says(f"a network runs at {network.address}; its data is in {network.data}")
        _join(teller, network, computers)
        _report(teller, network, computers)
        waits = _protect(teller, computers, antivirus)
        _account(teller, computers)
        if leave_running:
            click.echo("The network and the computers go on until Ctrl-C; meanwhile see")
            click.echo(
                f"  {network.address}/openapi/openapi.json, /healthz and /metrics, or what Ada's computer sent:"
            )
            click.echo(f"  vedette --config {computers[0].config} sent")
            with contextlib.suppress(KeyboardInterrupt):
                while True:
                    CLOCK.sleep(3600)
    return waits


def _join(teller: Teller, network: DemoNetwork, computers: list[DemoComputer]) -> None:
    for computer in computers:
        computer.command("join", network.invite(computer.organisation))
    teller.says(
        "Ada, Ben, Cleo and Dora have a join string each; so far not a packet has left one of them"
    )
    reporting = computers[:-1]
    terms = computers[0].command("consent", "show")["terms"]
    for computer in reporting:
        computer.command("consent", "grant", "basic", "--accept", terms)
    teller.says(
        "Ada, Ben and Cleo have read the statement and agreed to the basic tier; Dora has not"
    )
    reporting[-1].command("protection", "on")
    for computer in computers:
        computer.start_agent()
    teller.says(f"an agent runs on each; Cleo's also receives protection, in {reporting[-1].bin}")


def _report(teller: Teller, network: DemoNetwork, computers: list[DemoComputer]) -> None:
    launchers = sorted(Path(sys.prefix).rglob(_LAUNCHERS))
    for computer in computers[:3]:
        for launcher in launchers[:2]:
            computer.command("observe", "launch", str(launcher))
    for program in ("/bin/true", "/bin/sync"):
        if Path(program).exists():
            _executed(program)
    lake = DataFolder(network.data).lake()
    observed = 3 * len(launchers[:2])

    def arrived() -> bool:
        there = {item: lake.count(item) for item in ("operating_system", "services", "launches")}
        return min(there.values()) > 0 and there["launches"] > observed

    at = await_that(arrived, "their first reports are in the lake")
    rows = {item: told(lake.read(item)) for item in lake.items()}
    counts = ", ".join(f"{count} {item}" for item, count in rows.items() if count)
    teller.says(f"what they are and what they launch is in the lake: {counts}", at=at)


def _protect(teller: Teller, computers: list[DemoComputer], antivirus: Scanner) -> list[float]:
    teller.says(f"EICAR's harmless test file is the threat; the scanner is {antivirus.name}")
    if os.geteuid() != 0:
        teller.says(
            "without root no execution can be denied: Cleo asks with `vedette observe launch`"
        )
    waits = [
        _round(teller if number == 0 else None, computers, antivirus, number)
        for number in range(_ROUNDS)
    ]
    teller.says(
        f"{_ROUNDS} such threats: refused {statistics.median(waits):.3f} s after the deciding 202 in the median, "
        f"{max(waits):.3f} s at most"
    )
    return waits


def _round(
    teller: Teller | None, computers: list[DemoComputer], antivirus: Scanner, number: int
) -> float:
    """One threat, found by Ada and Ben and refused by Cleo; seconds from the deciding answer to the refusal."""
    ada, ben, cleo, _ = computers
    refuses = _denied if os.geteuid() == 0 else _refused_when_asked
    target = _threat(cleo, number)
    if refuses(cleo, target):
        raise StoreUnusable(
            "Cleo refuses a file that nobody has reported", "this is a defect: report it"
        )
    acknowledged = 0.0
    for computer in (ada, ben):
        acknowledged = _find(teller, computer, antivirus, _threat(computer, number))
    refused = await_that(partial(refuses, cleo, target), "Cleo refuses the file", every=0.005)
    if teller is not None:
        wait = refused - acknowledged
        teller.says(
            f"Cleo's computer refuses the file, {wait:.3f} s after the 202 to Ben's report",
            at=refused,
        )
        for _, text, _ in cleo.command("why", str(target))["evidence"]:
            teller.says(f"  why: {text}")
    return refused - acknowledged


def _find(teller: Teller | None, computer: DemoComputer, antivirus: Scanner, path: Path) -> float:
    """The scanner finds the threat in ``path``, and its computer reports it; when the network acknowledged that."""
    found = antivirus.scan(path)
    if found is None:
        raise StoreUnusable("the scanner does not find its own test file", "see its signatures")
    before = computer.requests()
    computer.command(
        "observe", "detection", str(path), "--threat", found, "--product", antivirus.name
    )
    acknowledged = await_that(
        lambda: computer.acknowledged("detections", before),
        "a detection is acknowledged",
        every=0.002,
    )
    if teller is not None:
        teller.says(
            f"{computer.name}'s scanner finds {found}: reported and acknowledged", at=acknowledged
        )
    return acknowledged


def _account(teller: Teller, computers: list[DemoComputer]) -> None:
    for computer in computers[:3]:
        teller.says(
            f"{computer.name} can read back every one of {computer.requests()} requests, {computer.sent_bytes()} bytes"
        )
    silent = computers[-1]
    if silent.requests():
        raise StoreUnusable(
            "Dora has not consented, and yet has sent something", "this is a defect: report it"
        )
    teller.says("Dora has sent nothing: 0 requests")


def _threat(computer: DemoComputer, number: int) -> Path:
    path = computer.bin / f"invoice-{number}.com"
    path.write_bytes(EICAR + b" " * number)
    path.chmod(0o755)
    return path


def _denied(_: DemoComputer, path: Path) -> bool:
    """Whether executing the file is denied by the system. No system of ours can run it, so nothing happens
    where it is not.
    """
    return _executed(str(path)) == errno.EPERM


def _refused_when_asked(cleo: DemoComputer, path: Path) -> bool:
    return bool(cleo.command("observe", "launch", str(path))["outcome"] == "denied")


def _executed(program: str) -> int:
    """Executes ``program`` and waits for it; the error number where it could not be started, else 0."""
    try:
        child = os.posix_spawn(program, [program], os.environ)
    except OSError as error:
        return error.errno or -1
    os.waitpid(child, 0)
    return 0
