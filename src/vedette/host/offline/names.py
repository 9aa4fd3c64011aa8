"""The names on a Windows computer that must not leave it: of its people, their profile folders, and its own."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Final

from vedette.errors import Unreadable
from vedette.facts.privacy import PrivateNames
from vedette.host import Files
from vedette.host.registry import Hive, Key, Registry

PROFILES: Final = r"SOFTWARE\Microsoft\Windows NT\CurrentVersion\ProfileList"
HOMES: Final = ("/Users", "/Documents and Settings")

_VERSION: Final = r"SOFTWARE\Microsoft\Windows NT\CurrentVersion"
_LOGON: Final = r"SOFTWARE\Microsoft\Windows\CurrentVersion\Authentication\LogonUI"
_PEOPLE: Final = (
    (_VERSION, ("RegisteredOwner",)),
    (
        rf"{_VERSION}\Winlogon",
        ("DefaultUserName", "AltDefaultUserName", "LastUsedUsername", "AutoLogonSID"),
    ),
    (_LOGON, ("LastLoggedOnUser", "LastLoggedOnSAMUser", "LastLoggedOnDisplayName")),
)
_CONTROL: Final = r"SYSTEM\CurrentControlSet\Control\ComputerName"
_NETWORK: Final = r"SYSTEM\CurrentControlSet\Services\Tcpip\Parameters"
_COMPUTER: Final = (
    (rf"{_CONTROL}\ComputerName", ("ComputerName",)),
    (rf"{_CONTROL}\ActiveComputerName", ("ComputerName",)),
    (_NETWORK, ("Hostname", "NV Hostname", "Domain", "NV Domain", "DhcpDomain")),
    (rf"{_VERSION}\Winlogon", ("DefaultDomainName", "AltDefaultDomainName", "CachePrimaryDomain")),
    (_VERSION, ("RegisteredOrganization",)),
    (r"SOFTWARE\Microsoft\Cryptography", ("MachineGuid",)),
)
_VOLATILE: Final = "Volatile Environment"
_FOLDERS: Final = r"Software\Microsoft\Windows\CurrentVersion\Explorer\Shell Folders"

_PERSON: Final = "S-1-5-21-", "S-1-12-1-"  # of computers and domains; of a directory in the cloud
# The part of such an account's number that names the computer or domain, unlike that of any other.
_ISSUER: Final = re.compile(r"S-1-(?:5-21|12-1)(?:-\d+){3}", re.IGNORECASE)
_DRIVE: Final = re.compile(r"^(?:[A-Za-z]:|%SystemDrive%)(?=\\)", re.IGNORECASE)
_PROFILE: Final = re.compile(
    r"(?:^|[\\/])(?:Users|Documents and Settings)[\\/]([^\\/\n]+)", re.IGNORECASE
)
_LIKE_NAMES: Final = 4  # a shorter part of a person's or company's name is a word as well

# What Windows itself, or those who set it up, call accounts and computers: nobody's.
_NOBODY: Final = frozenset(
    [
        *("administrator", "admin", "guest", "user", "users", "owner", "default", "public", "test"),
        *("all users", "default user", "defaultuser0", "defaultaccount", "wdagutilityaccount"),
        *("root", "systemprofile", "system", "localservice", "local service", "networkservice"),
        *("network service", "windows", "windows user", "registered owner", "microsoft", "oem"),
        *("microsoft corporation", "corporation", "company", "organization", "home", "office"),
        *("workgroup", "mshome", "localhost", "localdomain", "local", "lan", "domain", "corp"),
        *("internal", "intranet", "private", "network", "nt authority", "builtin", "nt service"),
        *("window manager", "font driver host", "com", "net", "org", "edu", "gov", "info", "name"),
        *("desktop", "server", "computer", "laptop", "vagrant", "support", "service", "services"),
    ]
)


def private_names(registry: Registry, files: Files) -> PrivateNames:
    """The names in ``registry`` and among the profile folders. What cannot be read is left out."""
    users: set[str] = set()
    homes: set[str] = set()
    for path in profile_paths(registry):
        home = _DRIVE.sub("", path)
        homes |= {path, home}
        users.add(re.split(r"[\\/]", home.rstrip("\\/"))[-1])
    users |= set(_folders(files))
    for name in _texts(registry.machine, _PEOPLE):
        account = name.rpartition("\\")[2]
        users.update((account, *_parts(account)))
    users |= set(_said_by_users(registry))
    computers: set[str] = set()
    for name in _texts(registry.machine, _COMPUTER):
        computers.update((name, *(label for label in name.split(".") if len(label) >= _LIKE_NAMES)))
    return PrivateNames(
        users=frozenset(filter(_somebodys, users)),
        homes=frozenset(home for home in homes if _somebodys(re.split(r"[\\/]", home)[-1])),
        computers=frozenset((*filter(_somebodys, computers), *_issuers(registry))),
    )


def profile_paths(registry: Registry) -> list[str]:
    """The folders of people's profiles as the registry writes them; none where it cannot be read."""
    profiles = _read(registry.machine, PROFILES, depth=1)
    found = []
    for profile in profiles.keys if profiles else ():
        path = profile.text("ProfileImagePath")
        if path and profile.name.upper().startswith(_PERSON):
            found.append(path)
    return found


def _issuers(registry: Registry) -> Iterator[str]:
    profiles = _read(registry.machine, PROFILES, depth=1)
    for profile in profiles.keys if profiles else ():
        if found := _ISSUER.match(profile.name):
            yield found[0]


def _somebodys(name: str) -> bool:
    name = name.strip()
    return len(name) > 1 and name.casefold() not in _NOBODY and not name.upper().startswith("S-1-")


def _folders(files: Files) -> Iterator[str]:
    for place in HOMES:
        try:
            entries = files.entries(place)
        except Unreadable:
            continue
        yield from (entry.name for entry in entries if entry.kind in {"folder", "link"})


def _said_by_users(registry: Registry) -> Iterator[str]:
    """Whose profile folders the users' own settings lead to: all there is in a hive on its own."""
    for user in _or_nothing(registry.users):
        folders = _read(user, _FOLDERS, depth=0)
        for value in folders.values if folders else ():
            if isinstance(value.data, str) and (found := _PROFILE.search(value.data)):
                yield found[1]
        environment = _read(user, _VOLATILE, depth=0)
        if environment and (name := environment.text("USERNAME")):
            yield name


def _texts(hive: Hive, places: Sequence[tuple[str, Sequence[str]]]) -> Iterator[str]:
    for path, names in places:
        key = _read(hive, path, depth=0)
        for name in names if key else ():
            if key and (text := (key.text(name) or "").strip()):
                yield text


def _parts(person: str) -> Iterator[str]:
    """First and last names: each can stand alone."""
    words = (word.strip(".,()\"'") for word in person.split())
    return (word for word in words if len(word) >= _LIKE_NAMES)


def _read(hive: Hive, path: str, depth: int) -> Key | None:
    try:
        return hive.key(path, depth)
    except Unreadable:
        return None


def _or_nothing(asked: Callable[[], Sequence[Hive]]) -> Sequence[Hive]:
    try:
        return asked()
    except Unreadable:
        return ()
