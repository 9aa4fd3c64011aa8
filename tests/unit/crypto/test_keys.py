"""Keys: what they look like to others, and how they lie on disk."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given
from hypothesis import strategies as st

from vedette.crypto.keys import PublicKey, SigningKey, write_secret
from vedette.errors import KeyUnreadable, SignatureInvalid

# RFC 8037, appendix A.3.
RFC_KEY = bytes.fromhex("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a")
RFC_THUMBPRINT = "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"


def test_the_thumbprint_is_that_of_the_standard() -> None:
    assert PublicKey.from_bytes(RFC_KEY).thumbprint == RFC_THUMBPRINT


@given(message=st.binary(max_size=200))
def test_what_a_key_signs_it_verifies_and_no_other_does(message: bytes) -> None:
    key, other = SigningKey.generate(), SigningKey.generate()
    signature = key.sign(message)
    key.public.verify(signature, message)
    for public, said, what in (
        (other.public, signature, message),
        (key.public, signature, message + b"x"),
        (key.public, signature[:-1], message),
        (key.public, signature + b"\0", message),
        (key.public, b"", message),
    ):
        with pytest.raises(SignatureInvalid):
            public.verify(said, what)


def test_a_key_survives_its_file_which_only_the_owner_reads(tmp_path: Path) -> None:
    key, path = SigningKey.generate(), tmp_path / "key"
    key.save(path)
    assert SigningKey.load(path).public == key.public
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_key_file_is_never_written_over(tmp_path: Path) -> None:
    path = tmp_path / "key"
    SigningKey.generate().save(path)
    before = path.read_bytes()
    with pytest.raises(KeyUnreadable):
        SigningKey.generate().save(path)
    assert path.read_bytes() == before


def test_what_could_not_be_written_whole_is_not_left_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(descriptor: int) -> None:
        raise OSError(28, "no space left")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(KeyUnreadable):
        write_secret(tmp_path / "key", b"secret")
    assert list(tmp_path.iterdir()) == []


def test_what_a_killed_process_left_is_in_nobodys_way(tmp_path: Path) -> None:
    (tmp_path / f".key.{os.getpid()}").write_bytes(b"half a sec")
    write_secret(tmp_path / "key", b"secret")
    assert [path.name for path in tmp_path.iterdir()] == ["key"]
    assert (tmp_path / "key").read_bytes() == b"secret"


def _other_kind() -> bytes:
    return ec.generate_private_key(ec.SECP256R1()).private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"garbage",
        b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
        _other_kind(),
    ],
    ids=["empty", "garbage", "damaged", "another kind of key"],
)
def test_a_file_that_holds_no_such_key(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "key"
    path.write_bytes(content)
    with pytest.raises(KeyUnreadable):
        SigningKey.load(path)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(KeyUnreadable):
        SigningKey.load(tmp_path / "none")


@pytest.mark.parametrize("length", [0, 31, 33])
def test_a_public_key_of_another_length(length: int) -> None:
    with pytest.raises(KeyUnreadable):
        PublicKey.from_bytes(bytes(length))


def test_keys_are_told_apart_and_do_not_show_their_secret() -> None:
    key = SigningKey.generate()
    assert PublicKey.from_bytes(key.public.raw) == key.public
    assert (
        len({key.public, PublicKey.from_bytes(key.public.raw), SigningKey.generate().public}) == 2
    )
    assert key.public != key.public.raw
    assert repr(key) == f"SigningKey({key.public.thumbprint})"
    assert repr(key.public) == f"PublicKey({key.public.thumbprint})"
