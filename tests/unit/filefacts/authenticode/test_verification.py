"""Signed files, made here: right ones, and every way to be wrong that has a word for it."""

from __future__ import annotations

import mmap
import tempfile
from datetime import timedelta
from functools import cache

import pytest

from tests.unit.filefacts.authenticode.authority import (
    CODE,
    NOW,
    STAMP,
    WEB,
    YEAR,
    Identity,
    rsa_key,
    self_signed,
)
from tests.unit.filefacts.authenticode.signer import (
    CHECKSUM,
    NESTED,
    Signing,
    Stamping,
    attach,
    attribute,
    entry,
    indirect_data,
    page_digests,
    program,
    signed,
    tlv,
)
from vedette.errors import CertificateInvalid
from vedette.filefacts.authenticode import verify
from vedette.filefacts.facts import SignatureFacts

IMAGE = program()


@cache
def home() -> Identity:
    return self_signed("Home Root", key=rsa_key())


@cache
def maker() -> Identity:
    return home().issue("Maker", key=rsa_key(1))


@cache
def stamper() -> Identity:
    return home().issue("Stamper", [STAMP])


def judged(data: bytes) -> SignatureFacts:
    return verify(data, [home().pem], NOW)


def test_a_right_signature_has_no_problems() -> None:
    facts = judged(signed(IMAGE, Signing(maker())))
    assert facts == SignatureFacts(
        present=True,
        digest_valid=True,
        chain="trusted",
        signer="Maker",
        issuer="Home Root",
        digest_algorithm="sha256",
    )


@pytest.mark.parametrize("data", [b"", b"MZ", b"\x7fELF" + bytes(400), IMAGE, IMAGE[:180]])
def test_what_has_no_signature_has_none(data: bytes) -> None:
    assert judged(data) == SignatureFacts(present=False)


@pytest.mark.parametrize("digest", ["md5", "sha1", "sha256", "sha384", "sha512"])
def test_every_digest_verifies_and_the_weak_ones_are_named(digest: str) -> None:
    facts = judged(signed(IMAGE, Signing(maker(), digest=digest)))
    assert (facts.digest_valid, facts.chain, facts.digest_algorithm) == (True, "trusted", digest)
    assert facts.problems == ([f"weak digest {digest}"] if digest in ("md5", "sha1") else [])


def test_pss_and_ecdsa_verify() -> None:
    other = home().issue("Curve")
    for signing in (Signing(maker(), pss=True), Signing(other), Signing(other, digest="sha384")):
        facts = judged(signed(IMAGE, signing))
        assert (facts.digest_valid, facts.chain, facts.problems) == (True, "trusted", [])


def test_the_checksum_field_may_change_and_nothing_else() -> None:
    data = bytearray(signed(IMAGE, Signing(maker())))
    data[CHECKSUM : CHECKSUM + 4] = b"\1\2\3\4"
    assert judged(bytes(data)).digest_valid
    for place in (2, CHECKSUM - 1, CHECKSUM + 4, 0x1F0, 0x200, len(IMAGE) - 1):
        changed = bytearray(data)
        changed[place] ^= 1
        facts = judged(bytes(changed))
        assert (facts.digest_valid, facts.chain) == (False, "trusted")
        assert facts.problems == ["digest does not match the file"]


def test_without_the_root_nobody_is_trusted() -> None:
    facts = verify(signed(IMAGE, Signing(maker())), [], NOW)
    assert (facts.digest_valid, facts.chain) == (True, "untrusted")
    assert facts.problems == ["issuer of a certificate is unknown"]
    facts = verify(signed(IMAGE, Signing(maker(), [home()])), [], NOW)
    assert (facts.chain, facts.problems) == ("untrusted", ["root certificate is not trusted"])


def test_a_root_in_the_file_may_be_trusted_as_der_too() -> None:
    facts = verify(signed(IMAGE, Signing(maker(), [home()])), [home().der], NOW)
    assert (facts.chain, facts.problems) == ("trusted", [])


def test_a_self_signed_signer_is_untrusted_until_it_is_a_root() -> None:
    alone = self_signed("Alone", [CODE], authority=False)
    data = signed(IMAGE, Signing(alone))
    assert judged(data).chain == "untrusted"
    assert judged(data).problems == ["self-signed certificate"]
    assert verify(data, [alone.pem], NOW).chain == "trusted"


@pytest.mark.parametrize("usages", [None, [WEB], [STAMP]])
def test_a_certificate_for_something_else_is_not_for_code(usages: list[object] | None) -> None:
    facts = judged(signed(IMAGE, Signing(home().issue("Web", usages))))  # type: ignore[arg-type]
    assert (facts.digest_valid, facts.chain) == (True, "not_for_code")
    assert facts.problems == ["certificate is not for code signing"]


