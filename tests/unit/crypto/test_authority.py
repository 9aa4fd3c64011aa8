"""The network's authority: what it issues, and what a computer must not believe."""

from __future__ import annotations

import base64
import hashlib
import ssl
import stat
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed448
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.x509.oid import NameOID

from vedette.crypto.authority import SIGNER_NAME, Authority, AuthorityDocument, verify_authority
from vedette.crypto.keys import SigningKey
from vedette.errors import CertificateInvalid, KeyUnreadable

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
AUTHORITY = Authority.create("Example network", NOW)
NAMESAKE = Authority.create("Example network", NOW)
SIGNER = SigningKey.generate()
GOOD = AUTHORITY.issue_signer(SIGNER.public, NOW)

Case = tuple[AuthorityDocument, datetime]


def of(*signers: str, ca: str | None = None, now: datetime = NOW) -> Case:
    return AuthorityDocument(ca or AUTHORITY.pem, list(signers)), now


def _key_of(authority: Authority, folder: Path) -> ec.EllipticCurvePrivateKey:
    authority.save(folder)
    key = serialization.load_pem_private_key((folder / "ca.key").read_bytes(), password=None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    return key


@pytest.fixture(scope="module")
def issuing_key(tmp_path_factory: pytest.TempPathFactory) -> ec.EllipticCurvePrivateKey:
    return _key_of(AUTHORITY, tmp_path_factory.mktemp("authority"))


def issued(
    key: ec.EllipticCurvePrivateKey,
    public: Ed25519PublicKey | ec.EllipticCurvePublicKey | ed448.Ed448PublicKey,
    common_name: str = SIGNER_NAME,
    organisation: str = "Vedette",
    until: datetime = NOW + timedelta(days=1),
) -> str:
    """A certificate that the true authority signed, of any shape."""
    name = [(NameOID.ORGANIZATION_NAME, organisation), (NameOID.COMMON_NAME, common_name)]
    return (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(kind, value) for kind, value in name]))
        .issuer_name(x509.load_pem_x509_certificate(AUTHORITY.pem.encode()).subject)
        .public_key(public)
        .serial_number(1)
        .not_valid_before(NOW - timedelta(days=1))
        .not_valid_after(until)
        .sign(key, hashes.SHA256())
        .public_bytes(serialization.Encoding.PEM)
        .decode()
    )


def _ed25519() -> Ed25519PublicKey:
    return Ed25519PublicKey.from_public_bytes(SIGNER.public.raw)


def _chained(key: ec.EllipticCurvePrivateKey) -> str:
    """Issued by a server's certificate of this network, not by the authority itself."""
    server, server_key = AUTHORITY.issue_server(["localhost"], NOW)
    loaded = serialization.load_pem_private_key(server_key, password=None)
    assert isinstance(loaded, ec.EllipticCurvePrivateKey)
    return (
        x509.CertificateBuilder()
        .subject_name(x509.load_pem_x509_certificate(GOOD.encode()).subject)
        .issuer_name(x509.load_pem_x509_certificate(server.encode()).subject)
        .public_key(_ed25519())
        .serial_number(1)
        .not_valid_before(NOW - timedelta(days=1))
        .not_valid_after(NOW + timedelta(days=1))
        .sign(loaded, hashes.SHA256())
        .public_bytes(serialization.Encoding.PEM)
        .decode()
    )


def _damaged(pem: str) -> str:
    der = bytearray(ssl.PEM_cert_to_DER_cert(pem))
    der[-1] ^= 1
    return ssl.DER_cert_to_PEM_cert(bytes(der))


ATTACKS: dict[str, Callable[[ec.EllipticCurvePrivateKey], Case]] = {
    "another authority": lambda key: of(NAMESAKE.issue_signer(SIGNER.public, NOW), ca=NAMESAKE.pem),
    "another authority beside ours": lambda key: of(GOOD, ca=AUTHORITY.pem + NAMESAKE.pem),
    "another authority before ours": lambda key: of(GOOD, ca=NAMESAKE.pem + AUTHORITY.pem),
    "a trusted certificate beside ours": lambda key: of(
        GOOD, ca=AUTHORITY.pem + NAMESAKE.pem.replace(" CERT", " TRUSTED CERT")
    ),
    "text beside ours": lambda key: of(GOOD, ca="hello\n" + AUTHORITY.pem),
    "authority not PEM": lambda key: of(GOOD, ca="garbage"),
    "authority a lone surrogate": lambda key: of(GOOD, ca="\ud800"),
    "authority damaged": lambda key: of(GOOD, ca=_damaged(AUTHORITY.pem)),
    "authority expired": lambda key: of(
        issued(key, _ed25519(), until=NOW + timedelta(days=4000)), now=NOW + timedelta(days=3651)
    ),
    "authority not yet valid": lambda key: of(
        issued(key, _ed25519()), now=NOW - timedelta(hours=2)
    ),
    "signer of a namesake": lambda key: of(NAMESAKE.issue_signer(SIGNER.public, NOW)),
    "signer beside one of a namesake": lambda key: of(
        GOOD, NAMESAKE.issue_signer(SIGNER.public, NOW)
    ),
    "signer expired": lambda key: of(GOOD, now=NOW + timedelta(days=731)),
    "signer not yet valid": lambda key: of(
        AUTHORITY.issue_signer(SIGNER.public, NOW + timedelta(days=1))
    ),
    "signer damaged": lambda key: of(_damaged(GOOD)),
    "signer garbage": lambda key: of("garbage"),
    "signer not a certificate": lambda key: of(ssl.DER_cert_to_PEM_cert(b"0\x03\x02\x01\x01")),
    "signer empty": lambda key: of(""),
    "the server's certificate": lambda key: of(AUTHORITY.issue_server(["localhost"], NOW)[0]),
    "the authority itself": lambda key: of(AUTHORITY.pem),
    "issued by a server of the network": lambda key: of(_chained(key)),
    "another common name": lambda key: of(issued(key, _ed25519(), "snapshot signer")),
    "another organisation": lambda key: of(issued(key, _ed25519(), organisation="Other")),
    "a key on a curve": lambda key: of(issued(key, key.public_key())),
    "an Ed448 key": lambda key: of(issued(key, ed448.Ed448PrivateKey.generate().public_key())),
}


