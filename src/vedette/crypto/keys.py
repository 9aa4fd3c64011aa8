"""Ed25519 keys (RFC 8032), on disk as PKCS #8 in PEM, readable by their owner only."""

from __future__ import annotations

import base64
import hashlib
import os
import sys
from functools import cached_property
from pathlib import Path

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from vedette.errors import KeyUnreadable, SignatureInvalid


class PublicKey:
    """The half of a key that others verify with."""

    def __init__(self, key: Ed25519PublicKey) -> None:
        self._key = key

    @classmethod
    def from_bytes(cls, raw: bytes) -> PublicKey:
        """The key of these 32 bytes. Raises ``KeyUnreadable``."""
        try:
            return cls(Ed25519PublicKey.from_public_bytes(raw))
        except ValueError as error:
            raise KeyUnreadable(
                "a public key is not one", "give the 32 bytes of an Ed25519 key"
            ) from error

    @cached_property
    def raw(self) -> bytes:
        """The key's 32 bytes."""
        return self._key.public_bytes_raw()

    @cached_property
    def thumbprint(self) -> str:
        """The JWK thumbprint (RFC 7638, with the key's form of RFC 8037), base64url without padding."""
        jwk = f'{{"crv":"Ed25519","kty":"OKP","x":"{_base64url(self.raw)}"}}'
        return _base64url(hashlib.sha256(jwk.encode()).digest())

    def verify(self, signature: bytes, message: bytes) -> None:
        """Returns where ``signature`` (64 bytes) is this key's over ``message``; raises ``SignatureInvalid``
        where not.
        """
        try:
            self._key.verify(signature, message)
        except InvalidSignature as error:
            raise SignatureInvalid(
                "a signature does not hold", "do not trust what it was under"
            ) from error

    def __eq__(self, other: object) -> bool:
        return isinstance(other, PublicKey) and other.raw == self.raw

    def __hash__(self) -> int:
        return hash(self.raw)

    def __repr__(self) -> str:
        return f"PublicKey({self.thumbprint})"


class SigningKey:
    """A whole key. Its secret half is never shown."""

    def __init__(self, key: Ed25519PrivateKey) -> None:
        self._key = key

    @classmethod
    def generate(cls) -> SigningKey:
        """A new key, from the system's randomness."""
        return cls(Ed25519PrivateKey.generate())

    @classmethod
    def load(cls, path: Path) -> SigningKey:
        """The key in the file at ``path``. Raises ``KeyUnreadable``."""
        try:
            key = serialization.load_pem_private_key(path.read_bytes(), password=None)
        except (OSError, ValueError, TypeError, UnsupportedAlgorithm) as error:
            raise KeyUnreadable(
                "a key file cannot be read", "restore it, or join again with a new key"
            ) from error
        if not isinstance(key, Ed25519PrivateKey):
            raise KeyUnreadable("a key file holds another kind of key", "restore the Ed25519 key")
        return cls(key)

    def save(self, path: Path) -> None:
        """Writes the key to a new file that only its owner can read. Raises ``KeyUnreadable`` where one exists."""
        pem = self._key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        write_secret(path, pem)

    @cached_property
    def public(self) -> PublicKey:
        """The half that may be shown."""
        return PublicKey(self._key.public_key())

    def sign(self, message: bytes) -> bytes:
        """The signature over ``message``, 64 bytes."""
        return self._key.sign(message)

    def __repr__(self) -> str:
        return f"SigningKey({self.public.thumbprint})"


def write_secret(path: Path, content: bytes) -> None:
    """Writes a new file that only its owner can read, durable when this returns: whole, or not there at all,
    wherever it is cut off. Raises ``KeyUnreadable`` where one exists or none can be made.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        temporary.unlink(missing_ok=True)
        try:
            descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            path.hardlink_to(temporary)  # never in place of another
        finally:
            temporary.unlink(missing_ok=True)
        sync_folder(path.parent)
    except OSError as error:
        raise KeyUnreadable(
            "a key file cannot be made", "remove the old one or check the folder"
        ) from error


def sync_folder(path: Path) -> None:
    """Makes durable which files the folder at ``path`` holds. Raises ``OSError``.

    On Windows a folder cannot be opened for that; NTFS keeps its own journal of them.
    """
    if sys.platform == "win32":
        return
    folder = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
