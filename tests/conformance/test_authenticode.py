"""Other people's signatures: our facts beside those of osslsigncode and LIEF, and what was intended.

The files lie in the shared set, one folder above the checkout. osslsigncode was given the set's own root alone, so
of public signers it says only whether the digest matches; LIEF judges no roots, usages or trust.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any, Final

import pytest

from vedette.filefacts.authenticode import verify
from vedette.filefacts.facts import SignatureFacts

SHARED: Final = Path(__file__).parents[3] / "shared" / "data"
MANIFEST: Final = SHARED / "pe-manifest.json"
NOW: Final = datetime(2026, 11, 25, tzinfo=UTC)

INTENDED: Final[dict[str, dict[str, Any]]] = {
    "valid, no timestamp": {
        "digest_valid": True,
        "chain": "trusted",
        "timestamp": None,
        "problems": [],
    },
    "valid, RFC3161 timestamp": {
        "digest_valid": True,
        "chain": "trusted",
        "timestamp": "2026-11-24T07:19:56Z",
        "problems": [],
    },
    "valid, page hashes": {"digest_valid": True, "chain": "trusted", "problems": []},
    "signer certificate expired, no timestamp": {
        "digest_valid": True,
        "chain": "expired",
        "problems": ["certificate has expired"],
    },
    "digest mismatch: one byte changed after signing": {
        "digest_valid": False,
        "problems": ["digest does not match the file"],
    },
    "data appended after the certificate table": {"digest_valid": False},
    "self-signed, untrusted": {"digest_valid": True, "chain": "untrusted"},
    "nested: sha1 primary + sha256 nested": {
        "digest_valid": True,
        "chain": "trusted",
        "nested": 1,
        "digest_algorithm": "sha1",
        "problems": ["weak digest sha1"],
    },
    "signer certificate lacks codeSigning EKU": {"digest_valid": True, "chain": "not_for_code"},
}
"""What each ``signature_expectation`` of the manifest means in our words."""

UNREAD_BY_OSSLSIGNCODE: Final = {
    "pe/deb_shimx64.efi.signed": "the certificate table has two entries",
    "pe/pocs_signature.exe": "the table's entry has an unknown revision",
    "pe/sig_appended_after_cert.exe": "the certificate table does not end the file",
    "pe/uthenticode_YourPhone.exe": "the certificate table does not end the file",
}
UNREAD_BY_LIEF: Final = {
    "pe/deb_fwupdx64.efi.signed": "its content names another object identifier than that of PE images",
}
"""Signatures that another tool does not see, and what is unusual about each."""

TRUSTED_IN_PUBLIC: Final = {
    "pe/win_amd64_debugpy_inject_dll_amd64.exe": "2026-09-15T20:41:56Z",
    "pe/win_amd64_debugpy_attach_amd64.dll": "2026-09-15T20:41:54Z",
    "pe/win_amd64_pywinpty_conpty.dll": "2026-09-30T23:45:22Z",
    "pe/win_amd64_ujson_msvcp140-a4c2229bdc2a2a630acdc095b4d86008.dll": "2024-04-27T17:19:21Z",
    "pe/signify_sigcheck.exe": "2017-11-16T22:05:36Z",
    "pe/signify_SoftwareUpdate.exe": "2008-07-25T22:21:53Z",
}
"""Files of the world that chain to Microsoft's roots, and when they were signed."""


@cache
def manifest() -> list[dict[str, Any]]:
    return json.loads(MANIFEST.read_bytes()) if MANIFEST.exists() else []


@cache
def facts(file: str) -> SignatureFacts:
    root = (SHARED / "pe" / "home_ca.pem").read_bytes()
    return verify((SHARED / file).read_bytes(), [root], NOW)


@pytest.fixture
def rows() -> list[dict[str, Any]]:
    if not manifest():
        pytest.skip(f"the shared set is not there: {MANIFEST}")
    return manifest()


def test_what_was_intended_is_what_is_said(rows: list[dict[str, Any]]) -> None:
    labels = {row["file"]: row["signature_expectation"] for row in rows}
    labels = {file: label for file, label in labels.items() if label}
    assert set(labels.values()) == set(INTENDED)
    for file, label in labels.items():
        said = facts(file)
        assert said.present, file
        for field, value in INTENDED[label].items():
            assert getattr(said, field) == value, (file, field)


def test_digests_and_counts_agree_with_osslsigncode(rows: list[dict[str, Any]]) -> None:
    for row in rows:
        file, theirs, ours = row["file"], row["osslsigncode"], facts(row["file"])
        if not theirs or not theirs.get("signed"):
            assert ours.present == (file in UNREAD_BY_OSSLSIGNCODE), file
            continue
        assert ours.present, file
        assert ours.nested == theirs["signature_count"] - 1, file
        assert ours.digest_valid is theirs["digest_match"][0], file
        mismatches = sum("digest does not match" in problem for problem in ours.problems)
        assert mismatches == theirs["digest_match"].count(False), file
        subjects = " ".join(theirs["signer_subjects"])
        assert not subjects or str(ours.signer) in subjects, file


def test_what_osslsigncode_verified_is_trusted(rows: list[dict[str, Any]]) -> None:
    for row in rows:
        theirs, ours = row["osslsigncode"], facts(row["file"])
        if theirs and theirs.get("exit_code") == 0:
            assert (ours.digest_valid, ours.chain) == (True, "trusted"), row["file"]
        elif row["file"] not in TRUSTED_IN_PUBLIC:
            assert not (ours.digest_valid and ours.chain == "trusted"), row["file"]


def test_digests_agree_with_lief(rows: list[dict[str, Any]]) -> None:
    for row in rows:
        file, theirs, ours = row["file"], row["lief"], facts(row["file"])
        if not theirs.get("signatures"):
            assert ours.present == (file in UNREAD_BY_LIEF), file
            continue
        assert ours.digest_valid is (theirs["digest_only"] == "OK"), file
        issuer = theirs["signers"][0]["issuer"].replace("\\", "")
        assert str(ours.issuer) in issuer, file


def test_public_signers_chain_to_the_programmes_roots(rows: list[dict[str, Any]]) -> None:
    present = {row["file"] for row in rows}
    for file, time in TRUSTED_IN_PUBLIC.items():
        if file in present:
            ours = facts(file)
            assert (ours.digest_valid, ours.chain, ours.timestamp) == (True, "trusted", time), file


def test_a_forged_chain_is_seen(rows: list[dict[str, Any]]) -> None:
    """The certificates in YourPhone.exe have the names of Microsoft's, and other keys."""
    ours = facts("pe/uthenticode_YourPhone.exe")
    assert (ours.digest_valid, ours.chain) == (False, "untrusted")
    assert "certificate is not signed by the issuer that it names" in ours.problems
