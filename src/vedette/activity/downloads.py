"""Downloaded programs that carry a signature: where they came from, and how far the signature holds."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Annotated, Final

from vedette.activity import ActivityItem
from vedette.facts.kinds import Flag, Hour, Name, Sha256, Size, Word
from vedette.facts.privacy import PrivateNames
from vedette.facts.record import Platform, Record
from vedette.facts.web import Url
from vedette.filefacts.facts import FileFacts
from vedette.filefacts.reported import reported
from vedette.statement.clauses import Purpose, clause

_TOLD: Final = ("signer", "signature", "digest_valid")  # of the facts about the file


@dataclass(frozen=True, slots=True, kw_only=True)
class Download(Record):
    url: Annotated[Url, "the web address it came from"]
    sha256: Annotated[Sha256, "digest of the file"]
    size: Annotated[Size, "its size"]
    signature_present: Annotated[
        Flag, "whether it carries a signature; one that does not is never reported"
    ]
    signature: Annotated[
        Word, "how far its certificates lead: trusted, untrusted, expired, revoked, not_for_code or none"
    ]  # fmt: skip
    signer: Annotated[Name | None, "who signed it, as the certificate says"] = None
    digest_valid: Annotated[Flag | None, "whether it is what was signed"] = None
    time: Annotated[Hour, "when it was downloaded"]
    product: Annotated[
        Name | None, "the product that reported it, where that was not Vedette itself"
    ] = None


def is_signed(facts: FileFacts) -> bool:
    """Whether the file carries a signature, valid or not: no other download is reported."""
    return facts.signature is not None and facts.signature.present


def download(
    url: Url,
    facts: FileFacts,
    time: datetime,
    private: PrivateNames,
    product: str | None = None,
) -> Download:
    """The record of one download of the signed file that ``facts`` are about."""
    values = reported(facts, private)
    return Download(
        url=url,
        sha256=Sha256(bytes.fromhex(facts.sha256)),
        size=Size(facts.size),
        signature_present=Flag(is_signed(facts)),
        time=Hour(time),
        product=Name(product, private) if product else None,
        **{name: values[name] for name in _TOLD if name in values},
    )


ITEM = ActivityItem(
    name="downloads",
    clause=clause("downloads.signed"),
    record=Download,
    purposes=frozenset({Purpose.DETECT, Purpose.PROTECT}),
    owner="endpoint",
    reviewed=date(2026, 11, 24),
    expires=date(2028, 11, 24),
    platforms=frozenset({Platform.LINUX, Platform.WINDOWS}),
    retention=timedelta(days=180),
)
