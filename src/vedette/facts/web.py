"""Web addresses, shortened: where something came from, without what only whoever fetched it may know. Pure.

``scheme://host[:port]/path`` remains. What is dropped: user names and passwords, queries, fragments and parameters of
path segments, in which sessions and tokens live. Names are masked in whatever way they are percent-encoded. A host
that is not public is ``<internal>``.
"""

from __future__ import annotations

import re
import socket
from collections.abc import Sequence
from typing import Annotated, ClassVar, Final
from urllib.parse import quote, unquote_to_bytes

from msgspec import Meta

from vedette.errors import ValueRefused
from vedette.facts import privacy
from vedette.facts.addresses import INTERNAL, Scope, is_internal, parsed, scope
from vedette.facts.documents import CUT, cut_documents
from vedette.facts.kinds import Column, Kind
from vedette.facts.privacy import PrivateNames

MAX_URL: Final = 1024
_MAX_RAW: Final = 16 << 10
_MAX_HOST: Final = 255
_PORTS: Final = {"http": 80, "https": 443, "ftp": 21, "ftps": 990, "sftp": 22, "ws": 80, "wss": 443}
"""The schemes of which more is told than their name, with the port that goes without saying."""

# What browsers leave out before they read an address (WHATWG URL, 4.4).
_AROUND = "".join(map(chr, range(0x21)))
_WITHIN = str.maketrans("", "", "\t\n\r")
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]{0,31}):")
_AUTHORITY = re.compile(r"[\\/]*([^\\/?#]*)")
_HOST = re.compile(r"(?P<host>\[[^\]]*\]|[^:\[\]]*)(?::(?P<port>\d{0,5}))?")
_BAD_IN_HOST = re.compile(r"[\s\x00-\x20\ufffd\"#%/:<>?@\\\[\]^`{|}]")
_MASKS = re.compile(f"{privacy.USER}|{privacy.COMPUTER}|{privacy.MAIL}|{privacy.HOME}")
_BAD_IN_MASKED = re.compile(r"[\s/:@?#\\\[\]]")
_NUMBER = re.compile(r"(?:0x[0-9a-f]*|\d+)\.?$", re.IGNORECASE)
_QUERY = re.compile("[?#]")
_PARAMETERS = re.compile(r";[^/]*")
# What is not UTF-8 was written by old programs, in Latin-1.
_LATIN: Final = {0xDC00 + byte: byte for byte in range(0x80, 0x100)}
_ROUNDS: Final = 8  # of encoding upon encoding; nothing honest has more than two
# Stay as they are in a path: RFC 3986, 3.3, and the brackets of masks.
_AS_IS: Final = "/:@!$&'()*+,=~-._<>" + CUT
_FORM = re.compile(
    r"(?P<scheme>[a-z][a-z0-9+.-]{0,31}):"
    r"(?://(?P<host><internal>|\[[0-9a-f:.]+\]|[^\s/:@?#\\\[\]]+)(?::\d{1,5})?(?P<path>/[^?#\\;]*))?"
)


class Url(Kind):
    """A web address. Up to 1,024 characters; a longer one keeps its host and its end, which names the file.

    Of an address that leads to no host (``data:``, ``file:``, ``blob:``) the scheme alone remains. Raises
    ``ValueRefused`` for what is no address.
    """

    __slots__ = ()
    wire = Annotated[str, Meta(max_length=MAX_URL)]
    column: ClassVar[Column] = Column.TEXT
    transform = (
        "user name, password, query and fragment dropped; a host that is not public becomes <internal>; names of "
        "users and of the computer, mail addresses and profile folders removed, also where they are encoded; of "
        "data:, file: and the like only the scheme"
    )
    value: str

    def __init__(self, raw: str, private: PrivateNames) -> None:
        scheme, rest = _parted(raw)
        if scheme not in _PORTS:
            self.value = f"{scheme}:"
            return
        authority = _AUTHORITY.match(rest)
        assert authority is not None  # it matches anything
        before = f"{scheme}://{_place(scheme, authority[1], private)}"
        self.value = before + _path(rest[authority.end() :], private, MAX_URL - len(before))

    @classmethod
    def fits(cls, texts: Sequence[str]) -> bool:
        return all(_FORM.fullmatch(text) and privacy.is_printable(text) for text in texts)

    @classmethod
    def leaks(cls, texts: Sequence[str]) -> bool:
        return any(_leaks(text) for text in texts)


def _parted(raw: str) -> tuple[str, str]:
    """The scheme in small letters, and what follows it."""
    text = privacy.printable(raw[:_MAX_RAW].strip(_AROUND).translate(_WITHIN))
    found = _SCHEME.match(text)
    if found is None:
        raise ValueRefused("not a web address", "give one with its scheme, such as https://…")
    return found[1].lower(), text[found.end() :]


