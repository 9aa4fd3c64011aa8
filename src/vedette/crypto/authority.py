"""The network's own certificate authority, what it issues, and how a computer comes to believe it.

The authority is made at the network's first start. Its certificate's SHA-256 travels in the join string; from
that digest alone a computer can check the certificate of the server and of every key that signs verdicts. ECDSA
on P-256, since browsers take no Ed25519.
"""

from __future__ import annotations

import hashlib
import ipaddress
import os
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import msgspec
from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from vedette.crypto.keys import PublicKey, write_secret
from vedette.errors import CertificateInvalid, KeyUnreadable

ORGANISATION: Final = "Vedette"
SIGNER_NAME: Final = "verdict signer"
_AUTHORITY_LIFE: Final = timedelta(days=3650)
_SERVER_LIFE: Final = timedelta(days=397)  # the longest that browsers take
_SIGNER_LIFE: Final = timedelta(days=730)
_BACKDATED: Final = timedelta(hours=1)  # for computers whose clocks are a little behind


class AuthorityDocument(msgspec.Struct, frozen=True):
    """What a network says of itself: its authority's certificate and those of its signing keys, all in PEM."""

    ca: str
    signers: list[str]


class Authority:
    """A certificate authority with its secret key."""

    def __init__(self, certificate: x509.Certificate, key: ec.EllipticCurvePrivateKey) -> None:
        self._certificate = certificate
        self._key = key

    @classmethod
    def create(cls, name: str, now: datetime) -> Authority:
        """A new authority called ``name``, valid for ten years."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = _name(name)
        certificate = (
            _builder(subject, subject, now, _AUTHORITY_LIFE)
            .public_key(key.public_key())
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(_usage(key_cert_sign=True, crl_sign=True), critical=True)
            .add_extension(
                x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False
            )
            .sign(key, hashes.SHA256())
        )
        return cls(certificate, key)

    @classmethod
    def load(cls, folder: Path) -> Authority:
        """The authority saved in ``folder``. Raises ``KeyUnreadable``."""
        try:
            certificate = x509.load_pem_x509_certificate((folder / "ca.pem").read_bytes())
            key = serialization.load_pem_private_key(
                (folder / "ca.key").read_bytes(), password=None
            )
        except (OSError, ValueError, TypeError) as error:
            raise KeyUnreadable(
                "the network's authority cannot be read", "restore it from a backup"
            ) from error
        if not isinstance(key, ec.EllipticCurvePrivateKey):
            raise KeyUnreadable(
                "the network's authority has another kind of key", "restore it from a backup"
            )
        if key.public_key() != certificate.public_key():
            raise KeyUnreadable(
                "the network's authority and its key do not belong together",
                "restore both from one backup",
            )
        return cls(certificate, key)

    def save(self, folder: Path) -> None:
        """Writes ``ca.pem`` and, readable by its owner only, ``ca.key``. Raises ``KeyUnreadable`` where one
        exists.
        """
        place = folder / "ca.key"
        if not place.exists():
            # The key comes last: what was cut off before it can be done again.
            with (folder / "ca.pem").open("w") as file:
                file.write(self.pem)
                file.flush()
                os.fsync(file.fileno())
        write_secret(place, _private_pem(self._key))

    @property
    def pem(self) -> str:
        """The authority's certificate."""
        return _pem(self._certificate)

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the certificate (DER), hexadecimal."""
        return hashlib.sha256(
            self._certificate.public_bytes(serialization.Encoding.DER)
        ).hexdigest()

    def issue_server(self, hosts: Iterable[str], now: datetime) -> tuple[str, bytes]:
        """A certificate (PEM) and its key (PEM) for a server known as ``hosts``: DNS names or IP addresses."""
        key = ec.generate_private_key(ec.SECP256R1())
        names = [_general_name(host) for host in hosts]
        certificate = (
            _builder(_name("network"), self._certificate.subject, now, _SERVER_LIFE)
            .public_key(key.public_key())
            .add_extension(x509.SubjectAlternativeName(names), critical=False)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_usage(digital_signature=True), critical=True)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
            .add_extension(self._issuer_key(), critical=False)
            .sign(self._key, hashes.SHA256())
        )
        return _pem(certificate), _private_pem(key)

    def issue_signer(self, public: PublicKey, now: datetime) -> str:
        """A certificate (PEM) that says: this key signs the network's verdicts."""
        key = Ed25519PublicKey.from_public_bytes(public.raw)
        certificate = (
            _builder(_name(SIGNER_NAME), self._certificate.subject, now, _SIGNER_LIFE)
            .public_key(key)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_usage(digital_signature=True), critical=True)
            .add_extension(self._issuer_key(), critical=False)
            .sign(self._key, hashes.SHA256())
        )
        return _pem(certificate)

    def _issuer_key(self) -> x509.AuthorityKeyIdentifier:
        return x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key())


