"""Facts about drivers' files: kernel modules made by hand and signed here, and portable executables."""

from __future__ import annotations

import gzip
import hashlib
import lzma
import os
import struct
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
import zstandard
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, pkcs7
from cryptography.x509.oid import NameOID

from tests.unit.filefacts import forge
from vedette.errors import Unreadable
from vedette.filefacts import kernel_module
from vedette.filefacts.driver import driver
from vedette.filefacts.driver_facts import DriverFacts

NOW = datetime(2026, 11, 24, tzinfo=UTC)
INFO = b"license=GPL\0version=1.2.3-k\0name=fake\0vermagic=6.1.0-50-amd64 SMP preempt\0"
PKCS7, X509 = 2, 1
MARK = b"~Module signature appended~\n"


def module(info: bytes = INFO, order: str = "<", bits: int = 64) -> bytes:
    """An ELF object with a ``.modinfo`` section."""
    names = b"\0.modinfo\0.shstrtab\0"
    size = 64 if bits == 64 else 52
    entry = struct.Struct(order + ("2I4Q2I2Q" if bits == 64 else "10I"))
    header = struct.Struct(order + ("16s2HI3QI6H" if bits == 64 else "16s2HI3II6H"))
    table = size + len(info) + len(names)
    identity = b"\x7fELF" + bytes([bits // 32, 1 if order == "<" else 2, 1])
    return b"".join(
        (
            header.pack(identity, 1, 62, 1, 0, 0, table, 0, size, 0, 0, entry.size, 3, 2),
            info,
            names,
            bytes(entry.size),
            entry.pack(1, 1, 0, 0, size, len(info), 0, 0, 1, 0),
            entry.pack(10, 3, 0, 0, size + len(info), len(names), 0, 0, 1, 0),
        )
    )


def appended(content: bytes, signature: bytes, kind: int = PKCS7, name: bytes = b"") -> bytes:
    description = struct.pack(">BBBBB3xI", 0, 0, kind, len(name), 0, len(signature))
    return content + name + signature + description + MARK


def _message(content: bytes, *options: pkcs7.PKCS7Options) -> bytes:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Example"),
            x509.NameAttribute(NameOID.COMMON_NAME, "Example kernel key"),
        ]
    )
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(7)
        .not_valid_before(NOW)
        .not_valid_after(NOW + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    return (
        pkcs7.PKCS7SignatureBuilder()
        .set_data(content)
        .add_signer(certificate, key, hashes.SHA256())
        .sign(Encoding.DER, [pkcs7.PKCS7Options.DetachedSignature, *options])
    )


MESSAGE = _message(
    module(),
    pkcs7.PKCS7Options.Binary,
    pkcs7.PKCS7Options.NoAttributes,
    pkcs7.PKCS7Options.NoCerts,
)
SIGNED = appended(module(), MESSAGE)


def facts_of(content: bytes) -> DriverFacts:
    descriptor = os.memfd_create("driver")
    try:
        os.write(descriptor, content)
        return driver(descriptor, now=NOW)
    finally:
        os.close(descriptor)


PACKED: dict[str, Callable[[bytes], bytes]] = {
    "plain": bytes,
    "gzip": gzip.compress,
    "xz": lzma.compress,
    "zstd": zstandard.compress,
    "zstd without its size": zstandard.ZstdCompressor(write_content_size=False).compress,
}


@pytest.mark.parametrize("packing", PACKED)
def test_a_signed_module(packing: str) -> None:
    content = PACKED[packing](SIGNED)
    assert facts_of(content) == DriverFacts(
        size=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
        version="1.2.3-k",
        signer="Example kernel key",
        signature="unverified",
    )


def test_an_unsigned_module() -> None:
    facts = facts_of(module())
    assert (facts.version, facts.signer, facts.signature) == ("1.2.3-k", None, "none")


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("bits", [32, 64])
def test_modules_of_other_processors(order: str, bits: int) -> None:
    assert facts_of(module(order=order, bits=bits)).version == "1.2.3-k"


def test_a_module_without_a_version_has_that_of_its_kernel() -> None:
    info = INFO.replace(b"version=1.2.3-k\0", b"")
    assert facts_of(module(info)).version == "6.1.0-50-amd64"
    assert facts_of(module(b"name=x\0")).version is None


def test_the_certificate_names_the_signer_where_it_travels_along() -> None:
    facts = facts_of(appended(module(), _message(module(), pkcs7.PKCS7Options.Binary)))
    assert facts.signer == "Example kernel key"


def test_an_old_signature_names_its_signer_beside_it() -> None:
    facts = facts_of(appended(module(), b"\x01" * 256, X509, b"Old key"))
    assert (facts.signer, facts.signature) == ("Old key", "unverified")


BROKEN = {
    "no message": appended(module(), b"\x00" * 300),
    "another kind": appended(module(), b"\x01" * 256, 0),
    "a name that is not there": MARK.join(
        [module() + struct.pack(">BBBBB3xI", 0, 0, X509, 255, 255, len(module())), b""]
    ),
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_signature_that_names_nobody(case: str) -> None:
    facts = facts_of(BROKEN[case])
    assert (facts.signer, facts.signature) == (None, "unverified")


def test_a_signature_longer_than_the_file_is_none() -> None:
    content = module() + struct.pack(">BBBBB3xI", 0, 0, PKCS7, 0, 0, 1 << 31) + MARK
    assert facts_of(content).signature == "none"


REFUSED = {
    "nothing": b"",
    "text": b"#!/bin/sh\n",
    "packed text": gzip.compress(b"text"),
    "xz cut off": lzma.compress(SIGNED)[:-40],
    "gzip cut off": gzip.compress(SIGNED)[:-20],
    "zstd cut off": zstandard.compress(SIGNED)[:-20],
    "xz broken": b"\xfd7zXZ\0" + b"\xff" * 100,
    "gzip broken": b"\x1f\x8b\x08" + b"\xff" * 100,
    "zstd broken": b"\x28\xb5\x2f\xfd" + b"\xff" * 100,
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_no_driver(case: str) -> None:
    with pytest.raises(Unreadable):
        facts_of(REFUSED[case])


@pytest.mark.parametrize("packing", PACKED)
def test_what_grows_beyond_measure(packing: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kernel_module, "LONGEST", 1 << 20)
    with pytest.raises(Unreadable):
        facts_of(PACKED[packing](SIGNED + bytes(3 << 20)))


@pytest.mark.parametrize("place", range(0, len(SIGNED) - 1, 7))
def test_every_truncation_gets_an_answer(place: int) -> None:
    content = SIGNED[:place]
    if place < 4:
        with pytest.raises(Unreadable):
            facts_of(content)
    else:
        assert facts_of(content).signature == "none"


def test_every_damaged_byte_gets_an_answer() -> None:
    for place in range(4, len(SIGNED)):
        content = SIGNED[:place] + bytes([SIGNED[place] ^ 0xFF]) + SIGNED[place + 1 :]
        assert facts_of(content).size == len(SIGNED)


def test_a_portable_executable() -> None:
    content = forge.Forge(b"\xc3").build()
    facts = facts_of(content)
    assert facts.sha256 == hashlib.sha256(content).hexdigest()
    assert (facts.signature, facts.signer, facts.digest_valid) == ("none", None, None)
    assert facts.machine is not None
