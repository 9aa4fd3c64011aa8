"""Signs executables as Authenticode wants it, or not quite. Nothing of Vedette's own code is used for it."""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

from tests.unit.filefacts.authenticode.authority import NOW, Identity
from tests.unit.filefacts.forge import Forge

CHECKSUM = 64 + 24 + 64
ENTRY = 64 + 24 + 112 + 32
HASHES: dict[str, hashes.HashAlgorithm] = {
    "md5": hashes.MD5(),
    "sha1": hashes.SHA1(),
    "sha256": hashes.SHA256(),
    "sha384": hashes.SHA384(),
    "sha512": hashes.SHA512(),
}
DIGESTS = {
    "md5": "1.2.840.113549.2.5",
    "sha1": "1.3.14.3.2.26",
    "sha256": "2.16.840.1.101.3.4.2.1",
    "sha384": "2.16.840.1.101.3.4.2.2",
    "sha512": "2.16.840.1.101.3.4.2.3",
}
RSA, PSS, EC = "1.2.840.113549.1.1.1", "1.2.840.113549.1.1.10", "1.2.840.10045.2.1"
INDIRECT, PE_DATA = "1.3.6.1.4.1.311.2.1.4", "1.3.6.1.4.1.311.2.1.15"
NESTED = "1.3.6.1.4.1.311.2.4.1"
TOKEN, COUNTER = "1.3.6.1.4.1.311.3.3.1", "1.2.840.113549.1.9.6"


def program(body: bytes = b"\x90" * 0x1800) -> bytes:
    """An unsigned executable, its size a multiple of eight."""
    return Forge(body=body).build()


def tlv(tag: int, *parts: bytes) -> bytes:
    content = b"".join(parts)
    if len(content) < 0x80:
        return bytes([tag, len(content)]) + content
    size = (len(content).bit_length() + 7) // 8
    return bytes([tag, 0x80 | size]) + len(content).to_bytes(size, "big") + content


def oid(dotted: str) -> bytes:
    first, second, *rest = map(int, dotted.split("."))
    content = b""
    for arc in (40 * first + second, *rest):
        septets = [arc & 0x7F]
        while arc := arc >> 7:
            septets.append(arc & 0x7F | 0x80)
        content += bytes(reversed(septets))
    return tlv(6, content)


def algorithm(dotted: str, parameters: bytes = b"\x05\0") -> bytes:
    return tlv(0x30, oid(dotted), parameters)


def attribute(dotted: str, *values: bytes) -> bytes:
    return tlv(0x30, oid(dotted), tlv(0x31, *values))


def image_digest(image: bytes, digest: str) -> bytes:
    """Over all of an unsigned ``image`` but its checksum and certificate table's entry."""
    left = image[:CHECKSUM] + image[CHECKSUM + 4 : ENTRY] + image[ENTRY + 8 :]
    return hashlib.new(digest, left).digest()


def page_digests(image: bytes, digest: str) -> bytes:
    """For an image of one section at 0x200 that goes on to its end."""
    pages = [
        (
            0,
            (image[:CHECKSUM] + image[CHECKSUM + 4 : ENTRY] + image[ENTRY + 8 : 0x200]).ljust(
                4084, b"\0"
            ),
        )
    ]
    pages += [
        (at, image[at : at + 4096].ljust(4096, b"\0")) for at in range(0x200, len(image), 4096)
    ]
    entries = [struct.pack("<I", at) + hashlib.new(digest, page).digest() for at, page in pages]
    end = struct.pack("<I", len(image)) + bytes(hashlib.new(digest).digest_size)
    return b"".join(entries) + end


def indirect_data(image: bytes, digest: str, pages: bytes | None = None) -> bytes:
    link = tlv(0xA2, tlv(0x80))
    if pages is not None:
        kind = "1.3.6.1.4.1.311.2.3.2" if digest == "sha256" else "1.3.6.1.4.1.311.2.3.1"
        hashed = tlv(0x31, tlv(0x30, oid(kind), tlv(0x31, tlv(4, pages))))
        name = bytes.fromhex("a6b586d5b4a12466ae05a217da8e60d6")
        link = tlv(0xA1, tlv(4, name), tlv(4, hashed))
    data = tlv(0x30, oid(PE_DATA), tlv(0x30, tlv(3, b"\0"), tlv(0xA0, link)))
    info = tlv(0x30, algorithm(DIGESTS[digest]), tlv(4, image_digest(image, digest)))
    return tlv(0x30, data, info)


