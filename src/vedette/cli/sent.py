"""``vedette sent``: everything that this computer has ever sent, as it was sent."""

from __future__ import annotations

import sys

import click

from vedette.cli.context import Invocation, as_json, moment, print_json
from vedette.errors import ConfigurationError


@click.command()
@click.argument("number", type=int, required=False)
@click.option(
    "--raw", is_flag=True, help="The exact bytes of request NUMBER, or of all, oldest first."
)
@click.option("--limit", default=100, show_default=True, help="How many requests, newest first.")
@as_json
@click.pass_obj
def sent(invocation: Invocation, number: int | None, raw: bool, limit: int, as_json: bool) -> None:
    """Every request this computer has sent; with NUMBER, that one in full."""
    ledger = invocation.computer.sent
    if raw:
        numbers = (
            [number]
            if number
            else [entry.number for entry in reversed(ledger.entries(limit=sys.maxsize))]
        )
        for one in numbers:
            sys.stdout.buffer.write(_bytes(invocation, one))
        return
    if number is not None:
        from vedette.catalogue import discover
        from vedette.endpoint.reading import readable

        print_json({"number": number, **readable(_bytes(invocation, number), discover().schemas)})
        return
    bound = ledger.bound()
    for entry in ledger.entries(limit=limit):
        if as_json:
            print_json(
                {
                    "number": entry.number,
                    "time": entry.time.isoformat(),
                    "method": entry.method,
                    "path": entry.path,
                    "purpose": entry.purpose,
                    "size": entry.size,
                    "status": entry.status,
                    "failure": entry.failure,
                }
            )
        else:
            end = entry.status or entry.failure or "no answer"
            click.echo(
                f"{entry.number:6} {moment(entry.time)} {entry.purpose:12} {entry.size:9} bytes  {end}"
            )
    if not as_json:
        click.echo(
            f"{bound.requests} requests, {bound.bytes} bytes. Kept: {bound.max_bytes >> 20} MiB, "
            f"{bound.max_age.days} days. Forgotten: {bound.forgotten_requests}"
            + (f", up to {moment(bound.until)}" if bound.until else "")
            + "."
        )


def _bytes(invocation: Invocation, number: int) -> bytes:
    raw = invocation.computer.sent.raw(number)
    if raw is None:
        raise ConfigurationError(
            "there is no request of that number", "see `vedette sent` for those there are"
        )
    return raw
