"""Times as Windows counts them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from vedette.clock import EPOCH, from_filetime


@pytest.mark.parametrize(
    ("filetime", "moment"),
    [
        (116_444_736_000_000_000, EPOCH),
        (116_444_736_000_000_009, EPOCH),
        (133_768_800_000_000_000, datetime(2024, 11, 24, tzinfo=UTC)),
        (10, datetime(1601, 1, 1, 0, 0, 0, 1, tzinfo=UTC)),
        (0, None),
        (9, None),
        (2**64 - 1, None),
    ],
)
def test_a_filetime_is_a_moment_or_none(filetime: int, moment: datetime | None) -> None:
    assert from_filetime(filetime) == moment
