"""``vedette inventory``: what would be reported of this computer, or of an offline image. Sends nothing."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

import click

from vedette.cli.context import Invocation, as_json, print_json, shown

if TYPE_CHECKING:
    from vedette.catalogue import Catalogue
    from vedette.facts.record import Record
    from vedette.host import Host
    from vedette.inventory import InventoryItem

# How long the units are in which a time is kept in the lake.
_UNITS: Final = {
    "seconds": timedelta(seconds=1),
    "hours": timedelta(hours=1),
    "days": timedelta(days=1),
}


@click.command()
@click.option(
    "--root", type=click.Path(exists=True, file_okay=False), help="An offline system's root folder."
)
@click.option(
    "--item", "names", multiple=True, metavar="NAME", help="Only this item; may be given again."
)
@as_json
@click.pass_obj
def inventory(
    invocation: Invocation, root: str | None, names: tuple[str, ...], as_json: bool
) -> None:
    """Show what would be reported of this computer. Sends nothing."""
    from vedette.catalogue import discover
    from vedette.host.linux import LinuxHost

    catalogue = discover()
    host = LinuxHost(root) if root else invocation.computer.host
    for line in _lines(_chosen(catalogue, names), host, root):
        if as_json:
            print_json(line)
        else:
            click.echo(_readable(line))


def _chosen(catalogue: Catalogue, names: tuple[str, ...]) -> list[InventoryItem]:
    known = {item.name: item for item in catalogue.inventory()}
    for name in names:
        if name not in known:
            raise click.BadParameter(
                f"{name} is none of {', '.join(sorted(known))}", param_hint="--item"
            )
    return [item for name, item in known.items() if not names or name in names]


def _lines(items: list[InventoryItem], host: Host, root: str | None) -> Iterator[dict[str, Any]]:
    from vedette.inventory import Unread

    source = {"source": root} if root else {}
    for item in items:
        if host.platform not in item.platforms:
            continue
        for found in item.read(host):
            if isinstance(found, Unread):
                yield {"item": "unread", **source, "of": found.of, "reason": found.reason}
            else:
                yield {"item": item.name, **source, **_values(item, found)}


def _values(item: InventoryItem, record: Record) -> dict[str, Any]:
    from vedette.clock import EPOCH

    values: dict[str, Any] = {}
    for field in item.fields:
        kind = getattr(record, field.name)
        unit = _UNITS.get(field.kind.column)
        values[field.name] = (
            kind and kind.value
            if unit is None or kind is None
            else (EPOCH + kind.value * unit).isoformat()
        )
    return values


def _readable(line: dict[str, Any]) -> str:
    name, *rest = line.items()
    return f"{name[1]}: " + ", ".join(
        f"{key} {shown(str(value))}" for key, value in rest if value is not None
    )
