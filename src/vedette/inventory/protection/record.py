"""What is told of an antivirus product."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Final

from vedette.facts.kinds import Day, Flag, Moment, Name, Version
from vedette.facts.record import Record

PROTECTION: Final = "protection"


@dataclass(frozen=True, slots=True, kw_only=True)
class Product(Record):
    product: Annotated[Name, "the product's name"]
    enabled: Annotated[
        Flag | None, "whether it is on; absent where nothing runs that could tell"
    ] = None
    real_time: Annotated[Flag | None, "whether it looks at files as they are opened"] = None
    up_to_date: Annotated[
        Flag | None, "whether it says itself that its database is, where it says so"
    ] = None
    engine_version: Annotated[Version | None, "the version of its engine"] = None
    database_version: Annotated[Version | None, "the version of its database of threats"] = None
    database_time: Annotated[Moment | None, "when that database was made"] = None
    last_scan: Annotated[Day | None, "the day on which a scan last ended"] = None