def test_only_a_signature_that_verifies_makes_a_digest_valid() -> None:
    message = Signing(maker()).sign(IMAGE)
    spoilt = message[:-1] + bytes([message[-1] ^ 1])
    facts = judged(attach(IMAGE, entry(spoilt)))
    assert (facts.digest_valid, facts.chain) == (False, "untrusted")
    assert facts.problems == ["signature does not verify with the certificate's key"]


def test_a_signature_over_another_content_is_none_for_this() -> None:
    facts = judged(signed(IMAGE, Signing(maker(), message_digest=bytes(32))))
    assert (facts.digest_valid, facts.chain) == (False, "untrusted")
    assert facts.problems == ["signature is over other content"]
    facts = judged(signed(IMAGE, Signing(maker(), content_type="1.2.840.113549.1.7.1")))
    assert facts.problems == ["signature is over another kind of content"]


def test_a_missing_certificate_proves_nothing() -> None:
    stranger = home().issue("Stranger")
    signing = Signing(maker())
    message = signing.sign(IMAGE).replace(maker().der, stranger.der)
    assert len(stranger.der) != len(maker().der)  # so the lengths around it are wrong now
    facts = judged(attach(IMAGE, entry(message)))
    assert facts.present
    assert not facts.digest_valid


def test_page_hashes_are_checked() -> None:
    right = page_digests(IMAGE, "sha256")
    assert judged(signed(IMAGE, Signing(maker(), pages=right))).problems == []
    wrong = right[:10] + bytes([right[10] ^ 1]) + right[11:]
    for pages in (wrong, right[:-1], right[:36], b""):
        facts = judged(signed(IMAGE, Signing(maker(), pages=pages)))
        assert facts.digest_valid
        assert facts.problems == ["page hashes do not match the file"]
    sha1 = Signing(maker(), digest="sha1", pages=page_digests(IMAGE, "sha1"))
    assert judged(signed(IMAGE, sha1)).problems == ["weak digest sha1"]


class TestNested:
    """Signatures inside the unsigned attributes of another."""

    def nest(self, outer: Signing, *inner: Signing) -> bytes:
        outer.unsigned = [attribute(NESTED, *(signing.sign(IMAGE) for signing in inner))]
        return signed(IMAGE, outer)

    def test_it_is_counted_and_the_first_one_speaks(self) -> None:
        facts = judged(self.nest(Signing(maker(), digest="sha1"), Signing(maker())))
        assert (facts.nested, facts.digest_algorithm, facts.chain) == (1, "sha1", "trusted")
        assert facts.problems == ["weak digest sha1"]

    def test_a_trusted_one_speaks_where_the_first_is_not(self) -> None:
        alone = self_signed("Alone", [CODE])
        facts = judged(self.nest(Signing(alone, digest="sha1"), Signing(maker())))
        assert (facts.signer, facts.chain, facts.digest_algorithm) == ("Maker", "trusted", "sha256")
        assert "signature 1: self-signed certificate" in facts.problems

    def test_it_does_not_mend_a_digest(self) -> None:
        wrong = Signing(maker(), content=indirect_data(program(b"other"), "sha256"))
        facts = judged(self.nest(wrong, Signing(maker())))
        assert facts.digest_valid is False

    def test_what_is_wrong_with_it_is_named_as_its(self) -> None:
        wrong = Signing(maker(), content=indirect_data(program(b"other"), "sha256"))
        facts = judged(self.nest(Signing(maker()), wrong, Signing(self_signed("A", [CODE]))))
        assert (facts.digest_valid, facts.chain, facts.nested) == (True, "trusted", 2)
        assert facts.problems == [
            "nested signature 1: digest does not match the file",
            "nested signature 2: self-signed certificate",
        ]

    def test_many_and_deep_ones_end_somewhere(self) -> None:
        deep = Signing(maker())
        for _ in range(12):
            deep = Signing(maker(), unsigned=[attribute(NESTED, deep.sign(IMAGE))])
        for facts in (
            judged(signed(IMAGE, deep)),
            judged(self.nest(Signing(maker()), *[Signing(maker())] * 40)),
        ):
            assert facts.digest_valid
            assert "signatures are nested too deeply, or too many" in facts.problems

    def test_what_is_no_signature_is_named(self) -> None:
        outer = Signing(maker(), unsigned=[attribute(NESTED, tlv(0x30, b"\2\1\1"))])
        facts = judged(signed(IMAGE, outer))
        assert facts.digest_valid
        assert facts.problems[0].startswith("nested signature 1: signature cannot be read")


