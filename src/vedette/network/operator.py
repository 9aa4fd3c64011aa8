"""What the operator does beside a running network: join strings, installs, revocations."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from vedette.catalogue import discover
from vedette.clock import Clock
from vedette.detection.journal import revoke
from vedette.errors import ConfigurationError
from vedette.facts.record import Item
from vedette.network.data import DataFolder
from vedette.network.settings import NetworkSettings
from vedette.store.registry import Install
from vedette.store.standing import standing
from vedette.wire.join import JoinString


@dataclass(frozen=True, slots=True)
class Invitation:
    """A join string and until when it is good."""

    join: str
    expires: datetime


def invite(
    settings: NetworkSettings, organisation: str | None, managed: bool, clock: Clock
) -> Invitation:
    """A new join string for one computer. Makes the network's authority, where it has none yet."""
    folder = _folder(settings, clock)
    expires = clock.now() + timedelta(days=settings.token_days)
    registry = folder.registry()
    try:
        token = registry.mint_token(organisation, managed, expires)
    finally:
        registry.close()
    join = JoinString(
        settings.url, token, folder.fingerprint(), settings.controller, settings.contact
    )
    return Invitation(join.encode(), expires)


def installs(settings: NetworkSettings, clock: Clock) -> list[Install]:
    """Every install, in the order in which they joined."""
    registry = _folder(settings, clock).registry()
    try:
        return registry.installs()
    finally:
        registry.close()


def known_of(
    settings: NetworkSettings, install: str, items: Sequence[str], clock: Clock
) -> Iterator[tuple[Item, dict[str, Any]]]:
    """What the network knows of an install now: each row of its inventory, of ``items`` or, where none is named, of all
    of them. Raises ``AdmissionError`` (unknown_install), ``ConfigurationError`` where there is no such item.
    """
    known = {item.name: item for item in discover().items.values() if item.standing}
    if strange := set(items) - known.keys():
        raise ConfigurationError(
            f"the inventory has no item {min(strange)}", f"name some of {', '.join(sorted(known))}"
        )
    folder = _folder(settings, clock)
    registry = folder.registry()
    try:
        number = registry.install(install).number
    finally:
        registry.close()
    lake = folder.lake()
    for name, item in known.items():
        if not items or name in items:
            for row in standing(lake.read(name, install=number)):
                yield item, row


def revoke_install(settings: NetworkSettings, install: str, reason: str, clock: Clock) -> Install:
    """Bars an install from reporting, and its votes from counting. Raises ``AdmissionError`` (unknown_install)."""
    registry = _folder(settings, clock).registry()
    try:
        return registry.revoke(install, reason, clock.now())
    finally:
        registry.close()


def revoke_verdict(settings: NetworkSettings, subject: str, reason: str, clock: Clock) -> int:
    """Takes back the verdict on the file ``subject`` everywhere; its serial. Raises ``VerdictError`` where
    there is none.
    """
    folder = _folder(settings, clock)
    state = folder.state()
    try:
        return revoke(state, subject, reason, folder.signer(), clock)
    finally:
        state.close()


def _folder(settings: NetworkSettings, clock: Clock) -> DataFolder:
    folder = DataFolder(settings.folder)
    if not folder.path.exists() and settings.data == "":
        raise ConfigurationError(
            "there is no network here", "name its folder with --data, or start it first"
        )
    folder.prepare(clock.now())
    return folder
