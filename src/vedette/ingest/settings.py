"""What an operator can set about taking reports in."""

from __future__ import annotations

from datetime import timedelta

import msgspec

from vedette.facts.codec import MAX_BODY, MAX_UNPACKED


class IngestSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``freshness``: seconds that a request's time may be off; ``max_body`` and ``max_unpacked``: bytes of one
    envelope, as it comes and unpacked; ``waiting``: envelopes that may wait for the log before others are told
    to come back after ``retry_after`` seconds; ``trust_forwarded``: take a joining computer's address from the
    last X-Forwarded-For, for a network behind a proxy. Bodies can be made smaller than computers make them, not
    larger: what reads the log goes by the same bounds.
    """

    freshness: float = 300.0
    max_body: int = MAX_BODY
    max_unpacked: int = MAX_UNPACKED
    waiting: int = 512
    retry_after: int = 5
    trust_forwarded: bool = False

    def __post_init__(self) -> None:
        if not (0 < self.freshness <= 3600 and self.waiting > 0 and self.retry_after > 0):
            raise ValueError("a figure of [ingest] is out of its range")
        if not (0 < self.max_body <= MAX_BODY and 0 < self.max_unpacked <= MAX_UNPACKED):
            raise ValueError("a size of [ingest] is out of its range")

    @property
    def window(self) -> timedelta:
        """``freshness`` as a time span."""
        return timedelta(seconds=self.freshness)