class TestSmuggled:
    """Data beside the signature, that its digest does not cover."""

    def test_an_unknown_unsigned_attribute(self) -> None:
        blob = attribute("1.3.6.1.4.1.42921.1.2.1", tlv(4, b"campaign" * 40))
        facts = judged(signed(IMAGE, Signing(maker(), unsigned=[blob])))
        assert (facts.digest_valid, facts.chain) == (True, "trusted")
        assert facts.problems == [
            f"unknown unsigned attribute 1.3.6.1.4.1.42921.1.2.1 of {len(blob)} bytes"
        ]

    def test_a_certificate_that_nobody_needs(self) -> None:
        dummy = self_signed("Dummy certificate")
        facts = judged(signed(IMAGE, Signing(maker(), [dummy])))
        assert facts.problems == [
            f"1 certificates in the signature, of {len(dummy.der)} bytes, take no part in it"
        ]

    def test_something_in_the_place_of_a_certificate(self) -> None:
        message = Signing(maker(), extra=tlv(4, bytes(40))).sign(IMAGE)
        facts = judged(attach(IMAGE, entry(message)))
        assert facts.problems == ["42 bytes in the signature where none belong"]

    def test_a_second_signer(self) -> None:
        facts = judged(signed(IMAGE, Signing(maker(), signers=2)))
        assert facts.problems == ["signature has 2 signers"]

    @pytest.mark.parametrize(
        ("filling", "what"), [(b"hidden..", "bytes"), (bytes(8), "bytes of padding")]
    )
    def test_padding_after_the_message(self, filling: bytes, what: str) -> None:
        message = Signing(maker()).sign(IMAGE)
        padding = bytes(-len(message) % 8) + filling * 8
        facts = judged(attach(IMAGE, entry(message, padding)))
        assert (facts.digest_valid, facts.chain) == (True, "trusted")
        assert facts.problems == [
            f"{len(padding)} {what} after the signature in the certificate table"
        ]

    def test_a_few_bytes_after_the_message_that_are_not_zero(self) -> None:
        message = Signing(maker()).sign(IMAGE)
        padding = b"\1" * (-len(message) % 8 or 8)
        facts = judged(attach(IMAGE, entry(message, padding)))
        assert facts.problems == [
            f"{len(padding)} bytes after the signature in the certificate table"
        ]

    def test_further_entries(self) -> None:
        message = Signing(maker()).sign(IMAGE)
        facts = judged(attach(IMAGE, entry(message), entry(b"data" * 8, kind=1)))
        assert facts.problems == [
            "entry of the certificate table is of type 1, not a signature",
            "certificate table has 2 entries",
        ]
        other = Signing(self_signed("Other", [CODE])).sign(IMAGE)
        facts = judged(attach(IMAGE, entry(message), entry(other)))
        assert (facts.chain, facts.nested) == ("trusted", 0)
        assert facts.problems == [
            "signature 2: self-signed certificate",
            "certificate table has 2 entries",
        ]

    def test_data_after_the_table(self) -> None:
        message = Signing(maker()).sign(IMAGE)
        facts = judged(attach(IMAGE, entry(message), behind=b"appended"))
        assert facts.digest_valid is False
        assert facts.problems[0] == "8 bytes after the certificate table"

    def test_data_after_the_table_is_refused_even_if_it_was_signed(self) -> None:
        behind = b"appended"
        content = indirect_data(IMAGE + behind, "sha256")
        message = Signing(maker(), content=content).sign(IMAGE)
        facts = judged(attach(IMAGE, entry(message), behind=behind))
        assert facts.digest_valid is False
        assert facts.problems == ["8 bytes after the certificate table"]


def test_a_timestamp_gives_the_time_and_carries_over_the_end() -> None:
    ended = home().issue("Ended", start=NOW - 3 * YEAR, end=NOW - YEAR)
    then = NOW - 2 * YEAR
    early = home().issue("Early Stamper", [STAMP], start=NOW - 3 * YEAR)
    assert judged(signed(IMAGE, Signing(ended))).chain == "expired"
    for token in (True, False):
        facts = judged(signed(IMAGE, Signing(ended, stamps=[Stamping(early, then, token)])))
        assert (facts.chain, facts.timestamp) == ("trusted", "2024-06-01T12:00:00Z")
        assert facts.problems == []
    late = Signing(ended, stamps=[Stamping(stamper(), NOW - timedelta(days=9))])
    assert judged(signed(IMAGE, late)).chain == "expired"


def test_a_mapped_file_can_be_closed_afterwards() -> None:
    with tempfile.TemporaryFile() as file:
        file.write(signed(IMAGE, Signing(maker())))
        file.flush()
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
            assert verify(mapped, [home().pem], NOW).chain == "trusted"
            assert verify(memoryview(mapped), [home().pem], NOW).digest_valid


def test_an_unreadable_trust_root_is_the_callers_fault() -> None:
    with pytest.raises(CertificateInvalid):
        verify(IMAGE, [b"-----BEGIN NOTHING-----"], NOW)
