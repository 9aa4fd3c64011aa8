"""What an Authenticode signature is over: SpcIndirectDataContent, with the image's digest and its pages' digests.

::

    SpcIndirectDataContent ::= SEQUENCE { data SpcAttributeTypeAndOptionalValue, messageDigest DigestInfo }
    SpcPeImageData ::= SEQUENCE { flags BIT STRING, file [0] EXPLICIT SpcLink }
    SpcLink ::= CHOICE { url [0] …, moniker [1] IMPLICIT SpcSerializedObject, file [2] … }
    SpcSerializedObject ::= SEQUENCE { classId OCTET STRING, serializedData OCTET STRING }

With page digests the serialized data is a set of attributes of the types in ``oids.PAGE_HASHES``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from vedette.errors import EncodingInvalid
from vedette.filefacts.authenticode import der, oids
from vedette.filefacts.authenticode.algorithm import read_algorithm
from vedette.filefacts.authenticode.der import Element

_PAGE_HASHES_CLASS: Final = bytes.fromhex("a6b586d5b4a12466ae05a217da8e60d6")


@dataclass(frozen=True, slots=True)
class PageHashes:
    """The digests of the image's pages: entries of a 32-bit offset and a digest by ``algorithm``, one after another."""

    algorithm: str
    entries: bytes


@dataclass(frozen=True, slots=True)
class IndirectData:
    """The digest that was signed; ``algorithm`` is its name, none where that is unknown."""

    subject: str
    algorithm: str | None
    digest: bytes
    pages: tuple[PageHashes, ...]


def read_indirect_data(content: Element) -> IndirectData:
    """The SpcIndirectDataContent in ``content``. Raises ``EncodingInvalid``."""
    fields = content.fields()
    data = fields.take(der.SEQUENCE).fields()
    subject = data.take(der.OBJECT_IDENTIFIER).oid()
    value = data.maybe()
    info = fields.take(der.SEQUENCE).fields()
    algorithm = oids.DIGESTS.get(read_algorithm(info.take(der.SEQUENCE)).oid)
    digest = info.take(der.OCTET_STRING).octets()
    pages: tuple[PageHashes, ...] = ()
    if subject in oids.PE_IMAGE_DATA and value is not None:
        pages = _page_hashes(value)
    return IndirectData(subject, algorithm, digest, pages)


def _page_hashes(value: Element) -> tuple[PageHashes, ...]:
    image_data = value.fields()
    image_data.maybe(der.BIT_STRING)
    explicit = image_data.maybe(der.context(0))
    if explicit is None or (link := explicit.only()).tag != der.context(1):
        return ()
    moniker = link.fields()
    if moniker.take(der.OCTET_STRING).octets() != _PAGE_HASHES_CLASS:
        return ()
    found: list[PageHashes] = []
    for attribute in der.parse(moniker.take(der.OCTET_STRING).octets()).children():
        fields = attribute.fields()
        algorithm = oids.PAGE_HASHES.get(fields.take(der.OBJECT_IDENTIFIER).oid())
        if algorithm is None:
            raise EncodingInvalid("page hashes are of an unknown kind")
        found.append(PageHashes(algorithm, fields.take(der.SET).only().octets()))
    return tuple(found)
