"""``vedette network``: the operator's side."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from vedette.cli.context import as_json, moment, print_json, readable, shown
from vedette.clock import SystemClock

if TYPE_CHECKING:
    from vedette.facts.record import Field

_data = click.option("--data", metavar="DIR", help="The network's data folder.")
_config = click.option(
    "--config",
    type=click.Path(path_type=Path, dir_okay=False),
    envvar="VEDETTE_NETWORK_CONFIG",
    help="The network's configuration (TOML).",
)


@click.group()
def network() -> None:
    """Run and operate a network."""


@network.command()
@_data
@click.option("--listen", metavar="HOST:PORT", help="Where to listen.")
@_config
def up(data: str | None, listen: str | None, config: Path | None) -> None:
    """Run a network until interrupted."""
    from vedette.network.settings import load
    from vedette.network.up import up as run

    run(load(config, data=data, listen=listen))


@network.command()
@click.option(
    "--organisation", metavar="NAME", help="Whose computer it is; its votes are capped together."
)
@click.option("--managed", is_flag=True, help="The computer is managed by its organisation.")
@_data
@click.option(
    "--listen", metavar="HOST:PORT", help="Where the network listens, if not as configured."
)
@_config
@as_json
def token(
    organisation: str | None,
    managed: bool,
    data: str | None,
    listen: str | None,
    config: Path | None,
    as_json: bool,
) -> None:
    """Print a join string for one computer, and when it expires."""
    from vedette.network.operator import invite
    from vedette.network.settings import load

    invitation = invite(
        load(config, data=data, listen=listen), organisation, managed, SystemClock()
    )
    if as_json:
        print_json({"join": invitation.join, "expires": invitation.expires.isoformat()})
        return
    click.echo(invitation.join)
    click.echo(f"Good for one computer, until {moment(invitation.expires)}.", err=True)


@network.command()
@click.argument("subject")
@click.option("--reason", required=True, help="Why; it is published with the revocation.")
@_data
@_config
@as_json
def revoke(subject: str, reason: str, data: str | None, config: Path | None, as_json: bool) -> None:
    """Take back the verdict on SUBJECT, a file's SHA-256, everywhere."""
    from vedette.network.operator import revoke_verdict
    from vedette.network.settings import load

    serial = revoke_verdict(load(config, data=data), subject, reason, SystemClock())
    if as_json:
        print_json({"subject": subject, "serial": serial})
    else:
        click.echo(f"Revoked, as number {serial}.")


@network.group()
def installs() -> None:
    """The computers that have joined. Who they are is not known here."""


@installs.command("list")
@_data
@_config
@as_json
def list_installs(data: str | None, config: Path | None, as_json: bool) -> None:
    """Every install, in the order in which they joined."""
    from vedette.network.operator import installs as all_installs
    from vedette.network.settings import load

    for install in all_installs(load(config, data=data), SystemClock()):
        if as_json:
            print_json(
                {
                    "install": install.install,
                    "organisation": install.organisation,
                    "managed": install.managed,
                    "joined": install.joined.isoformat(),
                    "revoked": install.revoked.isoformat() if install.revoked else None,
                    "reason": install.revoked_reason,
                }
            )
        else:
            state = (
                f"revoked: {shown(install.revoked_reason or '')}" if install.revoked else "admitted"
            )
            click.echo(
                f"{install.install} {moment(install.joined)} {shown(install.organisation or '-')} {state}"
            )


@installs.command("show")
@click.argument("install")
@click.option(
    "--item", "items", multiple=True, metavar="NAME", help="Only this item; may be given again."
)
@_data
@_config
@as_json
def show_install(
    install: str, items: tuple[str, ...], data: str | None, config: Path | None, as_json: bool
) -> None:
    """What is known of INSTALL now: its inventory, as `vedette inventory` shows it on the computer."""
    from vedette.network.operator import known_of
    from vedette.network.settings import load

    for item, row in known_of(load(config, data=data), install, items, SystemClock()):
        line = {"item": item.name, **{f.name: _plain(row.get(f.name), f) for f in item.fields}}
        if as_json:
            print_json(line)
        else:
            click.echo(readable(line))


@installs.command("revoke")
@click.argument("install")
@click.option("--reason", required=True, help="Why; kept with the install.")
@_data
@_config
@as_json
def revoke_install(
    install: str, reason: str, data: str | None, config: Path | None, as_json: bool
) -> None:
    """Bar INSTALL from reporting, and its votes from counting."""
    from vedette.network.operator import revoke_install as revoke_it
    from vedette.network.settings import load

    revoked = revoke_it(load(config, data=data), install, reason, SystemClock())
    if as_json:
        print_json(
            {"install": revoked.install, "revoked": revoked.revoked and revoked.revoked.isoformat()}
        )
    else:
        click.echo(f"{revoked.install} is revoked.")


def _plain(value: Any, field: Field) -> Any:
    """A value of the lake as an inventory on the spot shows it."""
    match value:
        case datetime():
            return value.isoformat()
        case date():
            return datetime.combine(value, time(), UTC).isoformat()
        case list() if field.kind.column == "counts":
            return dict(value)
    return value