def _place(scheme: str, authority: str, private: PrivateNames) -> str:
    """Host and port, without who asked there."""
    found = _HOST.fullmatch(authority.rpartition("@")[2])
    port = int(found["port"] or _PORTS[scheme]) if found else 0
    if found is None or not found["host"] or port > 0xFFFF:
        raise ValueRefused("a web address has no host", "give one as browsers show it")
    return _host(found["host"], private) + ("" if port == _PORTS[scheme] else f":{port}")


def _host(raw: str, private: PrivateNames) -> str:
    name = _decoded(raw)
    if name == INTERNAL:
        return name
    if name is None or len(name) > _MAX_HOST:
        raise ValueRefused("a web address has no host that can be read", "give it unencoded")
    if name.startswith("["):
        address = parsed(name[1:-1])
        return f"[{address}]" if scope(address) is Scope.PUBLIC else INTERNAL
    name = name.casefold().rstrip(".")
    if not name or _BAD_IN_HOST.search(_MASKS.sub("", name)):
        raise ValueRefused("a web address has no host", "give one as browsers show it")
    if _NUMBER.search(name.rpartition(".")[2]):
        name = _number(name)
        return name if scope(parsed(name)) is Scope.PUBLIC else INTERNAL
    shown = _unicode(name)
    if is_internal(name) or is_internal(shown):
        return INTERNAL
    masked = private.mask(shown)
    if masked == shown and private.mask(name) == name:
        return name
    return INTERNAL if _BAD_IN_MASKED.search(masked) else masked


def _number(name: str) -> str:
    """An address of IPv4 in any of the ways that browsers take: ``0x7f.1`` is ``127.0.0.1``."""
    try:
        return socket.inet_ntoa(socket.inet_aton(name))
    except (OSError, UnicodeError) as error:
        raise ValueRefused("a web address has no host", "give one as browsers show it") from error


def _unicode(name: str) -> str:
    """``name`` with its Punycode labels (RFC 3492) read."""
    labels = []
    for label in name.split("."):
        read = label
        if label.startswith("xn--"):
            try:
                read = label[4:].encode("ascii").decode("punycode")
            except UnicodeError:
                read = label
        labels.append(privacy.printable(read))
    return ".".join(labels)


def _path(raw: str, private: PrivateNames, room: int) -> str:
    """The path, at most ``room`` characters of it; as it was written, unless something in it had to go."""
    written = _PARAMETERS.sub("", _QUERY.split(raw, maxsplit=1)[0].replace("\\", "/")) or "/"
    read = _decoded(written)
    if read is None:
        return f"/{CUT}"
    told = _PARAMETERS.sub("", _QUERY.split(read, maxsplit=1)[0].replace("\\", "/"))
    told = _masked(told, private)
    path = written if told == read else quote(told, safe=_AS_IS)
    path = path if path.startswith("/") else f"/{path}"
    if len(path) > room:
        end = path[2 - room :]
        path = f"/{CUT}{end[end.index('/') :] if '/' in end else end}"
    return path if not _leaks_in_path(path) else f"/{CUT}"


def _masked(path: str, private: PrivateNames) -> str:
    """``path``, decoded, without names; also where a plus stands for a space between two."""
    masked = cut_documents(private.mask(path))
    spaced = masked.replace("+", " ")
    again = cut_documents(private.mask(spaced))
    return masked if again == spaced else again


def _decoded(text: str) -> str | None:
    """``text`` with everything percent-encoded in it read; ``None`` where it is encoded without an end."""
    for _ in range(_ROUNDS):
        if "%" not in text:
            return text
        read = unquote_to_bytes(text).decode("utf-8", "surrogateescape").translate(_LATIN)
        read = privacy.printable(read)
        if read == text:
            return text
        text = read
    return None


def _leaks(text: str) -> bool:
    """Whether ``text``, which claims to be transformed, is not."""
    found = _FORM.fullmatch(text)
    if found is None or privacy.leaks(text):
        return True
    if found["host"] is None:
        return found["scheme"] in _PORTS
    return (
        found["scheme"] not in _PORTS or _not_public(found["host"]) or _leaks_in_path(found["path"])
    )


def _not_public(host: str) -> bool:
    if host == INTERNAL:
        return False
    try:
        return scope(parsed(host.strip("[]"))) is not Scope.PUBLIC
    except ValueRefused:
        return is_internal(host)


def _leaks_in_path(path: str) -> bool:
    read = _decoded(path)
    if read is None or privacy.leaks(read):
        return True
    return bool(_QUERY.search(read)) or read != cut_documents(read)
