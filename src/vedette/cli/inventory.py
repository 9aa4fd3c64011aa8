"""``vedette inventory``: what would be reported of this computer, or of an offline image. Sends nothing."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

import click

from vedette.cli.context import Invocation, as_json, print_json, readable
from vedette.cli.files import reading

if TYPE_CHECKING:
    from vedette.catalogue import Catalogue
    from vedette.facts.record import Record
    from vedette.host import Host, ShutIn
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
    "--registry",
    "hives",
    multiple=True,
    metavar="NAME=FILE",
    help="Instead, a hive of an offline Windows: SYSTEM, SOFTWARE or NTUSER; may be given again.",
)
@click.option(
    "--item", "names", multiple=True, metavar="NAME", help="Only this item; may be given again."
)
@as_json
@click.pass_obj
def inventory(
    invocation: Invocation,
    root: str | None,
    hives: tuple[str, ...],
    names: tuple[str, ...],
    as_json: bool,
) -> None:
    """Show what would be reported of this computer, or of an offline one. Sends nothing."""
    from vedette.catalogue import discover

    if root and hives:
        raise click.UsageError("--root and --registry exclude each other")
    items = _chosen(discover(), names)
    pairs = [_pair(hive) for hive in hives]
    host, source = invocation.computer.host, root or ", ".join(file for _, file in pairs)
    with contextlib.closing(invocation.computer.shut_in) as shut_in:
        if pairs:
            from vedette.host.offline.image import LooseHives

            host = LooseHives(pairs, reading, shut_in)
        elif root:
            host = _image(root, shut_in)
        for line in _lines(items, host, source):
            if as_json:
                print_json(line)
            else:
                click.echo(readable(line))


def _pair(hive: str) -> tuple[str, str]:
    name, _, file = hive.partition("=")
    if not name or not file:
        raise click.BadParameter("write NAME=FILE", param_hint="--registry")
    if not os.path.isfile(file):  # noqa: PTH113 - a Path would raise for names that no file can have
        raise click.BadParameter("there is no such file", param_hint="--registry")
    return name, file


def _image(root: str, shut_in: ShutIn) -> Host:
    """The offline system in ``root``: Windows where that has a folder with its hives, Linux otherwise."""
    from vedette.host.linux import LinuxHost
    from vedette.host.offline.image import WindowsImage, holds_windows

    if holds_windows(root):
        return WindowsImage(root, shut_in)
    return LinuxHost(root, shut_in=shut_in)


def _chosen(catalogue: Catalogue, names: tuple[str, ...]) -> list[InventoryItem]:
    known = {item.name: item for item in catalogue.inventory()}
    for name in names:
        if name not in known:
            raise click.BadParameter(
                f"{name} is none of {', '.join(sorted(known))}", param_hint="--item"
            )
    return [item for name, item in known.items() if not names or name in names]


def _lines(items: list[InventoryItem], host: Host, place: str) -> Iterator[dict[str, Any]]:
    from vedette.inventory import Unread, sources

    source = {"source": place} if place else {}
    for item in items:
        if host.platform not in item.platforms:
            continue
        told: set[Unread] = set()
        for found in sources(item.name, host, item.read):
            if not isinstance(found, Unread):
                yield {"item": item.name, **source, **_values(item, found)}
            elif found not in told:  # one damaged hive is met again at each of its keys
                told.add(found)
                yield {"item": "unread", **source, "of": found.of, "reason": found.reason}


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
