"""``vedette observe``: reports one event by hand, or from another product."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import click

from vedette.cli.context import Invocation, as_json, print_json, shown

_time = click.option(
    "--time",
    type=click.DateTime(["%Y-%m-%dT%H:%M:%S%z", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d"]),
    help="When it happened, in UTC where no offset is given; now, if not said.",
)
_product = click.option("--product", metavar="NAME", help="The product that reports it.")


@click.group()
def observe() -> None:
    """Report one event by hand or from another product."""


@observe.command()
@click.argument("path", type=click.Path(exists=True, dir_okay=False))
@_product
@_time
@as_json
@click.pass_obj
def launch(
    invocation: Invocation, path: str, product: str | None, time: datetime | None, as_json: bool
) -> None:
    """The file at PATH is about to be started: report it, and print what protection says."""
    with invocation.computer.sandbox:
        seen = invocation.computer.observing.launch(path, _utc(time), product)
    answer = seen.answer
    if as_json:
        verdict = answer.verdict
        print_json(
            {
                "outcome": answer.outcome,
                "reported": seen.reported,
                "verdict": verdict.verdict if verdict else None,
                "serial": verdict.serial if verdict else None,
                "reason": answer.reason or None,
            }
        )
    else:
        click.echo(f"{answer.outcome}{', reported' if seen.reported else ''}")


@observe.command()
@click.argument("path", type=click.Path(exists=True, dir_okay=False))
@click.option("--url", required=True, metavar="URL", help="The web address that it came from.")
@_product
@_time
@as_json
@click.pass_obj
def download(
    invocation: Invocation,
    path: str,
    url: str,
    product: str | None,
    time: datetime | None,
    as_json: bool,
) -> None:
    """The file at PATH was downloaded from URL. Only one that carries a signature is reported."""
    with invocation.computer.sandbox:
        seen = invocation.computer.observing.download(path, url, _utc(time), product)
    if as_json:
        print_json(
            {
                "reported": seen is not None,
                "url": seen.url.value if seen else None,
                "sha256": seen.sha256.value.hex() if seen else None,
                "signature": seen.signature.value if seen else None,
                "signer": seen.signer.value if seen and seen.signer else None,
            }
        )
    elif seen is None:
        click.echo("not reported: the file carries no signature")
    else:
        click.echo(f"{shown(seen.url.value)} is reported with the next round")


@observe.command()
@click.argument("paths", metavar="PATH…", nargs=-1, required=True, type=click.Path())
@click.option("--threat", required=True, metavar="NAME", help="The threat's name.")
@click.option(
    "--action", metavar="ACT", help="What was done: none, blocked, quarantined, deleted or cleaned."
)
@click.option("--application", metavar="PATH", help="The application at fault.")
@_product
@_time
@as_json
@click.pass_obj
def detection(
    invocation: Invocation,
    paths: tuple[str, ...],
    threat: str,
    action: str | None,
    application: str | None,
    product: str | None,
    time: datetime | None,
    as_json: bool,
) -> None:
    """A threat was found in the files at PATH…."""
    found = invocation.computer.observing.detection(
        paths, threat, action=action, application=application, product=product, time=_utc(time)
    )
    if as_json:
        print_json({"threat": found.threat.value, "files": found.files.value})
    else:
        click.echo(
            f"{shown(found.threat.value)} in {len(found.files.value)} file(s) is reported with the next round"
        )


@observe.command()
@click.option("--source", required=True, metavar="IP", help="The attacker's address.")
@click.option("--port", type=click.IntRange(1, 65535), help="The port that was attacked.")
@click.option("--protocol", required=True, metavar="P", help="tcp, udp, icmp or another.")
@click.option("--kind", required=True, metavar="KIND", help="What kind of attack, in one word.")
@_product
@_time
@as_json
@click.pass_obj
def attack(
    invocation: Invocation,
    source: str,
    port: int | None,
    protocol: str,
    kind: str,
    product: str | None,
    time: datetime | None,
    as_json: bool,
) -> None:
    """This computer was attacked over the network."""
    from vedette.activity.attacks import attack as attack_of

    computer = invocation.computer
    when = _utc(time) or computer.clock.now()
    private = computer.private()
    seen = attack_of(source, port, protocol, kind, when, product, private=private)
    computer.attack_counts.observed(seen)
    if as_json:
        print_json(
            {
                "source": seen.source.value,
                "port": seen.port.value if seen.port else None,
                "protocol": seen.protocol.value,
                "kind": seen.kind.value,
            }
        )
    else:
        click.echo(f"an attack from {shown(seen.source.value)} is reported with the next round")


@observe.command()
@click.option("--kind", required=True, metavar="KIND", help="What it did, in one word.")
@click.option("--application", required=True, metavar="PATH", help="The application.")
@click.option("--target", metavar="PATH", help="What it was aimed at.")
@click.option("--rule", required=True, metavar="NAME", help="The rule that spoke.")
@click.option("--action", required=True, metavar="ACT", help="What was done: denied or audited.")
@_product
@_time
@as_json
@click.pass_obj
def operation(
    invocation: Invocation, /, time: datetime | None, as_json: bool, **event: Any
) -> None:
    """Something was stopped or flagged for what it did."""
    found = invocation.computer.observing.operation(**event, time=_utc(time))
    if as_json:
        print_json(
            {
                "kind": found.kind.value,
                "application": found.application.value if found.application else None,
                "rule": found.rule.value,
                "action": found.action.value,
            }
        )
    else:
        click.echo(f"{shown(found.kind.value)} is reported with the next round")


def _utc(time: datetime | None) -> datetime | None:
    return time.replace(tzinfo=UTC) if time and time.tzinfo is None else time