def verify_authority(
    document: AuthorityDocument, fingerprint: str, now: datetime
) -> Mapping[str, PublicKey]:
    """The signing keys of the network whose authority has ``fingerprint``, by thumbprint.

    Raises ``CertificateInvalid`` where the authority is another one, or a signer is not vouched for by it at ``now``.
    """
    authority = _parsed(document.ca)
    if (
        hashlib.sha256(authority.public_bytes(serialization.Encoding.DER)).hexdigest()
        != fingerprint
    ):
        raise CertificateInvalid(
            "the network's authority is not the one of the join string",
            "do not go on; ask its operator for a new join string",
        )
    if document.ca.strip() != _pem(authority).strip():
        # Whatever stood beside it would be trusted along with it, by everyone who takes the text as it is.
        raise CertificateInvalid(
            "the network's authority comes with something else", "do not go on; ask its operator"
        )
    _in_validity(authority, now)
    keys = [_signer(_parsed(pem), authority, now) for pem in document.signers]
    return {key.thumbprint: key for key in keys}


def _signer(certificate: x509.Certificate, authority: x509.Certificate, now: datetime) -> PublicKey:
    try:
        certificate.verify_directly_issued_by(authority)
        key = certificate.public_key()
    except (InvalidSignature, UnsupportedAlgorithm, ValueError, TypeError) as error:
        raise CertificateInvalid(
            "a signing key is not vouched for by the network", "do not use it"
        ) from error
    _in_validity(certificate, now)
    if certificate.subject != _name(SIGNER_NAME) or not isinstance(key, Ed25519PublicKey):
        raise CertificateInvalid("a certificate is not that of a signing key", "do not use it")
    return PublicKey(key)


def _in_validity(certificate: x509.Certificate, now: datetime) -> None:
    if not certificate.not_valid_before_utc <= now <= certificate.not_valid_after_utc:
        raise CertificateInvalid(
            "a certificate of the network is not valid at this time", "check this computer's clock"
        )


def _parsed(pem: str) -> x509.Certificate:
    try:
        return x509.load_pem_x509_certificate(pem.encode())
    except ValueError as error:
        raise CertificateInvalid(
            "a certificate of the network is not readable", "do not use it"
        ) from error


def _builder(
    subject: x509.Name, issuer: x509.Name, now: datetime, life: timedelta
) -> x509.CertificateBuilder:
    start = now.astimezone(UTC) - _BACKDATED
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(start + life)
    )


def _name(common_name: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, ORGANISATION),
            x509.NameAttribute(NameOID.COMMON_NAME, common_name),
        ]
    )


def _general_name(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _usage(
    *, digital_signature: bool = False, key_cert_sign: bool = False, crl_sign: bool = False
) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=digital_signature,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=key_cert_sign,
        crl_sign=crl_sign,
        encipher_only=False,
        decipher_only=False,
    )


def _pem(certificate: x509.Certificate) -> str:
    return certificate.public_bytes(serialization.Encoding.PEM).decode()


def _private_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
