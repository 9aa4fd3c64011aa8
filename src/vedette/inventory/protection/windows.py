r"""Antivirus products of Windows: those that its Security Center knows, and Defender with its versions.

A running Windows is asked through the classes ``AntiVirusProduct`` (root\SecurityCenter2) and
``MSFT_MpComputerStatus`` (root\Microsoft\Windows\Defender); an image through the keys in which both keep the same.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from vedette.clock import from_filetime
from vedette.errors import Unreadable
from vedette.facts.kinds import Day, Flag, Moment, Name, Version
from vedette.facts.record import Record
from vedette.host import Host, Query, Row
from vedette.inventory import Unread, damage
from vedette.inventory.protection.record import PROTECTION, Product

_CENTER: Final = Query(r"root\SecurityCenter2", "AntiVirusProduct", ("displayName", "productState"))
_STATUS: Final = Query(
    r"root\Microsoft\Windows\Defender",
    "MSFT_MpComputerStatus",
    (
        "AMEngineVersion",
        "AntivirusEnabled",
        "RealTimeProtectionEnabled",
        "AntivirusSignatureVersion",
        "AntivirusSignatureLastUpdated",
        "QuickScanEndTime",
        "FullScanEndTime",
    ),
)
_PROVIDERS: Final = r"SOFTWARE\Microsoft\Security Center\Provider\Av"
_DEFENDER: Final = r"SOFTWARE\Microsoft\Windows Defender"
_POLICY: Final = r"SOFTWARE\Policies\Microsoft\Windows Defender"
_NAMES: Final = ("windows defender", "microsoft defender antivirus")


def read(host: Host) -> Iterator[Record | Unread]:
    try:
        products = dict(_products(host))
    except Unreadable as error:
        products = {}
        yield Unread(PROTECTION, error.reason)
    for name, state in products.items():
        if name.casefold() not in _NAMES:
            yield Product(
                product=Name(name, host.private),
                enabled=Flag(_is_on(state)),
                up_to_date=Flag(_is_current(state)),
            )
    status = _status(host)
    if status is not None:
        yield _running(host, status)
    else:
        yield from _kept(host)


def _products(host: Host) -> Iterator[tuple[str, int]]:
    """Name and state of each product. Raises ``Unreadable``."""
    rows = host.management(_CENTER)
    for row in rows:
        name, state = row.get("displayName"), row.get("productState")
        if isinstance(name, str) and isinstance(state, int):
            yield name, state
    if not rows and (providers := host.registry.machine.key(_PROVIDERS, depth=1)):
        for key in providers.keys:
            if name := key.text("DISPLAYNAME"):
                yield name, key.number("STATE") or 0


def _is_on(state: int) -> bool:
    """The second byte of a product's state says whether it is on (iwscapi.h, WSC_SECURITY_PRODUCT_STATE)."""
    return state >> 12 & 0xF == 1


def _is_current(state: int) -> bool:
    """The third byte says whether its signatures are (WSC_SECURITY_SIGNATURE_STATUS)."""
    return state >> 4 & 0xF == 0


def _status(host: Host) -> Row | None:
    try:
        rows = host.management(_STATUS)
    except Unreadable:  # Defender has given way to another product, or was removed
        return None
    return rows[0] if rows else None


def _running(host: Host, row: Row) -> Product:
    scans = [_moment(row.get("QuickScanEndTime")), _moment(row.get("FullScanEndTime"))]
    last_scan = max((scan for scan in scans if scan), default=None)
    updated = _moment(row.get("AntivirusSignatureLastUpdated"))
    return Product(
        product=Name("Microsoft Defender Antivirus", host.private),
        enabled=_flag(row.get("AntivirusEnabled")),
        real_time=_flag(row.get("RealTimeProtectionEnabled")),
        engine_version=_version(row.get("AMEngineVersion")),
        database_version=_version(row.get("AntivirusSignatureVersion")),
        database_time=Moment(updated) if updated else None,
        last_scan=Day(last_scan) if last_scan else None,
    )


def _kept(host: Host) -> Iterator[Record | Unread]:
    """Defender as its keys have it. Raises ``Unreadable``."""
    defender = host.registry.machine.key(_DEFENDER, depth=1)
    yield from damage(PROTECTION, defender)
    if defender is None:
        return
    policy = host.registry.machine.key(_POLICY, depth=1)
    updates, shield = defender.key("Signature Updates"), defender.key("Real-Time Protection")
    forbidden = policy.key("Real-Time Protection") if policy else None
    off = any(
        key.number(name) == 1
        for key in (defender, policy)
        if key
        for name in ("DisableAntiSpyware", "DisableAntiVirus")
    )
    blind = any(key.number("DisableRealtimeMonitoring") == 1 for key in (shield, forbidden) if key)
    updated = _filetime(updates.value("SignaturesLastUpdated")) if updates else None
    yield Product(
        product=Name("Microsoft Defender Antivirus", host.private),
        enabled=Flag(not off),
        real_time=Flag(not off and not blind),
        engine_version=_version(updates.text("EngineVersion")) if updates else None,
        database_version=_version(updates.text("AVSignatureVersion")) if updates else None,
        database_time=Moment(updated) if updated else None,
    )


def _flag(value: object) -> Flag | None:
    return Flag(value) if isinstance(value, bool) else None


def _version(value: object) -> Version | None:
    return Version(value) if isinstance(value, str) and value else None


def _moment(value: object) -> datetime | None:
    """A time as ``Host.management`` gives it: in the form of ISO 8601."""
    try:
        found = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
    return found if found and found.tzinfo else None


def _filetime(value: object) -> datetime | None:
    """A FILETIME in its eight bytes."""
    if not isinstance(value, bytes) or len(value) != 8:
        return None
    return from_filetime(int.from_bytes(value, "little"))
