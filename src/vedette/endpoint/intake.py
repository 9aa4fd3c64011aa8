"""The only way into the spool: what consent does not cover never gets in.

Consent is looked up inside the transaction that adds. A withdrawal writes the ledger first and empties the
spool then, so whichever of the two comes first, no row of a withdrawn tier stays behind.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta

from vedette.endpoint.reported import Reported
from vedette.endpoint.spool import Row, Spool
from vedette.facts.envelope import Change
from vedette.facts.record import Record
from vedette.facts.schema import Schema
from vedette.statement.consent import Consent


class Intake:
    """Takes records of the items in ``schemas`` for ``spool``, as far as ``consent`` covers them at that
    moment.
    """

    def __init__(
        self,
        consent: Callable[[], Consent],
        schemas: Mapping[str, Schema],
        spool: Spool,
        reported: Reported,
    ) -> None:
        self._consent = consent
        self._schemas = schemas
        self._spool = spool
        self._reported = reported

    def covers(self, item: str) -> bool:
        """Whether ``item`` may be reported now: it has not expired, and consent covers it."""
        schema = self._schemas.get(item)
        return (
            schema is not None
            and self._spool.clock.now().date() <= schema.item.expires
            and self._consent().covers(item)
        )

    def count(self, name: str, number: int = 1) -> None:
        """Counts what went unreported, and why: see ``Spool.count``."""
        self._spool.count(name, number)

    def report(self, item: str, records: Sequence[Record]) -> bool:
        """Adds ``records`` of ``item``; false where consent does not cover it."""
        schema = self._schemas[item]
        rows = [schema.row(record) for record in records]
        with self._spool.database.transaction():
            if not self.covers(item):
                return False
            self._spool.add(item, schema.item.tier, rows)
        return True

    def fields(self, item: str) -> frozenset[str]:
        """The fields of ``item`` that consent covers now."""
        return self._consent().fields(item)

    def begin(self, item: str, rows: Sequence[Row]) -> bool:
        """Adds ``rows`` as all that there is of ``item``; false where consent does not cover it."""
        with self._spool.database.transaction():
            if not self.covers(item):
                return False
            self._spool.begin(item, self._schemas[item].item.tier, rows)
        return True

    def change(self, item: str, removed: Sequence[Row], added: Sequence[Row]) -> bool:
        """Adds what is no more of ``item``, and what has come; false where consent does not cover it."""
        with self._spool.database.transaction():
            if not self.covers(item):
                return False
            tier = self._schemas[item].item.tier
            self._spool.add(item, tier, removed, Change.REMOVED)
            self._spool.add(item, tier, added, Change.ADDED)
        return True

    def due(self, item: str, digest: bytes, every: timedelta) -> bool:
        """Whether ``report_once`` would add something now."""
        return self.covers(item) and not self._reported.lately(item, digest, every)

    def report_once(
        self, item: str, digest: bytes, every: timedelta, record: Callable[[], Record]
    ) -> bool:
        """Adds what ``record`` makes, unless ``digest`` was reported as ``item`` in the time ``every``; true
        where it was added.
        """
        if not self.due(item, digest, every):
            return False
        with self._spool.database.transaction():
            if not self.report(item, [record()]):
                return False
            self._reported.note(item, digest)
        return True
