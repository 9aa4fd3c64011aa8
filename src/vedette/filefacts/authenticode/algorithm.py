"""Public keys and signatures: RSA (PKCS #1 v1.5 and PSS, RFC 8017) and ECDSA (RFC 5758), through ``cryptography``.

An algorithm that is unknown, or that this computer's OpenSSL refuses, does not verify.
"""

from __future__ import annotations

import functools
import hashlib
from dataclasses import dataclass
from typing import Final

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_der_public_key

from vedette.errors import EncodingInvalid
from vedette.filefacts.authenticode import der, oids
from vedette.filefacts.authenticode.der import Element

MIN_RSA_BITS: Final = 1024
# Above these a verification takes longer than it is worth; CryptoAPI knows exponents of 32 bits only.
MAX_RSA_BITS: Final = 8192
MAX_RSA_EXPONENT_BITS: Final = 64
_MAX_KEY: Final = 4096
_MAX_SIGNATURE: Final = 4096
_HASHES: Final[dict[str, hashes.HashAlgorithm]] = {
    "md5": hashes.MD5(),
    "sha1": hashes.SHA1(),
    "sha256": hashes.SHA256(),
    "sha384": hashes.SHA384(),
    "sha512": hashes.SHA512(),
}
# Encoded object identifiers.
_DIGEST_OIDS: Final = {
    "md5": "06082a864886f70d0205",
    "sha1": "06052b0e03021a",
    "sha256": "0609608648016503040201",
    "sha384": "0609608648016503040202",
    "sha512": "0609608648016503040203",
}


@dataclass(frozen=True, slots=True)
class Algorithm:
    """An AlgorithmIdentifier: which one, and its parameters' encoding."""

    oid: str
    parameters: bytes


def read_algorithm(element: Element) -> Algorithm:
    """The AlgorithmIdentifier in ``element``. Raises ``EncodingInvalid``."""
    fields = element.fields()
    oid = fields.take(der.OBJECT_IDENTIFIER).oid()
    parameters = fields.maybe()
    return Algorithm(oid, b"" if parameters is None else parameters.whole)


def signature_digest(algorithm: Algorithm) -> str | None:
    """The digest that a signature ``algorithm`` fixes, if it is one we know."""
    if algorithm.oid == oids.RSA_PSS:
        return _pss(algorithm.parameters)[0]
    return oids.RSA_DIGESTS.get(algorithm.oid) or oids.ECDSA_DIGESTS.get(algorithm.oid)


def verifies(
    public_key: bytes,
    algorithm: Algorithm,
    signature: bytes,
    message: bytes,
    digest: str | None = None,
) -> bool:
    """Whether ``signature`` over ``message`` was made with the private half of ``public_key``.

    ``public_key`` is a SubjectPublicKeyInfo. ``digest`` is used where ``algorithm`` does not fix one.
    """
    if len(signature) > _MAX_SIGNATURE:
        return False
    try:
        key = _key(public_key)
        digest = signature_digest(algorithm) or digest
        if digest is None:
            return False
        if isinstance(key, RSAPublicKey):
            return _rsa(key, algorithm, signature, message, digest)
        if isinstance(key, EllipticCurvePublicKey) and algorithm.oid in oids.ECDSA_DIGESTS:
            key.verify(signature, message, ECDSA(_HASHES[digest]))
            return True
    except (InvalidSignature, UnsupportedAlgorithm, ValueError, EncodingInvalid):
        return False
    return False


def _rsa(
    key: RSAPublicKey, algorithm: Algorithm, signature: bytes, message: bytes, digest: str
) -> bool:
    """Raises ``InvalidSignature`` and what else ``verifies`` catches."""
    if algorithm.oid == oids.RSA_PSS:
        _, mask, salt = _pss(algorithm.parameters)
        scheme = padding.PSS(padding.MGF1(_HASHES[mask]), salt)
        key.verify(signature, message, scheme, _HASHES[digest])
        return True
    if algorithm.oid not in oids.RSA_DIGESTS:
        return False
    # Recovered and compared, as RFC 8017 allows in the note to section 8.2.2: so a computer whose OpenSSL refuses
    # signatures by weak digests judges old files like any other.
    found = key.recover_data_from_signature(signature, padding.PKCS1v15(), None)
    hashed = hashlib.new(digest, message, usedforsecurity=False).digest()
    # Timestamps of the years before 2010 have the digest alone where there should be a DigestInfo.
    return found in _digest_infos(digest, hashed) or (algorithm.oid == oids.RSA and found == hashed)


def _digest_infos(digest: str, hashed: bytes) -> tuple[bytes, bytes]:
    """The DigestInfo (RFC 8017, section 9.2) of ``hashed``, with the parameters NULL and with none."""
    name = bytes.fromhex(_DIGEST_OIDS[digest])
    value = _short(der.OCTET_STRING, hashed)
    with_null, without = (
        _short(der.SEQUENCE, _short(der.SEQUENCE, name + parameters) + value)
        for parameters in (b"\5\0", b"")
    )
    return with_null, without


def _short(tag: int, content: bytes) -> bytes:
    """The encoding of fewer than 128 bytes."""
    return bytes([tag, len(content)]) + content


def too_weak(public_key: bytes) -> bool:
    """Whether the key is RSA of so few bits that others can sign with it, as Windows also holds (KB2661254)."""
    try:
        key = _key(public_key)
    except (UnsupportedAlgorithm, ValueError):
        return False
    return isinstance(key, RSAPublicKey) and key.key_size < MIN_RSA_BITS


@functools.lru_cache(maxsize=512)
def _key(public_key: bytes) -> object:
    if len(public_key) > _MAX_KEY:
        raise ValueError("a public key is too large")
    key = load_der_public_key(public_key)
    if isinstance(key, RSAPublicKey) and (
        key.key_size > MAX_RSA_BITS or key.public_numbers().e.bit_length() > MAX_RSA_EXPONENT_BITS
    ):
        raise ValueError("a public key is too large")
    return key


@functools.lru_cache(maxsize=64)
def _pss(parameters: bytes) -> tuple[str, str, int]:
    """Digest, digest of the mask and length of the salt (RFC 4055, section 3.1). Raises ``EncodingInvalid``."""
    digest, mask, salt = "sha1", "sha1", 20
    for part in der.parse(parameters).children() if parameters else ():
        value = part.only()
        if part.tag == der.context(0):
            digest = _digest_name(read_algorithm(value))
        elif part.tag == der.context(1):
            generation = read_algorithm(value)
            if generation.oid != oids.MASK_GENERATION:
                raise EncodingInvalid("a mask is generated in an unknown way")
            mask = _digest_name(read_algorithm(der.parse(generation.parameters)))
        elif part.tag == der.context(2):
            salt = value.integer()
    if not 0 <= salt <= 512:
        raise EncodingInvalid("a salt has a length that no salt has")
    return digest, mask, salt


def _digest_name(algorithm: Algorithm) -> str:
    name = oids.DIGESTS.get(algorithm.oid)
    if name is None:
        raise EncodingInvalid("a digest is of an unknown kind")
    return name
