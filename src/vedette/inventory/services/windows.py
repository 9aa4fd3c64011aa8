r"""The services of Windows: the keys below ``SYSTEM\CurrentControlSet\Services`` whose type is that of a program
(winsvc.h, SERVICE_WIN32).

Each key is told, under its name without the suffix that Windows gives to the copy it makes for somebody's session
(``CDPUserSvc_1a2b3c`` reads ``CDPUserSvc``). A key without a type is no service: programs keep settings there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from vedette.errors import Unreadable
from vedette.facts.kinds import Name, Path, Word
from vedette.facts.record import Record
from vedette.formats import windows_path
from vedette.host import Host
from vedette.host.registry import Key
from vedette.inventory import Unread, damage
from vedette.inventory.services.record import SERVICES, Service

PLACE = r"SYSTEM\CurrentControlSet\Services"
_OWN, _SHARE, _USER, _INSTANCE = 0x10, 0x20, 0x40, 0x80
_DRIVERS = 0x0F
_STARTS = ("boot", "system", "auto", "demand", "disabled")
# The suffix is the session's number, a LUID in hexadecimal digits.
_SESSION = re.compile(r"_[0-9a-f]{1,16}$", re.IGNORECASE)
_SYSTEM_ACCOUNTS = {"", "localsystem", ".\\localsystem", "nt authority\\system", "system"}
_SERVICE_ACCOUNTS = {"localservice", "networkservice"}
_SERVICE_DOMAINS = {"nt authority", "nt service", "iis apppool"}


def read(host: Host) -> Iterator[Record | Unread]:
    services = host.registry.machine.key(PLACE, depth=1)
    yield from damage(SERVICES, services)
    if services is None:
        return
    names = {key.name.casefold() for key in services.keys}
    missing = Missing(host, "program")
    for key in services.keys:
        kind = key.value("Type")
        if isinstance(kind, str | bytes | tuple):
            yield Unread(SERVICES, "the type of a service is no number")
        if not isinstance(kind, int) or (kind & _DRIVERS and not kind & (_OWN | _SHARE)):
            continue
        command = key.text("ImagePath")
        missing.look(command and windows_path.located(command))
        try:
            library = _library(host, key)
        except Unreadable as error:
            library = None
            yield Unread(SERVICES, error.reason)
        yield Service(
            name=Name(_general(key.name, kind, names), host.private),
            kind=_kind(kind),
            start=start_of(key),
            image=Path(windows_path.program(command), host.private) if command else None,
            library=Path(library, host.private) if library else None,
            account_kind=Word(
                "user" if kind & _USER else _account_kind(key.text("ObjectName") or "")
            ),
        )
    yield from missing.told(SERVICES)


def start_of(key: Key) -> Word | None:
    """When the service or driver that ``key`` declares starts; none where it says something else."""
    number = key.number("Start")
    known = number is not None and 0 <= number < len(_STARTS)
    return Word(_STARTS[number]) if known and number is not None else None


class Missing:
    """Counts the files that are named and not there. Where there are no files to look at, such as with a registry
    alone, nothing is missed.
    """

    def __init__(self, host: Host, what: str) -> None:
        self._files = host.files
        self._what = what
        self._count = 0
        try:
            self._any = bool(self._files.entries(windows_path.SYSTEM32))
        except Unreadable:
            self._any = False

    def look(self, place: str | None) -> bool:
        """Whether there is a file at ``place``."""
        if not self._any or not place:
            return False
        try:
            self._files.stat(place)
        except Unreadable as error:
            self._count += error.reason == "missing"
            return False
        return True

    def told(self, of: str) -> Iterator[Unread]:
        if self._count:
            yield Unread(of, f"a {self._what} is missing ({self._count})")


def _general(name: str, kind: int, names: set[str]) -> str:
    """``name`` without the suffix of one session."""
    general = _SESSION.sub("", name)
    copied = kind & _INSTANCE or (kind & _USER and general.casefold() in names)
    return general if copied and general else name


def _kind(kind: int) -> Word | None:
    process = {_OWN: "own_process", _SHARE: "share_process", _OWN | _SHARE: "share_process"}.get(
        kind & (_OWN | _SHARE)
    )
    if process is None:
        return None
    whose, which = "user_" if kind & _USER else "", "_instance" if kind & _INSTANCE else ""
    return Word(whose + process + which)


def _library(host: Host, key: Key) -> str | None:
    """The library that svchost.exe loads for a service; since Windows 10 most have such a process of their own."""
    parameters = host.registry.machine.key(rf"{PLACE}\{key.name}\Parameters")
    return (parameters.text("ServiceDll") if parameters else None) or key.text("ServiceDll")


def _account_kind(account: str) -> str:
    account = account.casefold()
    if account in _SYSTEM_ACCOUNTS:
        return "system"
    # A managed service account of a domain ends with a dollar sign, as a computer's does.
    service = account in _SERVICE_ACCOUNTS or account.partition("\\")[0] in _SERVICE_DOMAINS
    return "service" if service or account.endswith("$") else "user"
