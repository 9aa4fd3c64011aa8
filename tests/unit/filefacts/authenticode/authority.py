"""A home-made certificate authority, in memory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID, ObjectIdentifier

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
YEAR = timedelta(days=365)
CODE = ExtendedKeyUsageOID.CODE_SIGNING
STAMP = ExtendedKeyUsageOID.TIME_STAMPING
WEB = ExtendedKeyUsageOID.SERVER_AUTH
LIFETIME = ObjectIdentifier("1.3.6.1.4.1.311.10.3.13")

Key = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey


@cache
def rsa_key(which: int = 0, bits: int = 2048) -> rsa.RSAPrivateKey:
    """Key number ``which``; made once, as that takes a while."""
    return rsa.generate_private_key(65537, bits)


@dataclass(frozen=True)
class Identity:
    """A key and its certificate."""

    key: Key
    certificate: x509.Certificate

    @property
    def der(self) -> bytes:
        return self.certificate.public_bytes(Encoding.DER)

    @property
    def pem(self) -> bytes:
        return self.certificate.public_bytes(Encoding.PEM)

    def issue(
        self,
        name: str,
        usages: Sequence[ObjectIdentifier] | None = (CODE,),
        *,
        start: datetime = NOW - YEAR,
        end: datetime = NOW + YEAR,
        key: Key | None = None,
        authority: bool = False,
        path_length: int | None = None,
    ) -> Identity:
        """A certificate for ``name``, signed by this one."""
        key = key or ec.generate_private_key(ec.SECP256R1())
        builder = _builder(name, key, start, end).issuer_name(self.certificate.subject)
        if usages is not None:
            builder = builder.add_extension(x509.ExtendedKeyUsage(usages), critical=False)
        builder = builder.add_extension(
            x509.BasicConstraints(authority, path_length if authority else None), critical=True
        )
        return Identity(key, builder.sign(self.key, hashes.SHA256()))


def self_signed(
    name: str,
    usages: Sequence[ObjectIdentifier] | None = None,
    *,
    key: Key | None = None,
    authority: bool = True,
    start: datetime = NOW - 10 * YEAR,
    end: datetime = NOW + 10 * YEAR,
) -> Identity:
    key = key or ec.generate_private_key(ec.SECP256R1())
    builder = _builder(name, key, start, end).issuer_name(_name(name))
    if usages is not None:
        builder = builder.add_extension(x509.ExtendedKeyUsage(usages), critical=False)
    builder = builder.add_extension(x509.BasicConstraints(authority, None), critical=True)
    return Identity(key, builder.sign(key, hashes.SHA256()))


def _builder(name: str, key: Key, start: datetime, end: datetime) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(_name(name))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(end)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )


def _name(name: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Home"),
            x509.NameAttribute(NameOID.COMMON_NAME, name),
        ]
    )
