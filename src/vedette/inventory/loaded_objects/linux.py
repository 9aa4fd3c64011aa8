"""The libraries that Linux is told to load: into every process (ld.so(8), /etc/ld.so.preload), into what lets people
log on (pam.conf(5)), and into whatever looks up a name (nsswitch.conf(5)).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from vedette.errors import Unreadable
from vedette.facts.record import Record
from vedette.host import Host
from vedette.inventory import Unread
from vedette.inventory.loaded_objects.record import LOADED_OBJECTS, base, told

_PRELOAD = "/etc/ld.so.preload"
# Earlier folders win.
_PAM_FOLDERS = ("/etc/pam.d", "/usr/lib/pam.d", "/usr/share/pam.d")
_PAM_FILE = "/etc/pam.conf"
_PAM_RULE = re.compile(
    r"-?(?:account|auth|password|session)\s+(?:\[[^\]]*\]|(?!include|substack)\S+)\s+(\S+)", re.I
)
_SWITCH = ("/etc/nsswitch.conf", "/usr/etc/nsswitch.conf")
# "db: files [NOTFOUND=return] dns"
_ACTIONS = re.compile(r"\[[^\]]*\]")
_LIMIT = 256 << 10


def preloaded(host: Host) -> Iterator[Record | Unread]:
    lines = (line.split("#", 1)[0] for line in _text(host, _PRELOAD).splitlines())
    found = [each for line in lines for each in re.split(r"[\s:]+", line) if each]
    yield from told(host, "preload", ((base(place), place) for place in found))


def pam(host: Host) -> Iterator[Record | Unread]:
    places: dict[str, str] = {}
    for folder in _PAM_FOLDERS:
        try:
            for entry in host.files.entries(folder):
                if entry.kind in {"file", "link"}:
                    places.setdefault(entry.name, f"{folder}/{entry.name}")
        except Unreadable as error:
            yield Unread(LOADED_OBJECTS, error.reason)
    modules: set[str] = set()
    for place in places.values():
        try:
            lines = _lines(_text(host, place))
        except Unreadable as error:
            yield Unread(LOADED_OBJECTS, error.reason)
            continue
        modules.update(found[1] for line in lines if (found := _PAM_RULE.match(line)))
    # There, the name of a service stands before each rule.
    for line in _lines(_text(host, _PAM_FILE)):
        _, _, rule = line.partition(" ")
        modules.update(found[1] for found in (_PAM_RULE.match(rule.strip()),) if found)
    yield from told(host, "pam_module", ((base(module), module) for module in sorted(modules)))


def name_services(host: Host) -> Iterator[Record | Unread]:
    """A service ``x`` is looked up in the library ``libnss_x.so.2``."""
    text = next(filter(None, (_text(host, place) for place in _SWITCH)), "")
    services: set[str] = set()
    for line in text.splitlines():
        _, colon, sources = line.split("#", 1)[0].partition(":")
        if colon:
            services.update(_ACTIONS.sub(" ", sources).split())
    found = ((service, f"libnss_{service}.so.2") for service in sorted(services))
    yield from told(host, "nss_module", found)


def _lines(text: str) -> list[str]:
    """Lines without comments; one that ends in a backslash goes on in the next."""
    lines = (line.split("#", 1)[0].strip() for line in text.replace("\\\n", " ").split("\n"))
    return [" ".join(line.split()) for line in lines if line]


def _text(host: Host, place: str) -> str:
    """The text of a file, none where it is missing."""
    try:
        return host.files.read(place, limit=_LIMIT).decode("utf-8", "replace")
    except Unreadable as error:
        if error.reason == "missing":
            return ""
        raise
