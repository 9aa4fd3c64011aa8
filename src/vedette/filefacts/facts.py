"""What is said of a file. The field names are the contract of ``vedette inspect --json``.

Hashes are lower-case hexadecimal digits, sizes and offsets are bytes, entropies bits per byte (0 to 8). A field that
cannot be had is null, and :attr:`FileFacts.error` says why.
"""

from __future__ import annotations

from typing import Literal

import msgspec

Kind = Literal["pe", "elf", "script", "archive", "other"]
"""What a file is by its content; its name is not asked."""

Chain = Literal["trusted", "untrusted", "expired", "revoked", "not_for_code", "none"]
"""How far the signer's certificates lead; ``none`` where there is no signer."""


class SectionFacts(msgspec.Struct, frozen=True):
    """A row of the section table: sizes as declared, the entropy of the bytes that are in the file (null where sections
    claim the same bytes over and over).
    """

    name: str
    virtual_size: int
    raw_size: int
    entropy: float | None


class Overlay(msgspec.Struct, frozen=True):
    """The bytes behind everything that the headers map into memory; a certificate table lies there too."""

    offset: int
    size: int


class PeFacts(msgspec.Struct, frozen=True, kw_only=True):
    """The headers and directories of a portable executable.

    ``machine`` and ``subsystem`` are the specification's constants without their common prefix (``AMD64``,
    ``WINDOWS_GUI``), or the number in hexadecimal (``0x1234``) where it has none. ``timestamp`` is the header's
    number: seconds since 1970 unless the build was reproducible, then part of a hash. ``entry_point`` is relative
    to ``image_base``. ``linker`` is ``major.minor``. ``imphash`` and ``rich_hash`` are MD5, as pefile has them.
    ``imports`` counts the functions of each library, ``resources`` the leaves of the tree; ``languages`` are the
    resources' tags (``en-US``).
    """

    machine: str | None = None
    subsystem: str | None = None
    characteristics: int | None = None
    timestamp: int | None = None
    entry_point: int | None = None
    image_base: int | None = None
    linker: str | None = None
    imphash: str | None = None
    sections: list[SectionFacts] | None = None
    imports: dict[str, int] | None = None
    exports: int | None = None
    resources: int | None = None
    overlay: Overlay | None = None
    dotnet: bool | None = None
    rich_hash: str | None = None
    version: dict[str, str] | None = None
    languages: list[str] | None = None
    is_dll: bool | None = None
    tls_callbacks: int | None = None


class Packer(msgspec.Struct, frozen=True):
    """What a program was packed or wrapped with, and how that is known, a sentence each."""

    name: str
    evidence: list[str]


class SignatureFacts(msgspec.Struct, frozen=True, kw_only=True):
    """A file's Authenticode signature.

    ``digest_valid`` says whether the bytes are those that were signed (null where there is nothing to compare);
    ``chain`` judges who signed them, apart from that. ``timestamp`` is the verified time of signing, ISO 8601 in
    UTC. ``nested`` counts further signatures inside the first; ``problems`` are short sentences.
    """

    present: bool
    digest_valid: bool | None = None
    chain: Chain = "none"
    signer: str | None = None
    issuer: str | None = None
    digest_algorithm: str | None = None
    timestamp: str | None = None
    nested: int = 0
    problems: list[str] = []


class FileFacts(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that is said of a file.

    ``similarity`` is its TLSH digest with the version prefix ``T1``, null where the file is too small or too even for
    one. ``error`` says in a few words what could not be had; the rest still holds. ``pe``, ``packer`` and
    ``signature`` are null for what is no portable executable.
    """

    sha256: str
    sha1: str
    md5: str
    size: int
    entropy: float
    similarity: str | None
    kind: Kind
    error: str | None = None
    pe: PeFacts | None = None
    packer: Packer | None = None
    signature: SignatureFacts | None = None
