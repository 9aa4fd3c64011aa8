"""What *happens* on the computer. One item of the statement, one file: its record and its declaration as ``ITEM``."""

from __future__ import annotations

from dataclasses import dataclass

from vedette.facts.record import Item


@dataclass(frozen=True, kw_only=True)
class ActivityItem(Item):
    """An item that is reported as it happens. ``prompt``: it is sent at once, not with the next round."""

    prompt: bool = False