@dataclass
class Signing:
    """How to sign; the defaults are right."""

    by: Identity
    chain: Sequence[Identity] = ()
    digest: str = "sha256"
    pss: bool = False
    pages: bytes | None = None
    content: bytes | None = None
    content_type: str = INDIRECT
    message_digest: bytes | None = None
    unsigned: list[bytes] = field(default_factory=list)
    stamps: Sequence[Stamping] = ()
    signers: int = 1
    extra: bytes = b""

    def sign(self, image: bytes) -> bytes:
        """The PKCS #7 message over ``image``."""
        content = self.content or indirect_data(image, self.digest, self.pages)
        inner = content[_header(content) :]
        attributes = [
            attribute("1.2.840.113549.1.9.3", oid(self.content_type)),
            attribute(
                "1.2.840.113549.1.9.4",
                tlv(4, self.message_digest or hashlib.new(self.digest, inner).digest()),
            ),
        ]
        signed = tlv(0x31, *sorted(attributes))
        signature = raw_signature(self.by, signed, self.digest, self.pss)
        unsigned = [*self.unsigned, *(stamp.attribute(signature) for stamp in self.stamps)]
        signer = signer_info(self.by, signed, signature, self.digest, self.pss, unsigned)
        stampers = [stamp.by for stamp in self.stamps if not stamp.token]
        certificates = [identity.der for identity in (self.by, *self.chain, *stampers)]
        return message(
            INDIRECT, content, certificates, [signer] * self.signers, self.digest, self.extra
        )


@dataclass
class Stamping:
    """How to timestamp: by a token of RFC 3161, or a counter-signature of PKCS #9."""

    by: Identity
    time: datetime = NOW
    token: bool = True
    digest: str = "sha256"
    over: bytes | None = None
    bare: bool = False
    spoilt: bool = False

    def attribute(self, signature: bytes) -> bytes:
        signature = self.over or signature
        return (
            attribute(TOKEN, self._token(signature))
            if self.token
            else attribute(COUNTER, self._counter_signature(signature))
        )

    def _token(self, signature: bytes) -> bytes:
        kind = "1.2.840.113549.1.9.16.1.4"
        imprint = tlv(
            0x30,
            algorithm(DIGESTS[self.digest]),
            tlv(4, hashlib.new(self.digest, signature).digest()),
        )
        info = tlv(
            0x30,
            tlv(2, b"\1"),
            oid("1.2.3.4"),
            imprint,
            tlv(2, b"\7"),
            tlv(0x18, self.time.strftime("%Y%m%d%H%M%SZ").encode()),
        )
        signer = self._signer(kind, info, [])
        return message(kind, tlv(4, info), [self.by.der], [signer], self.digest)

    def _counter_signature(self, signature: bytes) -> bytes:
        time = attribute(
            "1.2.840.113549.1.9.5", tlv(0x17, self.time.strftime("%y%m%d%H%M%SZ").encode())
        )
        return self._signer("1.2.840.113549.1.7.1", signature, [time])

    def _signer(self, kind: str, content: bytes, further: list[bytes]) -> bytes:
        digest = hashlib.new(self.digest, content).digest()
        signed = tlv(
            0x31,
            *sorted(
                [
                    attribute("1.2.840.113549.1.9.3", oid(kind)),
                    attribute("1.2.840.113549.1.9.4", tlv(4, digest)),
                    *further,
                ]
            ),
        )
        signature = raw_signature(self.by, signed, self.digest, bare=self.bare)
        if self.spoilt:
            signature = signature[:-1] + bytes([signature[-1] ^ 1])
        return signer_info(self.by, signed, signature, self.digest)


def raw_signature(
    by: Identity, data: bytes, digest: str, pss: bool = False, bare: bool = False
) -> bytes:
    hashing = HASHES[digest]
    if isinstance(by.key, ec.EllipticCurvePrivateKey):
        return by.key.sign(data, ec.ECDSA(hashing))
    if bare:
        return _bare(by.key, hashlib.new(digest, data).digest())
    scheme = padding.PSS(padding.MGF1(hashing), 32) if pss else padding.PKCS1v15()
    return by.key.sign(data, scheme, hashing)


