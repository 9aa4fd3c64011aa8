"""What the operator does beside a running network: join strings, installs, revocations."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from vedette.clock import Clock
from vedette.detection.journal import revoke
from vedette.errors import ConfigurationError
from vedette.network.data import DataFolder
from vedette.network.settings import NetworkSettings
from vedette.store.registry import Install
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
