"""The object identifiers of Authenticode, CMS (RFC 5652), timestamps (RFC 3161) and X.509 (RFC 5280)."""

from __future__ import annotations

from typing import Final

# Content types.
SIGNED_DATA: Final = "1.2.840.113549.1.7.2"
TIMESTAMP_INFO: Final = "1.2.840.113549.1.9.16.1.4"
DATA: Final = "1.2.840.113549.1.7.1"
TRUST_LIST: Final = "1.3.6.1.4.1.311.10.1"
INDIRECT_DATA: Final = "1.3.6.1.4.1.311.2.1.4"

# What an SpcIndirectDataContent is about ("Windows Authenticode Portable Executable Signature Format").
# The second is an individual publisher's key purpose, and stands there in EFI binaries that distributions sign.
PE_IMAGE_DATA: Final = frozenset({"1.3.6.1.4.1.311.2.1.15", "1.3.6.1.4.1.311.2.1.21"})
PAGE_HASHES: Final = {
    "1.3.6.1.4.1.311.2.3.1": "sha1",
    "1.3.6.1.4.1.311.2.3.2": "sha256",
}

# Attributes of a signer.
CONTENT_TYPE: Final = "1.2.840.113549.1.9.3"
MESSAGE_DIGEST: Final = "1.2.840.113549.1.9.4"
SIGNING_TIME: Final = "1.2.840.113549.1.9.5"
COUNTER_SIGNATURE: Final = "1.2.840.113549.1.9.6"
TIMESTAMP_TOKEN: Final = "1.2.840.113549.1.9.16.2.14"
MICROSOFT_TIMESTAMP: Final = "1.3.6.1.4.1.311.3.3.1"
NESTED_SIGNATURE: Final = "1.3.6.1.4.1.311.2.4.1"
# Counts, seals and the like that signing tools of Microsoft leave; they hold no file's worth of data.
HARMLESS_UNSIGNED: Final = frozenset(
    {
        "1.3.6.1.4.1.311.2.4.2",
        "1.3.6.1.4.1.311.2.4.3",
        "1.3.6.1.4.1.311.2.4.4",
        "1.3.6.1.4.1.311.2.5.1",
    }
)

# Extended key usages.
CODE_SIGNING: Final = "1.3.6.1.5.5.7.3.3"
TIME_STAMPING: Final = "1.3.6.1.5.5.7.3.8"
ANY_USAGE: Final = "2.5.29.37.0"
LIFETIME_SIGNING: Final = "1.3.6.1.4.1.311.10.3.13"

# Extensions of a certificate, and parts of a name.
KEY_USAGE: Final = "2.5.29.15"
BASIC_CONSTRAINTS: Final = "2.5.29.19"
EXTENDED_KEY_USAGE: Final = "2.5.29.37"
SUBJECT_KEY_IDENTIFIER: Final = "2.5.29.14"
COMMON_NAME: Final = "2.5.4.3"
ORGANISATION: Final = "2.5.4.10"
ORGANISATIONAL_UNIT: Final = "2.5.4.11"

DIGESTS: Final = {
    "1.2.840.113549.2.5": "md5",
    "1.3.14.3.2.26": "sha1",
    "2.16.840.1.101.3.4.2.1": "sha256",
    "2.16.840.1.101.3.4.2.2": "sha384",
    "2.16.840.1.101.3.4.2.3": "sha512",
}
WEAK_DIGESTS: Final = frozenset({"md5", "sha1"})

# Signature algorithms: the key they need, and the digest where the identifier fixes it (RFC 8017, RFC 5758).
RSA: Final = "1.2.840.113549.1.1.1"
RSA_PSS: Final = "1.2.840.113549.1.1.10"
RSA_DIGESTS: Final = {
    RSA: None,
    "1.2.840.113549.1.1.4": "md5",
    "1.2.840.113549.1.1.5": "sha1",
    "1.3.14.3.2.29": "sha1",  # of the OIW, in certificates made by makecert
    "1.2.840.113549.1.1.11": "sha256",
    "1.2.840.113549.1.1.12": "sha384",
    "1.2.840.113549.1.1.13": "sha512",
}
ECDSA_DIGESTS: Final = {
    "1.2.840.10045.2.1": None,
    "1.2.840.10045.4.1": "sha1",
    "1.2.840.10045.4.3.2": "sha256",
    "1.2.840.10045.4.3.3": "sha384",
    "1.2.840.10045.4.3.4": "sha512",
}
MASK_GENERATION: Final = "1.2.840.113549.1.1.8"