def _bare(key: rsa.RSAPrivateKey, content: bytes) -> bytes:
    """RSA with the padding of PKCS #1 v1.5 around ``content`` itself."""
    size = key.key_size // 8
    numbers = key.private_numbers()
    padded = b"\0\1" + b"\xff" * (size - len(content) - 3) + b"\0" + content
    return pow(int.from_bytes(padded, "big"), numbers.d, numbers.public_numbers.n).to_bytes(
        size, "big"
    )


def signer_info(
    by: Identity,
    signed: bytes,
    signature: bytes,
    digest: str,
    pss: bool = False,
    unsigned: Sequence[bytes] = (),
) -> bytes:
    kind = algorithm(EC if isinstance(by.key, ec.EllipticCurvePrivateKey) else RSA)
    if pss:
        hashed = algorithm(DIGESTS[digest])
        mask = tlv(0x30, oid("1.2.840.113549.1.1.8"), hashed)
        kind = algorithm(
            PSS, tlv(0x30, tlv(0xA0, hashed), tlv(0xA1, mask), tlv(0xA2, tlv(2, b"\x20")))
        )
    return tlv(
        0x30,
        tlv(2, b"\1"),
        tlv(0x30, by.certificate.issuer.public_bytes(), tlv(2, _serial(by.certificate))),
        algorithm(DIGESTS[digest]),
        b"\xa0" + signed[1:],
        kind,
        tlv(4, signature),
        tlv(0xA1, *unsigned) if unsigned else b"",
    )


def message(
    kind: str,
    content: bytes,
    certificates: Sequence[bytes],
    signers: Sequence[bytes],
    digest: str,
    extra: bytes = b"",
) -> bytes:
    """A ContentInfo with SignedData; ``extra`` follows the last of its fields."""
    signed_data = tlv(
        0x30,
        tlv(2, b"\1"),
        tlv(0x31, algorithm(DIGESTS[digest])),
        tlv(0x30, oid(kind), tlv(0xA0, content)),
        tlv(0xA0, *certificates),
        tlv(0x31, *signers),
        extra,
    )
    return tlv(0x30, oid("1.2.840.113549.1.7.2"), tlv(0xA0, signed_data))


def entry(
    message: bytes, padding: bytes | None = None, kind: int = 2, revision: int = 0x200
) -> bytes:
    """A WIN_CERTIFICATE with ``message``, filled up with zeros or with ``padding``."""
    if padding is None:
        padding = bytes(-len(message) % 8)
    return struct.pack("<IHH", 8 + len(message) + len(padding), revision, kind) + message + padding


def attach(image: bytes, *entries: bytes, behind: bytes = b"") -> bytes:
    """``image`` with a certificate table of ``entries``; ``behind`` follows the table."""
    table = b"".join(entries)
    directory = struct.pack("<II", len(image), len(table))
    return image[:ENTRY] + directory + image[ENTRY + 8 :] + table + behind


def signed(image: bytes, *signings: Signing) -> bytes:
    """``image`` with one entry for each of ``signings``."""
    return attach(image, *(entry(signing.sign(image)) for signing in signings))


def signed_again(identity: Identity, issuer: Identity, digest: str) -> bytes:
    """The certificate of ``identity``, signed by RSA with a digest that cryptography signs no certificates with."""
    kind = bytes.fromhex("2a864886f70d0101")
    number = {"md5": b"\4", "sha1": b"\5"}[digest]
    part = identity.certificate.tbs_certificate_bytes.replace(kind + b"\x0b", kind + number)
    outer = tlv(0x30, tlv(6, kind + number), b"\5\0")
    return tlv(0x30, part, outer, tlv(3, b"\0", raw_signature(issuer, part, digest)))


def _serial(certificate: x509.Certificate) -> bytes:
    number = certificate.serial_number
    return number.to_bytes(number.bit_length() // 8 + 1, "big")


def _header(encoded: bytes) -> int:
    return 2 if encoded[1] < 0x80 else 2 + (encoded[1] & 0x7F)