@pytest.mark.parametrize("attack", ATTACKS)
def test_refuses(attack: str, issuing_key: ec.EllipticCurvePrivateKey) -> None:
    document, now = ATTACKS[attack](issuing_key)
    with pytest.raises(CertificateInvalid):
        verify_authority(document, AUTHORITY.fingerprint, now)


def test_the_attacks_differ_from_what_is_believed(issuing_key: ec.EllipticCurvePrivateKey) -> None:
    document, now = of(GOOD, issued(issuing_key, _ed25519()))
    assert verify_authority(document, AUTHORITY.fingerprint, now) == {
        SIGNER.public.thumbprint: SIGNER.public
    }


def test_several_signers_and_none() -> None:
    other = SigningKey.generate()
    both, now = of(GOOD, AUTHORITY.issue_signer(other.public, NOW))
    assert set(verify_authority(both, AUTHORITY.fingerprint, now)) == {
        SIGNER.public.thumbprint,
        other.public.thumbprint,
    }
    nobody, now = of()
    assert verify_authority(nobody, AUTHORITY.fingerprint, now) == {}


def test_another_fingerprint_is_another_network() -> None:
    document, now = of(GOOD)
    with pytest.raises(CertificateInvalid):
        verify_authority(document, NAMESAKE.fingerprint, now)


def test_a_clock_a_little_behind_is_no_obstacle() -> None:
    document, now = of(GOOD, now=NOW - timedelta(minutes=50))
    assert verify_authority(document, AUTHORITY.fingerprint, now)


def test_the_fingerprint_is_that_of_the_certificate() -> None:
    der = base64.b64decode("".join(AUTHORITY.pem.splitlines()[1:-1]))
    assert hashlib.sha256(der).hexdigest() == AUTHORITY.fingerprint


def test_an_authority_survives_its_folder(tmp_path: Path) -> None:
    AUTHORITY.save(tmp_path)
    loaded = Authority.load(tmp_path)
    assert loaded.fingerprint == AUTHORITY.fingerprint
    assert stat.S_IMODE((tmp_path / "ca.key").stat().st_mode) == 0o600
    document, now = of(loaded.issue_signer(SIGNER.public, NOW))
    assert verify_authority(document, AUTHORITY.fingerprint, now)


def test_a_saved_authority_is_never_written_over(tmp_path: Path) -> None:
    AUTHORITY.save(tmp_path)
    with pytest.raises(KeyUnreadable):
        NAMESAKE.save(tmp_path)
    assert Authority.load(tmp_path).fingerprint == AUTHORITY.fingerprint


def test_saving_that_was_cut_off_can_be_done_again(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text(NAMESAKE.pem)
    AUTHORITY.save(tmp_path)
    assert Authority.load(tmp_path).fingerprint == AUTHORITY.fingerprint


def _another_kind(place: Path) -> None:
    place.unlink()
    SigningKey.generate().save(place)


def _of_the_namesake(place: Path) -> None:
    other = place.parent / "other"
    other.mkdir()
    NAMESAKE.save(other)
    (other / place.name).rename(place)


DAMAGE: dict[str, Callable[[Path], object]] = {
    "missing": Path.unlink,
    "garbage": lambda place: place.write_text("garbage"),
    "another kind of key": _another_kind,
    "another authority's": _of_the_namesake,
}


@pytest.mark.parametrize("file", ["ca.pem", "ca.key"])
@pytest.mark.parametrize("damage", DAMAGE)
def test_a_folder_that_holds_no_authority(tmp_path: Path, file: str, damage: str) -> None:
    AUTHORITY.save(tmp_path)
    DAMAGE[damage](tmp_path / file)
    with pytest.raises(KeyUnreadable):
        Authority.load(tmp_path)


def test_a_server_is_known_by_its_names_and_addresses() -> None:
    pem, _ = AUTHORITY.issue_server(["localhost", "127.0.0.1", "::1"], NOW)
    names = x509.load_pem_x509_certificate(pem.encode()).extensions.get_extension_for_class(
        x509.SubjectAlternativeName
    )
    assert names.value.get_values_for_type(x509.DNSName) == ["localhost"]
    assert [str(a) for a in names.value.get_values_for_type(x509.IPAddress)] == ["127.0.0.1", "::1"]
