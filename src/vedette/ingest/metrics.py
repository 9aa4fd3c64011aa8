"""What the front door counts, for Prometheus. Every label's values come from a closed vocabulary, never from a
report.
"""

from __future__ import annotations

from collections.abc import Callable, Collection

from prometheus_client import CollectorRegistry, Counter, Gauge, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from vedette.wire.protocol import EnvelopeAnswer
from vedette.wire.refusals import Refusal

CONTENT_TYPE = CONTENT_TYPE_LATEST


class IngestMetrics:
    """The counters of one process; ``items`` are the declared ones, all others count as ``unknown``."""

    def __init__(self, items: Collection[str]) -> None:
        self._items = frozenset(items)
        self.registry = CollectorRegistry()
        self._requests = Counter(
            "vedette_requests_refused",
            "Requests refused, by reason",
            ["reason"],
            registry=self.registry,
        )
        self._envelopes = Counter(
            "vedette_envelopes",
            "Envelopes acknowledged, by outcome",
            ["outcome"],
            registry=self.registry,
        )
        self._accepted = Counter(
            "vedette_rows_accepted", "Rows accepted, by item", ["item"], registry=self.registry
        )
        self._refused = Counter(
            "vedette_rows_refused",
            "Rows refused, by item and reason",
            ["item", "reason"],
            registry=self.registry,
        )
        for reason in Refusal:
            self._requests.labels(reason)

    def gauge(self, name: str, description: str, read: Callable[[], float]) -> None:
        """A figure that is read when somebody asks."""
        Gauge(name, description, registry=self.registry).set_function(read)

    def refused(self, reason: str) -> None:
        """A request was refused."""
        self._requests.labels(reason).inc()

    def acknowledged(self, answer: EnvelopeAnswer, *, duplicate: bool) -> None:
        """An envelope was acknowledged; the rows of a duplicate were counted with the first."""
        self._envelopes.labels("duplicate" if duplicate else "accepted").inc()
        if duplicate:
            return
        for item, rows in answer.accepted.items():
            self._accepted.labels(item).inc(rows)
        for refusal in answer.refused:
            item = refusal.item if refusal.item in self._items else "unknown"
            self._refused.labels(item, refusal.reason).inc(refusal.count)

    def render(self) -> bytes:
        """The exposition format."""
        return generate_latest(self.registry)
