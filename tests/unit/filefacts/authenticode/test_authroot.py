from __future__ import annotations

import hashlib

import pytest

from vedette.errors import EncodingInvalid
from vedette.filefacts.authenticode import names, oids
from vedette.filefacts.authenticode.authroot import Limits, programme, read_trust_list
from vedette.filefacts.authenticode.certificate import read_certificate
from vedette.filefacts.authenticode.roots import Roots


def test_the_programmes_roots_are_there_under_their_names() -> None:
    spoken = set()
    for subject, roots in programme().items():
        for root in roots:
            certificate = read_certificate(root.certificate)
            assert hashlib.md5(certificate.subject, usedforsecurity=False).digest() == subject
            assert any(map(root.limits.covers, (oids.CODE_SIGNING, oids.TIME_STAMPING)))
            spoken.add(names.spoken(certificate.subject))
    assert {
        "Microsoft Root Certificate Authority 2010",
        "Microsoft Root Certificate Authority 2011",
        "DigiCert Trusted Root G4",
    } <= spoken


def test_roots_are_limited_to_their_purposes() -> None:
    limits = [root.limits for roots in programme().values() for root in roots]
    assert any(limit.disallowed_from and not limit.disallowed_usages for limit in limits)
    assert any(limit.disallowed_from and limit.disallowed_usages for limit in limits)
    assert any(limit.not_before and limit.not_before_usages for limit in limits)
    assert not all(limit.covers(oids.CODE_SIGNING) for limit in limits)


def test_dates_do_not_bind_the_roots_that_windows_needs() -> None:
    limits = {
        names.spoken(read_certificate(root.certificate).subject): root.limits
        for roots in programme().values()
        for root in roots
    }
    for name in ("Microsoft Root Certificate Authority", "Microsoft Root Authority"):
        assert limits[name] == Limits()
    assert limits["Thawte Timestamping CA"] == Limits(usages=frozenset({oids.TIME_STAMPING}))


def test_a_root_is_an_anchor_by_its_own_bytes() -> None:
    root = next(iter(programme().values()))[0]
    anchor = Roots().anchor(read_certificate(root.certificate))
    assert anchor is not None
    assert anchor.limits == root.limits


@pytest.mark.parametrize("encoded", [b"", b"\x30\0", b"\x30\3\2\1\1"])
def test_what_is_no_trust_list_is_refused(encoded: bytes) -> None:
    with pytest.raises(EncodingInvalid):
        read_trust_list(encoded)
